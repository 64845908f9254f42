"""Which endpoint a request goes to, and how endpoints are found by name."""

import collections
import socket
import unittest

from harness import Backend, Gateway, answer, answering, eventually, json_answer, main, one_route, unused_port
from held_backend import HeldBackend, first_readable


def named(name):
    return answering(json_answer({"endpoint": name}))


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


class NameTest(unittest.TestCase):
    def ask(self, url, status=200):
        with Gateway(one_route(url)) as gateway, gateway.client() as client:
            response = client.get("/x").read_response()
            self.assertEqual(response.status, status, response)
            return response, gateway.access_log(1)[0]

    def test_an_endpoint_may_be_named_by_its_address(self):
        hosts = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]
        for host in hosts:
            with self.subTest(host), Backend(host=host) as backend:
                self.ask(backend.url)
                self.assertEqual(backend.requests[0].header("host"), backend.authority)

    def test_a_name_is_resolved_and_all_its_addresses_are_tried(self):
        # localhost is 127.0.0.1 and ::1, and only one of them has a listener.
        hosts = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]
        for host in hosts:
            with self.subTest(host), Backend(host=host) as backend:
                families = {info[0] for info in socket.getaddrinfo("localhost", backend.port)}
                if (socket.AF_INET6 if ":" in host else socket.AF_INET) not in families:
                    continue  # this machine's localhost has one family only
                self.ask(f"http://localhost:{backend.port}")
                self.assertEqual(backend.requests[0].header("host"), f"localhost:{backend.port}")

    def test_a_name_nobody_knows_is_a_failed_connect(self):
        response, record = self.ask("http://no-such-host.invalid:8000", 502)
        self.assertEqual(response.header("x-inferway-error"), "connect_failed")
        self.assertNotIn(b"no-such-host", response.body)
        self.assertEqual((record["status"], record["error"]), (502, "connect_failed"))

    def test_the_path_of_an_endpoint_is_put_before_the_requests_own(self):
        with Backend() as backend:
            self.ask(backend.url + "/v2/api")
            self.assertEqual(backend.requests[0].target, "/v2/api/x")


class BalanceTest(unittest.TestCase):
    def picks(self, gateway, count):
        with gateway.client() as client:
            return [client.get("/x").read_response().json()["endpoint"] for _ in range(count)]

    def wait_connections(self, count, *backends):
        eventually(lambda: sum(backend.connections for backend in backends) == count, what=f"{count} connections")

    def test_round_robin_takes_smooth_turns_by_weight(self):
        with Backend(named("a")) as a, Backend(named("b")) as b, Backend(named("c")) as c:
            endpoints = [{"url": a.url, "weight": 4}, {"url": b.url, "weight": 2}, c.url]
            config = one_route(*endpoints, backend={"balance": "round_robin"}, threads=1)
            with Gateway(config) as gateway:
                turns = self.picks(gateway, 70)
        for at in range(0, 70, 7):
            self.assertEqual(collections.Counter(turns[at : at + 7]), {"a": 4, "b": 2, "c": 1})
        self.assertNotIn("aaa", "".join(turns))

    def test_least_requests_goes_where_less_is_in_flight(self):
        with HeldBackend() as a, HeldBackend() as b:
            config = one_route(a.url, b.url, backend={"balance": "least_requests"})
            with Gateway(config) as gateway:
                clients = [gateway.client() for _ in range(10)]
                for held, client in enumerate(clients, 1):
                    client.get("/x")
                    self.wait_connections(held, a, b)
                    self.assertLessEqual(abs(a.connections - b.connections), 1)
                self.assertEqual((a.connections, b.connections), (5, 5))
                for client in clients:
                    client.close()

    def test_least_requests_counts_per_weight(self):
        with HeldBackend() as light, HeldBackend() as heavy:
            endpoints = [light.url, {"url": heavy.url, "weight": 2}]
            config = one_route(*endpoints, backend={"balance": "least_requests"})
            with Gateway(config) as gateway:
                clients = [gateway.client() for _ in range(12)]
                for held, client in enumerate(clients, 1):
                    client.get("/x")
                    self.wait_connections(held, light, heavy)
                self.assertEqual((light.connections, heavy.connections), (4, 8))
                for client in clients:
                    client.close()

    def test_a_request_counts_until_its_stream_has_ended(self):
        with HeldBackend() as a, HeldBackend() as b:
            config = one_route(a.url, b.url, backend={"balance": "least_requests"}, threads=1)
            with Gateway(config) as gateway, gateway.client() as streaming, gateway.client() as other:
                streaming.get("/x")
                self.wait_connections(1, a, b)
                busy, idle = (a, b) if a.connections else (b, a)
                stream, _ = busy.take_request()
                stream.send(answer(headers=[("Content-Length", "10")], body=b"half"))
                streaming.read_head().read_until(b"half")
                other.get("/x")
                connection, _ = idle.take_request()
                connection.send(answer())
                other.read_response()
                for _ in range(5):
                    other.get("/x")
                    self.assertIs(first_readable([stream, connection]), connection)
                    connection.read_request()
                    connection.send(answer())
                    other.read_response()

    def test_a_refused_endpoint_fails_its_own_requests_only(self):
        with Backend(named("good")) as good:
            dead = f"http://127.0.0.1:{unused_port()}"
            config = one_route(good.url, dead, backend={"balance": "round_robin"}, threads=1)
            with Gateway(config) as gateway, gateway.client() as client:
                got = [client.get("/x").read_response().status for _ in range(6)]
                self.assertEqual(sorted(got), [200, 200, 200, 502, 502, 502])


if __name__ == "__main__":
    main()
