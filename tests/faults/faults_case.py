"""What the tests of faults have in common."""

import unittest

import e2e_path  # noqa: F401

import scenarios
from gateways import inferway
from ledger import NOT_JSON, check_books


class FaultsCase(unittest.TestCase):
    def check(self, gateway, ledger, backends):
        """The books, once a scenario is over."""
        check_books(self, ledger, gateway, backends)

    def meet(self, fault):
        return self.nothing_is_lost(scenarios.meet(fault, inferway, then=self.check))

    def nothing_is_lost(self, ledger):
        self.assertEqual(ledger.count()["hung"], 0, ledger.examples("hung"))
        self.assertEqual(ledger.count()["truncated"], 0, ledger.examples("truncated"))
        unreadable = [key for key, outcome in ledger.outcomes.items() if outcome.why == NOT_JSON]
        self.assertEqual(unreadable, [])
        return ledger

    def assert_all_right(self, ledger):
        self.assertEqual(
            ledger.count()["right"], len(ledger.outcomes), ledger.examples("clear error", "cut", "hung", "truncated")
        )
