"""Listening sockets that were inherited (systemd's socket activation), and what the service manager is told."""

import os
import signal
import socket
import sys
import tempfile
import unittest
from pathlib import Path

from harness import Backend, Client, Gateway, answer, eventually, main, one_route, request
from held_backend import HeldBackend

ENTRY = str(Path(__file__).resolve().parent / "activation_entry.py")


class Notifications:
    """What comes on a NOTIFY_SOCKET."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(10)

    def next(self):
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))

    def close(self):
        self.socket.close()


class ActivationTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="inferway-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.path = self.directory / "api.sock"

    def tcp(self, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return self.enterContext(socket.create_server((host, 0), family=family, backlog=100))

    def unix(self, path=None):
        listener = self.enterContext(socket.socket(socket.AF_UNIX))
        listener.bind(str(path or self.path))
        listener.listen(100)
        return listener

    def gateway(self, config, *sockets, names="", env=None):
        numbers = [each.fileno() for each in sockets]
        prefix = [sys.executable, ENTRY, names, ",".join(map(str, numbers))]
        # Its descriptors are looked at, also where we are not root.
        env = {"INFERWAY_CORE_DUMPS": "1", **(env or {})}
        return Gateway(config, env=env, prefix=prefix, pass_fds=numbers)

    def start(self, config, *sockets, **options):
        return self.enterContext(self.gateway(config, *sockets, **options))

    @staticmethod
    def descriptors(gateway, listener):
        """The gateway's descriptors of that socket."""
        name, found = f"socket:[{os.fstat(listener.fileno()).st_ino}]", []
        for entry in Path(f"/proc/{gateway.pid}/fd").iterdir():
            try:
                if os.readlink(entry) == name:
                    found.append(entry.name)
            except FileNotFoundError:
                pass  # closed meanwhile
        return found

    def refused(self, config, *sockets, **options):
        """What the gateway says when it does not start."""
        with self.assertRaises(AssertionError) as caught:
            self.gateway(config, *sockets, **options).kill()
        self.assertIn("did not start", str(caught.exception))
        return str(caught.exception)


class ListenTest(ActivationTest):
    def test_an_inherited_socket_is_used_instead_of_binding(self):
        listener, backend = self.tcp(), self.enterContext(Backend())
        port = listener.getsockname()[1]
        waiting = self.enterContext(Client(port))  # before there is anybody to accept it
        gateway = self.start(one_route(backend.url, listen=f"127.0.0.1:{port}"), listener)
        self.assertEqual(waiting.get("/x").read_response().status, 200)
        gateway.wait_log(f"listening on 127.0.0.1:{port} (inherited)")

    def test_each_is_matched_by_its_address(self):
        backend = self.enterContext(Backend())
        first, second, admin, unix = self.tcp(), self.tcp(), self.tcp(), self.unix()
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in (first, second, admin)]
        config = one_route(
            backend.url,
            listen=[addresses[0], "127.0.0.1:0", f"unix:{self.path}", addresses[1]],
            admin={"address": addresses[2]},
        )
        gateway = self.start(config, admin, unix, second, first, names="admin:api:b:a")
        ports = [first.getsockname()[1], second.getsockname()[1], gateway.ports[1]]
        for client in [Client(port) for port in ports] + [Client(None, path=self.path)]:
            with client:
                self.assertEqual(client.get("/x").read_response().status, 200)
        with Client(admin.getsockname()[1]) as client:
            self.assertEqual(client.get("/ready").read_response().status, 200)

    def test_an_ipv6_socket_is_matched(self):
        try:
            listener = self.tcp("::1")
        except OSError:
            self.skipTest("this machine has no IPv6")
        backend = self.enterContext(Backend())
        port = listener.getsockname()[1]
        self.start(one_route(backend.url, listen=f"[::1]:{port}"), listener)
        with Client(port, host="::1") as client:
            self.assertEqual(client.get("/x").read_response().status, 200)

    def test_the_socket_outlives_the_gateway_and_so_does_what_waits(self):
        backend, listener = self.enterContext(HeldBackend()), self.tcp()
        port = listener.getsockname()[1]
        config = one_route(backend.url, listen=f"127.0.0.1:{port}")
        old = self.start(config, listener)
        busy = self.enterContext(Client(port))
        busy.get("/busy")
        connection, _ = backend.take_request()
        old.signal(signal.SIGTERM)
        eventually(lambda: not self.descriptors(old, listener), what="the old gateway has left the socket")
        late = self.enterContext(Client(port)).get("/late")  # waits for the next one
        connection.send(answer())
        self.assertEqual(busy.read_response().status, 200)
        self.assertEqual(old.wait(), 0)
        self.start(config, listener)
        connection, got = backend.take_request()
        self.assertEqual(got.target, "/late")
        connection.send(answer())
        self.assertEqual(late.read_response().status, 200)

    def test_nothing_is_reset_when_one_gateway_follows_another(self):
        backend, listener = self.enterContext(Backend()), self.tcp()
        port = listener.getsockname()[1]
        config = one_route(backend.url, listen=f"127.0.0.1:{port}")
        clients = []
        old = self.start(config, listener)
        for number in range(60):
            client = self.enterContext(Client(port))
            clients.append(client.send(request("GET", "/", [("Connection", "close")])))
            if number == 20:
                old.signal(signal.SIGTERM)
        self.assertEqual(old.wait(), 0)
        self.start(config, listener)
        for client in clients:
            self.assertEqual(client.read_response().status, 200)

    def test_the_file_of_an_inherited_unix_socket_stays(self):
        backend, listener = self.enterContext(Backend()), self.unix()
        config = one_route(backend.url, listen=f"unix:{self.path}")
        for _ in range(2):
            with self.gateway(config, listener) as gateway:
                with Client(None, path=self.path) as client:
                    self.assertEqual(client.get("/x").read_response().status, 200)
                self.assertEqual(gateway.stop(), 0)
            self.assertTrue(self.path.is_socket())

    def test_the_socket_neither_blocks_nor_goes_to_children(self):
        listener, backend = self.tcp(), self.enterContext(Backend())
        port = listener.getsockname()[1]
        gateway = self.start(one_route(backend.url, listen=f"127.0.0.1:{port}"), listener)
        (descriptor,) = self.descriptors(gateway, listener)
        flags = int(Path(f"/proc/{gateway.pid}/fdinfo/{descriptor}").read_text().split("flags:")[1].split()[0], 8)
        self.assertTrue(flags & os.O_CLOEXEC)
        self.assertTrue(flags & os.O_NONBLOCK)

    def test_sockets_meant_for_another_process_are_not_touched(self):
        listener, backend = self.tcp(), self.enterContext(Backend())
        gateway = self.start(one_route(backend.url), listener, env={"LISTEN_PID": "1"})
        with gateway.client() as client:
            self.assertEqual(client.get("/x").read_response().status, 200)


class RefusalTest(ActivationTest):
    config = one_route("http://127.0.0.1:1")

    def test_a_socket_that_matches_nothing(self):
        listener = self.tcp()
        said = self.refused(self.config, listener, names="web")
        self.assertIn(f"descriptor 3 (web), bound to 127.0.0.1:{listener.getsockname()[1]}", said)
        self.assertIn("neither an address of listen nor admin.address", said)

    def test_all_that_match_nothing_are_named(self):
        listener = self.unix()
        said = self.refused(self.config, self.tcp(), listener)
        self.assertIn("descriptor 3, bound to 127.0.0.1:", said)
        self.assertIn(f"descriptor 4, bound to unix:{self.path}", said)

    def test_port_0_matches_nothing(self):
        self.refused({**self.config, "listen": ["127.0.0.1:0", "127.0.0.1:0"]}, self.tcp())

    def test_what_is_no_listening_stream_socket(self):
        datagram = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        datagram.bind(("127.0.0.1", 0))
        unbound = self.enterContext(socket.socket())
        file = self.enterContext((self.directory / "file").open("w"))
        for each in (datagram, unbound, file):
            with self.subTest(each):
                said = self.refused(self.config, each, names="odd")
                self.assertIn("descriptor 3 (odd), inherited by LISTEN_FDS, is no listening stream socket", said)

    def test_a_malformed_pid(self):
        self.assertIn("LISTEN_PID", self.refused(self.config, self.tcp(), env={"LISTEN_PID": "me"}))


class NotifyTest(ActivationTest):
    def told(self, name, address):
        notifications = Notifications(address)
        self.addCleanup(notifications.close)
        backend = self.enterContext(HeldBackend())
        config = one_route(backend.url, timeouts={"drain": "20s"})
        gateway = self.enterContext(Gateway(config, env={"NOTIFY_SOCKET": name}))
        ready = notifications.next()
        self.assertEqual(ready["READY"], "1")
        self.assertIn("ready with 2 threads", ready["STATUS"])
        with gateway.client() as client:
            client.get("/x")
            connection, _ = backend.take_request()
            gateway.signal(signal.SIGTERM)
            stopping = notifications.next()
            self.assertEqual(stopping["STOPPING"], "1")
            self.assertIn("draining", stopping["STATUS"])
            self.assertEqual(int(stopping["EXTEND_TIMEOUT_USEC"]), 25_000_000)
            connection.send(answer())
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual(gateway.wait(), 0)
        self.assertNotIn("was not told", gateway.stderr())

    def test_the_manager_is_told_on_a_path(self):
        path = str(self.directory / "notify")
        self.told(path, path)

    def test_the_manager_is_told_on_an_abstract_socket(self):
        name = f"inferway-test-{os.getpid()}"
        self.told("@" + name, "\0" + name)

    def test_a_manager_that_is_not_there_is_no_reason_not_to_start(self):
        for name in (str(self.directory / "none"), "relative"):
            with self.subTest(name), Gateway(one_route("http://127.0.0.1:1"), env={"NOTIFY_SOCKET": name}) as gateway:
                gateway.wait_log("the service manager was not told")


if __name__ == "__main__":
    main()
