"""Unix sockets: to listen on, for the admin port, and for endpoints. What holds for TCP holds for them."""

import re
import signal
import socket
import stat
import tempfile
import unittest
from pathlib import Path

from harness import (
    Backend,
    Client,
    ConnectionEnded,
    Gateway,
    answer,
    answering,
    chunked,
    eventually,
    json_answer,
    main,
    one_route,
    request,
    run_inferway,
    sse_head,
    to_yaml,
    unused_port,
)
from held_backend import HeldBackend

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sockets.md"


class UnixTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="inferway-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.path = self.directory / "api.sock"

    def start(self, *urls, **top):
        top.setdefault("listen", f"unix:{self.path}")
        return self.enterContext(Gateway(one_route(*urls, **top)))

    def backend(self, handler=None):
        return self.enterContext(Backend(handler, path=self.directory / "llama.sock"))

    def client(self, path=None):
        return self.enterContext(Client(None, path=path or self.path))

    def fails_to_start(self, config):
        """The operational log of a gateway that ends with status 1."""
        file = self.directory / "inferway.yaml"
        file.write_text(to_yaml({"admin": {"address": "127.0.0.1:0"}, "log": {"access": "off"}, **config}))
        status, _, errors = run_inferway("serve", "--config", str(file))
        self.assertEqual(status, 1, errors)
        return errors


class ServingTest(UnixTest):
    def test_a_request_comes_and_goes_over_unix_sockets(self):
        backend = self.backend(answering(json_answer({"n": 1}), json_answer({"n": 2})))
        gateway = self.start(backend.url)
        client = self.client()
        for n in (1, 2):  # on one connection, on both sides
            self.assertEqual(client.send_json("/v1/x", {"a": "ä"}).read_response().json(), {"n": n})
        self.assertEqual(backend.connections, 1)
        self.assertEqual(backend.requests[0].json(), {"a": "ä"})
        self.assertEqual(backend.requests[0].header("host"), "localhost")
        self.assertEqual([record["client"] for record in gateway.access_log(2)], ["unix", "unix"])
        gateway.wait_log(f"listening on unix:{self.path}")

    def test_a_peer_without_an_address_is_called_unknown(self):
        with Backend() as backend:
            self.start(backend.url)
            client = self.client()
            client.get("/x").read_response()
            client.get("/x", [("X-Forwarded-For", "203.0.113.9")]).read_response()
            said = [request.headers_named("x-forwarded-for") for request in backend.requests]
            self.assertEqual(said, [["unknown"], ["203.0.113.9, unknown"]])

    def test_it_may_stand_in_a_list_and_in_the_long_form_and_be_the_admin_port(self):
        backend = self.backend()
        other, admin = self.directory / "b.sock", self.directory / "admin.sock"
        listen = ["127.0.0.1:0", f"unix:{self.path}", {"address": f"unix:{other}"}]
        gateway = self.start(backend.url, listen=listen, admin={"address": f"unix:{admin}"})
        gateway.admin_path = admin
        for client in (gateway.client(), self.client(), self.client(other)):
            with client:
                self.assertEqual(client.get("/x").read_response().status, 200)
        self.assertEqual(gateway.admin_get("/ready").status, 200)
        self.assertEqual(gateway.metric("inferway_client_connections_accepted_total"), 3)
        gateway.wait_log(f"admin on unix:{admin}")

    def test_check_shows_the_endpoint(self):
        file = self.directory / "c.yaml"
        file.write_text(to_yaml(one_route("unix:/run/llama.sock", listen="unix:/run/x.sock")))
        status, out, _ = run_inferway("check", "--config", str(file))
        self.assertEqual(status, 0)
        self.assertIn("unix:/run/llama.sock", out)

    def test_large_bodies_pass_both_ways(self):
        blob = bytes(range(256)) * 20_000  # 5 MB: many times what a socket holds
        backend = self.backend(answering(lambda got: answer(body=got.body)))
        self.start(backend.url)
        client = self.client()
        client.send(request("POST", "/x", [("Transfer-Encoding", "chunked")], chunked(blob)))
        self.assertEqual(client.read_response().body, blob)

    def test_a_client_that_leaves_cancels_its_backend(self):
        backend = self.enterContext(HeldBackend(path=self.directory / "llama.sock"))
        gateway = self.start(backend.url)
        client = self.client()
        client.get("/x")
        connection, _ = backend.take_request()
        client.close()
        self.assertTrue(connection.wait_closed())
        self.assertEqual(gateway.access_log(1)[0]["status"], 499)

    def test_a_stream_that_the_backend_cuts_is_no_clean_end(self):
        backend = self.enterContext(HeldBackend(path=self.directory / "llama.sock"))
        self.start(backend.url)
        client = self.client()
        client.get("/x")
        connection, _ = backend.take_request()
        connection.send(sse_head() + b"9\r\ndata: x\n\n\r\n")
        response = client.read_head().read_until(b"data: x\n\n")
        connection.close()
        response.finish()
        self.assertTrue(b"event: error" in response.body or not response.complete, response)

    def test_a_socket_nobody_listens_on_is_a_failed_connect_until_somebody_does(self):
        path = self.directory / "later.sock"
        self.start(f"unix:{path}")
        client = self.client()
        self.assertEqual(client.get("/x").read_response().header("x-inferway-error"), "connect_failed")
        with Backend(path=path):
            self.assertEqual(client.get("/x").read_response().status, 200)
        # The file is still there, and nobody behind it.
        self.assertEqual(client.get("/x").read_response().header("x-inferway-error"), "connect_failed")

    def test_connections_over_the_limit_are_told_so(self):
        backend = self.backend()
        gateway = self.start(backend.url, limits={"connections": 1})
        first = self.client()
        self.assertEqual(first.get("/x").read_response().status, 200)
        self.assertEqual(self.client().read_response().status, 503)
        self.assertEqual(gateway.metric("inferway_limit_reached_total", limit="connections"), 1)

    def test_the_example_of_the_documentation_works(self):
        example = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL).group(1)
        for name in ("run/inferway", "run/llama"):
            (self.directory / name).mkdir(parents=True)
        text = example.replace("/run/", f"{self.directory}/run/").replace(":8080", f":{unused_port()}")
        backend = self.enterContext(Backend(path=self.directory / "run/llama/llama.sock"))
        gateway = self.enterContext(Gateway(text + 'log: {access: "${ACCESS_LOG}"}\n'))
        sockets = self.directory / "run/inferway"
        gateway.admin_path = sockets / "admin.sock"
        self.assertEqual(gateway.admin_get("/live").status, 200)
        for client in (self.client(sockets / "api.sock"), self.enterContext(gateway.client())):
            self.assertEqual(client.get("/v1/models").read_response().status, 200)
        self.assertEqual(len(backend.requests), 2)


class FileTest(UnixTest):
    def test_only_owner_and_group_may_connect(self):
        self.start("http://127.0.0.1:1")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o660)

    def test_it_goes_when_the_gateway_ends(self):
        admin = self.directory / "admin.sock"
        gateway = self.start("http://127.0.0.1:1", admin={"address": f"unix:{admin}"})
        self.assertTrue(self.path.is_socket() and admin.is_socket())
        self.assertEqual(gateway.stop(), 0)
        self.assertFalse(self.path.exists() or admin.exists())

    def test_what_a_killed_gateway_left_is_replaced(self):
        backend = self.backend()
        config = one_route(backend.url, listen=f"unix:{self.path}")
        killed = Gateway(config)
        killed.kill()
        self.addCleanup(killed._directory.cleanup)
        self.assertTrue(self.path.is_socket())
        with self.assertRaises(ConnectionRefusedError):
            Client(None, path=self.path)
        with Gateway(config):
            self.assertEqual(self.client().get("/x").read_response().status, 200)

    def test_a_live_socket_is_left_alone(self):
        backend = self.backend()
        self.start(backend.url)
        errors = self.fails_to_start(one_route(backend.url, listen=f"unix:{self.path}"))
        self.assertIn(f"cannot bind unix:{self.path}: another process listens there", errors)
        self.assertEqual(self.client().get("/x").read_response().status, 200)

    def test_a_file_that_is_no_socket_is_left_alone(self):
        self.path.write_text("precious")
        errors = self.fails_to_start(one_route("http://127.0.0.1:1", listen=f"unix:{self.path}"))
        self.assertIn(f"cannot bind unix:{self.path}: there is a file that is no socket", errors)
        self.assertEqual(self.path.read_text(), "precious")

    def test_a_start_that_fails_leaves_no_file(self):
        with Backend() as taken:
            listen = [f"unix:{self.path}", f"127.0.0.1:{taken.port}"]
            self.fails_to_start(one_route("http://127.0.0.1:1", listen=listen))
        self.assertFalse(self.path.exists())

    def test_what_took_its_place_is_not_removed(self):
        gateway = self.start("http://127.0.0.1:1")
        self.path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(self.path))
            self.assertEqual(gateway.stop(), 0)
            self.assertTrue(self.path.is_socket())

    def test_a_new_gateway_may_take_the_place_while_the_old_one_drains(self):
        backend = self.enterContext(HeldBackend(path=self.directory / "llama.sock"))
        config = one_route(backend.url, listen=f"unix:{self.path}")
        old = self.enterContext(Gateway(config))
        streaming = self.client()
        streaming.get("/old")
        connection, _ = backend.take_request()
        old.signal(signal.SIGTERM)
        eventually(lambda: not self.path.exists(), what="the old gateway's file is gone")
        with Gateway(config):
            client = self.client()
            client.get("/new")
            second, got = backend.take_request()
            self.assertEqual(got.target, "/new")
            connection.send(answer(body=b"old"))
            self.assertEqual(streaming.read_response().body, b"old")
            self.assertEqual(old.wait(), 0)
            self.assertTrue(self.path.is_socket())  # not the old one's to remove
            second.send(answer(body=b"new"))
            self.assertEqual(client.read_response().body, b"new")


class DrainTest(UnixTest):
    def test_what_is_in_flight_ends_and_nothing_new_is_taken(self):
        backend = self.enterContext(HeldBackend(path=self.directory / "llama.sock"))
        gateway = self.start(backend.url)
        client = self.client()
        client.get("/x")
        connection, _ = backend.take_request()
        gateway.signal(signal.SIGTERM)

        def refused():
            try:
                Client(None, path=self.path).close()
            except (FileNotFoundError, ConnectionRefusedError):
                return True
            return False

        eventually(refused)
        connection.send(answer(body=b"whole"))
        self.assertEqual(client.read_response().body, b"whole")
        self.assertEqual(gateway.wait(), 0)

    def test_a_connection_waiting_to_be_accepted_is_not_lost(self):
        backend = self.backend()
        for _ in range(5):
            with Gateway(one_route(backend.url, listen=f"unix:{self.path}")) as gateway:
                clients = [self.client() for _ in range(20)]
                for client in clients:
                    client.send(request("GET", "/", [("Connection", "close")]))
                gateway.signal(signal.SIGTERM)
                for client in clients:
                    self.assertEqual(client.read_response().status, 200)
                    client.close()
                self.assertEqual(gateway.wait(), 0)

    def test_idle_connections_are_closed(self):
        backend = self.backend()
        gateway = self.start(backend.url)
        client = self.client()
        client.get("/x").read_response()
        gateway.signal(signal.SIGTERM)
        with self.assertRaises(ConnectionEnded):
            client.take_some()
        self.assertEqual(gateway.wait(), 0)


if __name__ == "__main__":
    main()
