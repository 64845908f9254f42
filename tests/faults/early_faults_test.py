"""Faults before anything that counts was sent to the client: it does not notice them."""

import e2e_path  # noqa: F401
from harness import main

import catalogue
from faults_case import FaultsCase


class EarlyFaultsTest(FaultsCase):
    def test_harmless_ones_cost_nothing(self):
        for fault in catalogue.HARMLESS:
            with self.subTest(fault.name):
                self.assert_all_right(self.meet(fault))

    def test_an_answer_that_never_began(self):
        self.each(catalogue.NEVER_BEGAN)

    def test_an_answer_that_began_without_content(self):
        self.each(catalogue.BEFORE_CONTENT)

    def each(self, faults):
        for fault in faults:
            with self.subTest(fault.name):
                self.assert_all_right(self.meet(fault))


if __name__ == "__main__":
    main()
