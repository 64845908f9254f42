"""Faults behind the first content: the client is told, in a way that no SDK takes for a whole answer."""

import e2e_path  # noqa: F401
from harness import main

import catalogue
from faults_case import FaultsCase


class LateFaultsTest(FaultsCase):
    def test_a_cut_answer_never_looks_whole(self):
        for fault in catalogue.AFTER_CONTENT:
            with self.subTest(fault.name):
                ledger = self.meet(fault)
                counts = ledger.count()
                self.assertGreaterEqual(counts["right"], len(ledger.outcomes) // 3, "the twin's")
                if fault.streams:  # it is told why, not only cut
                    self.assertEqual(counts["cut"], 0, ledger.examples("cut"))


if __name__ == "__main__":
    main()
