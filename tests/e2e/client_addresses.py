"""What tests about clients' addresses share."""

import unittest

from harness import Backend, Client, Gateway, one_route

PROXY = "127.0.0.9"  # a trusted one
OTHER_PROXY = "127.0.0.10"
TRUSTED = [f"{PROXY}/32", f"{OTHER_PROXY}/32", "10.0.0.0/8"]


class ClientsTestCase(unittest.TestCase):
    def start(self, listen="127.0.0.1:0", **clients):
        self.backend = self.enterContext(Backend())
        self.gateway = self.enterContext(Gateway(one_route(self.backend.url, listen=listen, clients=clients)))

    def client(self, source="127.0.0.1", **options):
        return self.enterContext(Client(self.gateway.port, source=source, **options))

    def ask(self, source="127.0.0.1", *forwarded, **options):
        """The answer to one request of its own connection."""
        fields = [("X-Forwarded-For", value) for value in forwarded]
        with Client(self.gateway.port, source=source, **options) as client:
            return client.get("/v1/a", [*fields, ("Connection", "close")]).read_response()

    def status(self, source="127.0.0.1", *forwarded, **options):
        return self.ask(source, *forwarded, **options).status

    def refused(self, cause):
        return self.gateway.metric("inferway_clients_refused_total", cause=cause)
