"""A slow reader slows its own upstream, and nothing else."""

import hashlib
import os
import socket
import threading
import unittest

import secure
from harness import Backend, Client, Gateway, answer, chunk, eventually, main, one_route, request, sse_event, sse_head
from flooding import BIG, BLOCK, BOUND, GROWTH, Sender, resident_bytes, stalled
from held_backend import HeldBackend

class SlowClientTest(unittest.TestCase):
    def config(self, url, **top):
        return one_route(url, backend={"timeouts": {"idle": "300ms"}}, threads=1, **top)

    def test_holds_its_backend_back_within_bounds_and_gets_everything_in_the_end(self):
        with HeldBackend() as backend, Backend() as other:
            config = self.config(backend.url)
            config["backends"]["other"] = {"endpoints": [other.url]}
            config["routes"].insert(0, {"match": {"path": "/other"}, "to": [{"backend": "other"}]})
            with Gateway(config) as gateway, gateway.client(receive_buffer=65536) as client:
                before = resident_bytes(gateway.pid)
                client.get("/big")
                connection, _ = backend.take_request()
                connection.send(answer(headers=[("Content-Length", str(BIG * len(BLOCK)))]))
                sender = Sender(connection.socket, BIG)
                self.assertLess(stalled(lambda: sender.sent), BOUND)  # longer than idle, which does not run meanwhile
                self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)
                self.others_are_not_slowed(gateway)
                response = client.read_head()
                digest, size = hashlib.sha256(), 0
                while response.read_some():
                    digest.update(response.body)
                    size += len(response.body)
                    response.body.clear()
                    response.raw.clear()
                    client.received.clear()
                self.assertEqual((size, response.complete), (BIG * len(BLOCK), True))
                whole = hashlib.sha256()
                for _ in range(BIG):
                    whole.update(BLOCK)
                self.assertEqual(digest.digest(), whole.digest())
                self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)

    def others_are_not_slowed(self, gateway):
        with gateway.client() as other:
            for _ in range(50):
                self.assertEqual(other.get("/other").read_response(timeout=2).status, 200)

    def test_of_an_event_stream_is_held_back_as_well(self):
        with HeldBackend() as backend, Gateway(self.config(backend.url)) as gateway:
            with gateway.client(receive_buffer=65536) as client:
                before = resident_bytes(gateway.pid)
                client.send_json("/v1/chat/completions", {})
                connection, _ = backend.take_request()
                connection.send(sse_head())
                events = chunk(sse_event("x" * 1000)) * 1000
                stop = threading.Event()
                sent = [0]

                def stream():
                    connection.socket.settimeout(60)
                    while not stop.is_set():
                        connection.socket.sendall(events)
                        sent[0] += len(events)
                    connection.socket.sendall(chunk(sse_event("[DONE]")) + b"0\r\n\r\n")

                sender = threading.Thread(target=stream, daemon=True)
                sender.start()
                self.assertLess(stalled(lambda: sent[0]), BOUND)
                self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)
                stop.set()
                response = client.read_response(timeout=60)
                sender.join()
                self.assertTrue(response.complete)
                count = sent[0] // len(events) * 1000
                self.assertEqual(response.body, sse_event("x" * 1000) * count + sse_event("[DONE]"))


class SlowBackendTest(unittest.TestCase):
    def test_holds_back_the_upload_within_bounds_and_gets_everything_in_the_end(self):
        with HeldBackend() as backend:
            config = one_route(backend.url, threads=1, limits={"body_bytes": "1GiB"})
            with Gateway(config) as gateway, gateway.client() as client:
                before = resident_bytes(gateway.pid)
                client.send(request("POST", "/x", [("Content-Length", str(BIG * len(BLOCK)))]))
                connection = backend.take()
                connection.read_head()
                sender = Sender(client.socket, BIG)
                self.assertLess(stalled(lambda: sender.sent), BOUND)
                self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)
                digest, left = hashlib.sha256(connection.buffer), BIG * len(BLOCK) - len(connection.buffer)
                while left:
                    data = connection.socket.recv(min(left, 1 << 20))
                    self.assertTrue(data)
                    digest.update(data)
                    left -= len(data)
                whole = hashlib.sha256()
                for _ in range(BIG):
                    whole.update(BLOCK)
                self.assertEqual(digest.digest(), whole.digest())
                connection.send(answer(body=b"got it"))
                self.assertEqual(client.read_response().body, b"got it")


@unittest.skipIf(secure.ON, "neither end speaks TLS fast enough to keep the gateway busy")
class FairnessTest(unittest.TestCase):
    """Two fast peers never make the gateway wait; others on the same thread have their turn all the same."""

    def endless(self, connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\n")
        connection.socket.setblocking(True)
        with open(os.memfd_create("blocks"), "w+b") as blocks:  # sendfile copies nothing: faster than any gateway
            blocks.truncate(64 << 20)
            while os.sendfile(connection.socket.fileno(), blocks.fileno(), 0, 64 << 20):
                pass

    def test_an_endless_fast_download_leaves_room_for_others_and_can_be_cancelled(self):
        with Backend(self.endless) as fast, Backend() as other:
            config = one_route(fast.url, threads=1)
            config["backends"]["other"] = {"endpoints": [other.url]}
            config["routes"].insert(0, {"match": {"path": "/other"}, "to": [{"backend": "other"}]})
            with Gateway(config) as gateway:
                readers = [Reader(gateway.port) for _ in range(2)]
                for reader in readers:
                    eventually(lambda r=reader: r.seen > 10_000_000)
                before = sum(reader.seen for reader in readers)
                with gateway.client() as client:
                    for _ in range(50):
                        self.assertEqual(client.get("/other").read_response(timeout=5).status, 200)
                # A request takes a few turns of the loop, and a turn at most 1 MiB a download. Without turns it is
                # several GiB.
                self.assertLess(sum(reader.seen for reader in readers) - before, 2048 * len(BLOCK))
                for reader in readers:
                    self.assertFalse(reader.ended)
                    reader.stop()
                self.assertTrue(fast.wait_for(lambda: fast.open == 0))


class Reader(threading.Thread):
    def __init__(self, port):
        super().__init__(daemon=True)
        self.client = Client(port)
        self.seen = 0
        self.ended = False
        self.stopping = False
        self.start()

    def run(self):
        self.client.get("/endless")
        self.client.read_head()
        self.client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        buffer = bytearray(4 << 20)
        # MSG_TRUNC throws away without copying: faster than any gateway.
        while not self.stopping and (size := self.client.socket.recv_into(buffer, 0, socket.MSG_TRUNC)):
            self.seen += size
        self.ended = True
        self.client.close()

    def stop(self):
        self.stopping = True
        self.join()


if __name__ == "__main__":
    main()
