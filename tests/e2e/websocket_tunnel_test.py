"""After the 101: bytes both ways, with backpressure, deadlines and figures."""

import hashlib
import os
import threading
import unittest

import secure
from flooding import BIG, BLOCK, BOUND, GROWTH, Sender, resident_bytes, stalled
from harness import main
from websockets import BINARY, PING, TunnelCase, close_frame, frame, record_of, take


# Python's ssl cannot read and write one connection at once from two threads.
both_at_once = unittest.skipIf(secure.ON, "its ends read and write at once, which Python's ssl cannot")


class TunnelTest(TunnelCase):
    @both_at_once
    def test_passes_every_byte_both_ways_however_it_is_cut(self):
        self.start()
        client, connection = self.open()
        up = b"".join(frame(os.urandom(size), BINARY, masked=True) for size in (0, 1, 125, 126, 65535, 65536, 200000))
        down = b"".join(frame(os.urandom(size), BINARY) for size in (0, 1, 125, 126, 65535, 65536, 200000))
        sender = threading.Thread(target=client.send, args=(up,), daemon=True)
        sender.start()
        connection.send(down)
        self.assertEqual(take(connection, len(up)), up)
        self.assertEqual(client.take_exactly(len(down)), down)
        sender.join()
        for byte in frame(b"ping", PING, masked=True):
            client.send(bytes([byte]))
        self.assertEqual(take(connection, 10), frame(b"ping", PING, masked=True))
        # Nothing is a request any more.
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(take(connection, 27), b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")

    def test_is_counted_while_open_and_recorded_once_when_over(self):
        gateway, _ = self.start()
        client, connection = self.open()
        self.assertEqual(gateway.metric("inferway_websockets"), 1)
        self.assertEqual(gateway.access_log(), [])
        client.send(frame(b"12345", masked=True) + close_frame(1000, masked=True))
        take(connection, 19)
        connection.send(frame(b"123") + close_frame(1000))
        client.take_exactly(9)
        connection.shutdown_write()
        self.assertTrue(client.closed_by_peer())
        client.close()
        (record,) = gateway.access_log(1)
        self.assertEqual((record["status"], record["truncated"], record["attempts"]), (101, False, 1))
        self.assertIsNone(record.get("error"))
        self.assertEqual((record["bytes_in"], record["bytes_out"]), (19, 9))
        self.assertEqual(record["path"], "/v1/realtime")
        self.assertTrue(connection.wait_closed())
        metrics = gateway.metrics()
        self.assertEqual((metrics["inferway_websockets"], metrics["inferway_websockets_total"]), (0, 1))
        self.assertEqual(gateway.metric("inferway_requests_total", status="101"), 1)
        self.assertEqual(gateway.metric("inferway_request_duration_seconds_count"), 0, "it would hide the requests'")
        self.assertEqual(gateway.metric("inferway_first_byte_seconds_count"), 1)
        self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), 0)

    def digest_of(self, blocks):
        whole = hashlib.sha256()
        for _ in range(blocks):
            whole.update(BLOCK)
        return whole.digest()

    @both_at_once
    def test_a_client_that_does_not_read_stops_the_reading_of_its_backend(self):
        gateway, _ = self.start(idle="300ms")
        client, connection = self.open(receive_buffer=65536)
        before = resident_bytes(gateway.pid)
        sender = Sender(connection.socket, BIG)
        self.assertLess(stalled(lambda: sender.sent), BOUND)  # longer than idle, which does not run meanwhile
        self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)
        client.send(frame(b"the other direction goes on", masked=True))
        self.assertEqual(take(connection, 33), frame(b"the other direction goes on", masked=True))
        digest, left = hashlib.sha256(client.buffer), BIG * len(BLOCK) - len(client.buffer)
        while left:
            data = client.socket.recv(min(left, 1 << 20))
            self.assertTrue(data)
            digest.update(data)
            left -= len(data)
        self.assertEqual(digest.digest(), self.digest_of(BIG))

    @both_at_once
    def test_a_backend_that_does_not_read_stops_the_reading_of_its_client(self):
        gateway, _ = self.start()
        client, connection = self.open()
        before = resident_bytes(gateway.pid)
        sender = Sender(client.socket, BIG)
        self.assertLess(stalled(lambda: sender.sent), BOUND)
        self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)
        connection.send(frame(b"the other direction goes on"))
        self.assertEqual(client.take_exactly(29), frame(b"the other direction goes on"))
        digest, left = hashlib.sha256(connection.buffer), BIG * len(BLOCK) - len(connection.buffer)
        while left:
            data = connection.socket.recv(min(left, 1 << 20))
            self.assertTrue(data)
            digest.update(data)
            left -= len(data)
        self.assertEqual(digest.digest(), self.digest_of(BIG))

    def test_silence_in_both_directions_ends_it_after_idle(self):
        gateway, _ = self.start(idle="1500ms")
        client, connection = self.open()
        for _ in range(2):  # a byte in either direction is enough, a ping too
            self.assertTrue(client.silent(0.5))
            client.send(frame(b"", PING, masked=True))
            take(connection, 6)
            self.assertTrue(client.silent(0.5))
            connection.send(frame(b"", PING))
            client.take_exactly(2)
        self.assertEqual(client.read_until_close(), b"")
        self.assertTrue(client.was_reset, "no clean end is invented")
        self.assertTrue(connection.wait_closed())
        self.assertEqual(record_of(gateway), (101, "idle_timeout", True))
        self.assertEqual(gateway.metric("inferway_upstream_errors_total", cause="idle_timeout"), 1)

    def test_a_client_that_takes_nothing_for_the_write_timeout_is_dropped(self):
        gateway, _ = self.start(timeouts={"write": "300ms"})
        _, connection = self.open(receive_buffer=4096)
        sender = Sender(connection.socket, BIG)
        sender.join(10)
        self.assertTrue(sender.broken)
        self.assertEqual(record_of(gateway), (101, "client_stalled", True))
        self.assertEqual(gateway.metric("inferway_write_timeouts_total"), 1)

    def test_a_backend_that_takes_nothing_for_the_idle_timeout_is_dropped(self):
        gateway, _ = self.start(idle="300ms")
        client, connection = self.open()
        stop = threading.Event()

        def chatter():  # which does not make up for not listening
            while not stop.is_set():
                try:
                    connection.send(frame(b"x"))
                except OSError:
                    return
                stop.wait(0.05)

        threading.Thread(target=chatter, daemon=True).start()
        sender = Sender(client.socket, BIG)
        sender.join(10)
        stop.set()
        self.assertTrue(sender.broken)
        self.assertEqual(record_of(gateway), (101, "idle_timeout", True))


if __name__ == "__main__":
    main()
