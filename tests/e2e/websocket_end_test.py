"""How a WebSocket ends: in order, by a break, by the end of the gateway."""

import json
import signal
import socket
import unittest

import secure
from flooding import BIG, Sender, stalled
from harness import eventually, main
from websockets import PING, TEXT, TunnelCase, close_code, close_frame, frame, handshake, record_of, take


class EndTest(TunnelCase):
    def test_a_client_that_ends_its_side_still_hears_the_backend(self):
        gateway, _ = self.start()
        client, connection = self.open()
        client.send(b"x" * 300000)
        client.half_close()
        self.assertEqual(len(take(connection, 300000)), 300000)
        self.assertFalse(connection._receive(), "the end is passed on, behind all before it")
        connection.send(b"y" * 300000)
        self.assertEqual(client.take_exactly(300000), b"y" * 300000)
        connection.close()
        self.assertTrue(client.closed_by_peer())
        self.assertFalse(client.received.endswith(b"x"))
        self.assertEqual(record_of(gateway), (101, None, False))

    def test_a_backend_that_ends_its_side_still_hears_the_client(self):
        gateway, _ = self.start()
        client, connection = self.open()
        connection.send(b"y" * 300000)
        connection.shutdown_write()
        self.assertEqual(client.take_exactly(300000), b"y" * 300000)
        with self.assertRaisesRegex(Exception, "closed by the gateway"):
            client.take_some()
        client.send(b"x" * 300000)
        self.assertEqual(len(take(connection, 300000)), 300000)
        client.close()
        self.assertTrue(connection.wait_closed())
        self.assertEqual(record_of(gateway), (101, None, False))

    def test_when_only_one_side_ends_the_other_is_ended_soon(self):
        for side, error in (("client", "client_gone"), ("backend", "upstream_closed")):
            with self.subTest(side):
                gateway, _ = self.start(idle="300ms")  # else 5 s
                client, connection = self.open()
                if side == "client":
                    client.half_close()
                    self.assertTrue(connection.wait_closed())
                else:
                    connection.shutdown_write()
                client.read_until_close()
                self.assertEqual(record_of(gateway), (101, error, True))

    def test_a_side_that_ended_behind_a_close_frame_has_said_all(self):
        gateway, _ = self.start(idle="300ms")
        client, connection = self.open()
        client.send(close_frame(1000, masked=True))
        client.half_close()
        take(connection, 8)
        self.assertTrue(connection.wait_closed())
        self.assertEqual(client.read_until_close(), b"")
        self.assertFalse(client.was_reset)
        self.assertEqual(record_of(gateway), (101, None, False))

    def test_two_close_frames_are_the_end_even_if_nobody_ends_a_connection(self):
        gateway, _ = self.start(idle="300ms")
        client, connection = self.open()
        client.send(close_frame(1000, masked=True))
        take(connection, 8)
        connection.send(close_frame(1000))
        self.assertEqual(client.take_exactly(4), close_frame(1000))
        self.assertTrue(client.closed_by_peer())
        self.assertFalse(client.was_reset)
        self.assertTrue(connection.wait_closed())
        self.assertEqual(record_of(gateway), (101, None, False))

    def test_a_client_that_leaves_before_the_switch_leaves_nothing_to_read_on(self):
        gateway, backend = self.start(on_client_cancel="drain")
        with gateway.client() as client:
            client.send(handshake())
            connection, _ = backend.take_request()
            client.reset()
        self.assertTrue(connection.wait_closed())
        self.assertEqual(record_of(gateway)[:2], (499, "client_gone"))

    def test_a_reset_of_one_side_is_a_reset_of_the_other(self):
        gateway, _ = self.start()
        client, connection = self.open()
        client.reset()
        with self.assertRaises(ConnectionResetError):
            connection.socket.settimeout(10)
            secure.receive(connection.socket, 1)
        self.assertEqual(record_of(gateway), (101, "client_gone", True))
        self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), 1)

        gateway, _ = self.start()
        client, connection = self.open()
        connection.reset()
        self.assertEqual(client.read_until_close(), b"")
        self.assertTrue(client.was_reset)
        self.assertEqual(record_of(gateway), (101, "upstream_closed", True))
        self.assertEqual(gateway.metric("inferway_upstream_errors_total", cause="upstream_closed"), 1)

    @unittest.skipIf(secure.ON, "a thread of the test still sends when it resets")
    def test_a_reset_client_is_noticed_while_its_backend_does_not_read(self):
        gateway, _ = self.start()
        client, connection = self.open()
        sender = Sender(client.socket, BIG)
        stalled(lambda: sender.sent)
        client.socket.shutdown(socket.SHUT_RDWR)  # wakes the sender: a socket in use would not be closed
        sender.join()
        client.reset()
        self.assertEqual(record_of(gateway)[:2], (101, "client_gone"))

    def test_a_close_frame_reaches_the_client_although_its_backend_resets_behind_it(self):
        # So it does when a server closes while the client still talks: unread bytes make its close a reset.
        gateway, _ = self.start()
        client, connection = self.open()
        client.send(b"unread")
        connection.socket.setblocking(True)
        connection.send(frame(json.dumps({"type": "error"}).encode()) + close_frame(4001))
        eventually(lambda: gateway.metric("inferway_client_bytes_total", direction="in") > 6)
        connection.reset()
        got = client.read_until_close()
        self.assertTrue(got.endswith(close_frame(4001)), got)
        self.assertFalse(client.was_reset)
        client.close()
        self.assertEqual(record_of(gateway), (101, None, False))


class DrainTest(TunnelCase):
    def drain(self, gateway):
        gateway.signal(signal.SIGTERM)
        gateway.wait_log("draining")

    def cut(self, gateway):
        gateway.signal(signal.SIGINT)  # the second one

    def told(self, client, connection):
        """Both hear 1001, each in its own form, and answer."""
        self.assertEqual(close_code(client.take_exactly(4)), (1001, False))
        self.assertEqual(close_code(take(connection, 8)), (1001, True))

    def test_a_tunnel_goes_on_while_draining_and_both_sides_are_told_at_the_end(self):
        for drain in ("10m", "300ms"):
            with self.subTest(drain):
                gateway, _ = self.start(timeouts={"drain": drain})
                client, connection = self.open()
                connection.send(frame(b"part", TEXT, final=False))  # between two fragments a Close frame may stand
                client.take_exactly(6)
                self.drain(gateway)
                if drain == "10m":
                    client.send(frame(b"", PING, masked=True))
                    take(connection, 6)
                    self.cut(gateway)
                self.told(client, connection)
                client.send(close_frame(1001, masked=True))
                connection.send(close_frame(1001))
                self.assertTrue(client.closed_by_peer())
                self.assertTrue(connection.wait_closed())
                self.assertEqual(gateway.wait(), 0)
                self.assertEqual(record_of(gateway), (101, "draining", True))
                self.assertEqual(connection.buffer, b"")

    def test_one_that_ends_while_draining_ends_as_ever(self):
        gateway, _ = self.start()
        client, connection = self.open()
        self.drain(gateway)
        connection.send(close_frame(1000))
        connection.shutdown_write()
        self.assertEqual(client.take_exactly(4), close_frame(1000))
        self.assertTrue(client.closed_by_peer())  # closing with something unread would be a reset
        client.close()
        self.assertEqual(gateway.wait(), 0)
        self.assertEqual(record_of(gateway), (101, None, False))

    def test_who_is_in_the_middle_of_a_frame_is_cut_instead_and_the_other_one_told(self):
        gateway, _ = self.start()
        client, connection = self.open()
        connection.send(frame(b"x" * 1000)[:500])
        client.take_exactly(500)
        self.drain(gateway)
        self.cut(gateway)
        self.assertEqual(close_code(take(connection, 8)), (1001, True))
        connection.send(close_frame(1001))
        self.assertEqual(client.read_until_close(), b"")
        self.assertTrue(client.was_reset)
        self.assertEqual(gateway.wait(), 0)

        gateway, _ = self.start()
        client, connection = self.open()
        client.send(frame(b"x" * 1000, masked=True)[:500])
        take(connection, 500)
        self.drain(gateway)
        self.cut(gateway)
        self.assertEqual(close_code(client.take_exactly(4)), (1001, False))
        client.send(frame(b"x" * 1000, masked=True)[500:] + close_frame(1001, masked=True))
        self.assertTrue(client.closed_by_peer())
        self.assertTrue(connection.wait_closed())
        self.assertEqual(connection.buffer, b"", "neither a Close frame nor more of the other")
        self.assertEqual(gateway.wait(), 0)

    def test_who_was_told_goodbye_before_is_not_told_twice(self):
        gateway, _ = self.start()
        client, connection = self.open()
        connection.send(close_frame(4000))
        self.assertEqual(client.take_exactly(4), close_frame(4000))
        self.drain(gateway)
        self.cut(gateway)
        self.assertEqual(close_code(take(connection, 8)), (1001, True))
        client.send(close_frame(4000, masked=True))
        self.assertTrue(client.closed_by_peer())
        self.assertEqual(gateway.wait(), 0)

    def test_who_does_not_answer_or_does_not_read_cannot_hold_it_up(self):
        gateway, _ = self.start()
        client, connection = self.open()
        self.drain(gateway)
        self.cut(gateway)
        self.told(client, connection)
        self.assertEqual(gateway.wait(timeout=5), 0)

        gateway, _ = self.start()
        client, connection = self.open(receive_buffer=4096)
        senders = [Sender(connection.socket, BIG), Sender(client.socket, BIG)]
        for sender in senders:
            stalled(lambda s=sender: s.sent)
        self.drain(gateway)
        self.cut(gateway)
        self.assertEqual(gateway.wait(timeout=5), 0)
        self.assertEqual(record_of(gateway), (101, "draining", True))


if __name__ == "__main__":
    main()
