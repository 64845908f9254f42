"""Another configuration under a gateway that runs: by SIGHUP and POST /api/reload. What is right is taken by the next
request, what is wrong is refused with its errors."""

import os
import signal
import socket
import unittest

from harness import (
    Backend,
    Client,
    Gateway,
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
from reloading import naming

DONE = b"data: [DONE]\n\n"


def both(gateway, other, count):
    """The records of the first access log and of the other one, once there are `count`."""
    records = gateway.access_log() + gateway.access_log(path=other)
    return records if len(records) >= count else None


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
                asked = 0

                def moved():  # soon: what comes before its writer has seen the change goes where it went before
                    nonlocal asked
                    asked += 1
                    client.get("/second").read_response()
                    return other.stat().st_size > 0

                eventually(moved)
            records = eventually(lambda: both(gateway, other, 1 + asked))
            self.assertEqual([r["path"] for r in records], ["/first", *["/second"] * asked])
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


if __name__ == "__main__":
    main()
