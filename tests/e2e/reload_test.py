"""Another configuration under a gateway that runs: by SIGHUP and POST /api/reload. What is right is taken by the next
request, what is wrong is refused with its errors, and nothing is lost on the way."""

import os
import signal
import socket
import threading
import unittest

from harness import (
    Backend,
    Client,
    Gateway,
    answer,
    answering,
    eventually,
    json_answer,
    main,
    one_route,
    openai_chunk,
    request,
    sse_event,
    sse_head,
    unused_port,
)
from held_backend import HeldBackend

RELOADS = int(os.environ.get("INFERWAY_RELOADS", "200"))
DONE = b"data: [DONE]\n\n"


def naming(name):
    return answering(answer(body=name.encode()))


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def wait_listening(port):
    def connects():
        try:
            Client(port).close()
            return True
        except OSError:
            return False

    eventually(connects, what=f"port {port} listens")


class TakenTest(unittest.TestCase):
    def test_the_next_request_of_an_open_connection_sees_the_new_configuration(self):
        with Backend(naming("old")) as old, Backend(naming("new")) as new, Gateway(one_route(old.url)) as gateway:
            with gateway.client() as client:
                self.assertEqual(client.get("/").read_response().body, b"old")
                self.assertEqual(gateway.reload(one_route(new.url)), 2)
                self.assertEqual(client.get("/").read_response().body, b"new")
            self.assertEqual(gateway.metric("inferway_config_generation"), 2)
            self.assertEqual(gateway.metric("inferway_reloads_total", result="success"), 1)
            start = gateway.metric("process_start_time_seconds")
            self.assertGreaterEqual(gateway.metric("inferway_config_last_success_timestamp_seconds"), start)

    def test_sighup_does_it_too(self):
        with Backend(naming("old")) as old, Backend(naming("new")) as new, Gateway(one_route(old.url)) as gateway:
            gateway.rewrite(one_route(new.url))
            gateway.signal(signal.SIGHUP)
            gateway.wait_log("generation 2 of the configuration is in force")
            with gateway.client() as client:
                self.assertEqual(client.get("/").read_response().body, b"new")

    def test_a_stream_in_flight_ends_under_the_configuration_it_began_with(self):
        with HeldBackend() as old, Backend(naming("new")) as new, Gateway(one_route(old.url)) as gateway:
            with gateway.client() as client, gateway.client() as other:
                client.send_json("/v1/chat/completions", {"model": "m", "stream": True})
                connection, _ = old.take_request()
                event = sse_event(openai_chunk("one"))
                connection.send(sse_head() + b"%x\r\n%s\r\n" % (len(event), event))
                response = client.read_head().read_until(b"one")
                for _ in range(3):
                    gateway.reload(one_route(new.url, limits={"body_bytes": "1KiB"}, timeouts={"write": "1s"}))
                self.assertEqual(other.get("/").read_response().body, b"new")
                connection.send(b"e\r\n" + DONE + b"\r\n0\r\n\r\n")
                response.finish()
                self.assertTrue(response.complete)
                self.assertTrue(response.body.endswith(DONE))
                # Its backend is in no configuration any more: the connection is closed, not kept.
                self.assertIsNone(connection.read_request())
                self.assertEqual(client.get("/").read_response().body, b"new")

    def test_settings_of_clients_change(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            send = lambda: client.send(request("POST", "/", body=b"x" * 2000)).read_response().status  # noqa: E731
            self.assertEqual(send(), 200)
            gateway.reload(one_route(backend.url, limits={"body_bytes": "1KiB"}))
            self.assertEqual(send(), 413)
            self.assertEqual(gateway.metric("inferway_limit", limit="body_bytes"), 1024)

    def test_what_cannot_change_is_kept_and_said(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            gateway.rewrite(one_route(backend.url, threads=1, admin={"address": "127.0.0.1:1"}))
            answered = gateway.admin_post("/api/reload")
            self.assertEqual(answered.status, 200)
            self.assertEqual([w.split(": ")[1].split(" ")[0] for w in answered.json()["warnings"]],
                             ["threads", "admin.address"])
            gateway.wait_log("threads cannot change")
            self.assertEqual(gateway.admin_get("/ready").status, 200)

    def test_logs_change(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            other = gateway.directory / "other.log"
            with gateway.client() as client:
                client.get("/first").read_response()
                gateway.access_log(1)
                gateway.reload(one_route(backend.url, log={"access": str(other), "level": "error"}))
                eventually(other.exists)
                client.get("/second").read_response()
            self.assertEqual([r["path"] for r in gateway.access_log(1, path=other)], ["/second"])
            self.assertEqual([r["path"] for r in gateway.access_log(1)], ["/first"])
            lines = len(gateway.log_lines())
            gateway.reload()
            self.assertEqual(len(gateway.log_lines()), lines, "level: error")

    def test_the_admin_token_changes(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            gateway.reload(one_route(backend.url, admin={"token": "admin-secret"}))
            self.assertEqual(gateway.admin_post("/api/reload").status, 401)
            gateway.admin_token = "admin-secret"
            self.assertEqual(gateway.reload(), 3)

    def test_an_admin_address_that_stays_keeps_its_token(self):
        """The new one needs none, for it is a loopback address; the one that stays open does."""
        admin = {"address": "0.0.0.0:0", "token": "admin-secret"}
        with Backend() as backend, Gateway(one_route(backend.url, admin=admin)) as gateway:
            gateway.admin_token = "admin-secret"
            for _ in range(2):
                gateway.reload(one_route(backend.url, admin={"address": "127.0.0.1:0"}))
                self.assertEqual(gateway.admin_get("/metrics").status, 401)


class RefusedTest(unittest.TestCase):
    def check(self, gateway, *words):
        refused = gateway.metric("inferway_reloads_total", result="refused")
        answered = gateway.admin_post("/api/reload")
        self.assertEqual(answered.status, 422, answered)
        errors = "\n".join(answered.json()["errors"])
        for word in words:
            self.assertIn(word, errors)
            gateway.wait_log(word)
        self.assertEqual(answered.json()["generation"], 1)
        self.assertEqual(gateway.metric("inferway_config_generation"), 1)
        self.assertEqual(gateway.metric("inferway_reloads_total", result="refused"), refused + 1)
        with gateway.client() as client:
            self.assertEqual(client.get("/").read_response().body, b"old")

    def test_a_wrong_file_leaves_the_old_one_in_force(self):
        with Backend(naming("old")) as backend, Gateway(one_route(backend.url)) as gateway:
            gateway.config_path.write_text("listen: 127.0.0.1:0\nrouts: []\nthreads: many\n", encoding="utf-8")
            self.check(gateway, f"{gateway.config_path}:2:1: routs", f"{gateway.config_path}:3:10: threads")
            gateway.config_path.unlink()
            self.check(gateway, f"{gateway.config_path}: ")
            os.mkfifo(gateway.config_path)
            self.check(gateway, f"{gateway.config_path}: ")
            gateway.rewrite(one_route(backend.url))
            self.assertEqual(gateway.reload(), 2)

    def test_what_cannot_be_opened_is_refused_whole(self):
        with Backend(naming("old")) as backend, Gateway(one_route(backend.url)) as gateway:
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
                free = unused_port()
                listen = ["127.0.0.1:0", f"127.0.0.1:{free}", f"127.0.0.1:{port}"]
                gateway.rewrite(one_route(backend.url, listen=listen, log={"access": str(gateway.directory / "new.log")}))
                self.check(gateway, f"127.0.0.1:{port}")
                self.assertRaises(OSError, Client, free)
            gateway.rewrite(one_route(backend.url, log={"access": "/nonexistent/access.log"}))
            self.check(gateway, "/nonexistent/access.log")

    def test_nothing_is_reloaded_while_draining(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            client.get("/")
            connection, _ = backend.take_request()
            gateway.signal(signal.SIGTERM)
            eventually(lambda: gateway.admin_get("/ready").status == 503)
            self.assertEqual(gateway.admin_post("/api/reload").status, 422)
            connection.send(json_answer(1))
            client.read_response()
            self.assertEqual(gateway.wait(), 0)


class KeptTest(unittest.TestCase):
    def test_connections_to_backends_are_kept(self):
        with Backend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway, gateway.client() as client:
            for route in ("all", "all", "renamed"):
                gateway.reload(one_route(backend.url, threads=1, route={"name": route}))
                self.assertEqual(client.get("/").read_response().status, 200)
            self.assertEqual(backend.connections, 1)
            self.assertEqual(gateway.metric("inferway_upstream_connects_total", backend="main"), 1)
            self.assertEqual(gateway.metric("inferway_upstream_connections", backend="main", state="idle"), 1)

    def test_a_connection_that_is_in_use_meanwhile_is_kept_as_well(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway, gateway.client() as client:
            client.get("/")
            connection, _ = backend.take_request()
            for _ in range(3):
                gateway.reload(one_route("http://127.0.0.1:1", backend.url, threads=1)
                               if _ == 1 else one_route(backend.url, threads=1))
            connection.send(json_answer(1))
            client.read_response()
            client.get("/")
            self.assertIsNotNone(connection.read_request())
            connection.send(json_answer(2))
            self.assertEqual(client.read_response().json(), 2)

    def test_an_endpoint_that_is_gone_gets_nothing_more(self):
        with Backend(naming("one")) as one, Backend(naming("two")) as two:
            with Gateway(one_route(one.url, two.url, threads=1)) as gateway, gateway.client() as client:
                while not (one.requests and two.requests):
                    client.get("/").read_response()
                gateway.reload(one_route(two.url, threads=1))
                eventually(lambda: one.open == 0)
                self.assertEqual(client.get("/").read_response().body, b"two")
                self.assertEqual(two.open, 1)

    def test_figures_go_on_where_they_were(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            counted = lambda **labels: gateway.metric("inferway_requests_total", **labels)  # noqa: E731
            client.get("/").read_response()
            eventually(lambda: counted(route="all", backend="main") == 1)
            other = {
                "backends": {"first": {"endpoints": [backend.url]}, "main": {"endpoints": [backend.url]}},
                "routes": [
                    {"name": "first", "match": {"path": "/first"}, "to": [{"backend": "first"}]},
                    {"name": "all", "match": {"path": "/*"}, "to": [{"backend": "main"}]},
                ],
            }
            gateway.reload(other)
            client.get("/").read_response()
            client.get("/first").read_response()
            eventually(lambda: counted(route="all", backend="main") == 2)
            eventually(lambda: counted(route="first", backend="first") == 1)
            gateway.reload(one_route(backend.url))
            self.assertEqual(counted(route="first", backend="first"), 1, "what is gone is still told")
            self.assertEqual(gateway.metric("inferway_upstream_attempts_total", backend="main"), 2)
            eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0)

    def test_a_callers_rate_goes_on(self):
        key = {"name": "ci", "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "rpm": 2}
        with Backend() as backend:
            config = one_route(backend.url, keys={"required": True, "static": [key]})
            with Gateway(config) as gateway, gateway.client() as client:
                ask = lambda: client.get("/", [("x-api-key", "foo")]).read_response().status  # noqa: E731
                self.assertEqual(ask(), 200)
                gateway.reload()
                self.assertEqual(ask(), 200)
                gateway.reload()
                self.assertEqual(ask(), 429)


class ListenersTest(unittest.TestCase):
    def test_listeners_come_and_go(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            first, second = unused_port(), unused_port()
            path = gateway.directory / "data.sock"
            with gateway.client() as resting:
                resting.get("/").read_response()
                gateway.reload(one_route(
                    backend.url, listen=["127.0.0.1:0", f"127.0.0.1:{first}", f"unix:{path}"]))
                for client in (Client(first), Client(None, path=path), gateway.client()):
                    with client:
                        self.assertEqual(client.get("/").read_response().status, 200)
                with Client(first) as early:
                    gateway.reload(one_route(backend.url, listen=[f"127.0.0.1:{second}", f"127.0.0.1:{first}"]))
                    self.assertFalse(path.exists())
                    self.assertRaises(OSError, Client, gateway.port)
                    for client in (Client(first), Client(second)):
                        with client:
                            self.assertEqual(client.get("/").read_response().status, 200)
                    # Connections outlive the socket that they came by.
                    self.assertEqual(early.get("/").read_response().status, 200)
                self.assertEqual(resting.get("/").read_response().status, 200)

    def test_connections_that_wait_when_a_listener_goes_are_served(self):
        with Backend() as backend:
            port, other = unused_port(), unused_port()
            with Gateway(one_route(backend.url, listen=[f"127.0.0.1:{port}", f"127.0.0.1:{other}"])) as gateway:
                for _ in range(5):
                    clients = [Client(port) for _ in range(20)]
                    gateway.reload(one_route(backend.url, listen=[f"127.0.0.1:{other}"]))
                    for client in clients:
                        with client:
                            self.assertEqual(client.get("/").read_response().status, 200)
                    gateway.reload(one_route(backend.url, listen=[f"127.0.0.1:{port}", f"127.0.0.1:{other}"]))


class UnderLoadTest(unittest.TestCase):
    def test_no_request_fails_and_no_memory_is_lost(self):
        with Backend() as one, Backend() as two:
            configs = [one_route(one.url), one_route(two.url, one.url, route={"name": "both"})]
            with Gateway(configs[0]) as gateway:
                over, counts, failures = threading.Event(), [0] * 4, []

                def ask(index):
                    try:
                        with gateway.client() as client:
                            while not over.is_set():
                                status = client.send(request("POST", "/", body=b"x" * 500)).read_response().status
                                if status != 200:
                                    failures.append(status)
                                counts[index] += 1
                    except Exception as failure:  # pylint: disable=broad-except
                        failures.append(failure)

                threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(counts))]
                for thread in threads:
                    thread.start()
                try:
                    settled = None
                    for number in range(RELOADS):
                        gateway.reload(configs[number % 2])
                        if number == RELOADS // 4:
                            settled = resident_kib(gateway.pid)
                    grown = resident_kib(gateway.pid) - settled
                finally:
                    over.set()
                    for thread in threads:
                        thread.join()
                self.assertEqual(failures, [])
                self.assertGreater(min(counts), 0)
                self.assertEqual(gateway.metric("inferway_config_generation"), RELOADS + 1)
                eventually(lambda: gateway.metric("inferway_requests_total", status="200") == sum(counts))
                self.assertEqual(gateway.metric("inferway_requests_in_flight"), 0)
                if not os.environ.get("INFERWAY_SANITIZED"):
                    self.assertLess(grown, 8 * 1024, "KiB")


if __name__ == "__main__":
    main()
