"""Copies of requests to another backend: they arrive whole, and the client never notices them."""

import json
import unittest

from harness import Backend, Gateway, answering, json_answer, main, unused_port

CHAT = "/v1/chat/completions"


def config(main_url, shadow_url, percent=100):
    return {
        "backends": {"main": {"endpoints": [main_url]}, "shadow": {"endpoints": [shadow_url], "headers": {"x-shadow": "1"}}},
        "routes": [
            {
                "match": {"path": "/v1/*", "model": "*"},
                "to": [{"backend": "main", "model": "renamed"}],
                "mirror": {"backend": "shadow", "percent": percent},
            },
            {"match": {"path": "/raw"}, "to": [{"backend": "main"}], "mirror": {"backend": "shadow", "percent": percent}},
        ],
    }


class MirrorTest(unittest.TestCase):
    def test_the_copy_is_what_the_client_sent(self):
        with Backend() as backend, Backend(answering(json_answer({"no": 1}, 500))) as shadow:
            with Gateway(config(backend.url, shadow.url)) as gateway, gateway.client() as client:
                for _ in range(5):
                    response = client.send_json(CHAT, {"model": "m", "x": "y"}, [("Authorization", "Bearer mine")]).read_response()
                    self.assertEqual((response.status, response.json()), (200, {"ok": True}))
                    self.assertEqual(response.header("x-inferway-attempts"), "1")
                copies = shadow.wait_requests(5)
                self.assertEqual({json.loads(copy.body)["model"] for copy in copies}, {"m"})
                self.assertEqual(copies[0].header("x-shadow"), "1")
                self.assertIsNone(copies[0].header("authorization"))
                self.assertEqual(json.loads(backend.requests[0].body)["model"], "renamed")
                self.assertEqual(gateway.metric("inferway_mirrored_total", backend="shadow"), 5)
                self.assertEqual(len(gateway.access_log(5)), 5)

    def test_a_dead_or_stuck_shadow_costs_the_client_nothing(self):
        def stuck(connection):
            connection.read_request()
            connection.wait_closed()

        with Backend() as backend, Backend(stuck) as shadow:
            for url in (shadow.url, f"http://127.0.0.1:{unused_port()}"):
                with self.subTest(url), Gateway(config(backend.url, url)) as gateway, gateway.client() as client:
                    for _ in range(150):
                        self.assertEqual(client.send_json(CHAT, {"model": "m"}).read_response().status, 200)
                    if url == shadow.url:
                        self.assertGreater(gateway.metric("inferway_mirror_dropped_total", backend="shadow"), 0)
                    self.assertEqual(gateway.stop(), 0)  # copies under way do not hold up the end

    def test_only_bodies_that_were_read_and_only_the_share(self):
        with Backend() as backend, Backend() as shadow:
            with Gateway(config(backend.url, shadow.url)) as gateway, gateway.client() as client:
                client.send_json("/raw", {"model": "m"}).read_response()
                client.get("/raw").read_response()
                self.assertEqual([copy.method for copy in shadow.wait_requests(1)], ["GET"])
            with Gateway(config(backend.url, shadow.url, 0)) as gateway, gateway.client() as client:
                client.send_json(CHAT, {"model": "m"}).read_response()
                self.assertEqual(gateway.metric("inferway_mirrored_total"), 0)


if __name__ == "__main__":
    main()
