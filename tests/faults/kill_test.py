"""Model servers that are killed under load."""

import e2e_path  # noqa: F401
from harness import main

import scenarios
from faults_case import FaultsCase
from gateways import inferway


class KillTest(FaultsCase):
    def test_who_was_sent_nothing_notices_nothing(self):
        ledger = self.nothing_is_lost(scenarios.kill_under_load(inferway, then=self.check))
        counts = ledger.count()
        self.assertGreater(counts["right"], 200)
        lost = [o for o in ledger.outcomes.values() if o.status >= 400 or (o.kind != "right" and not o.payload)]
        self.assertEqual(lost, [])


if __name__ == "__main__":
    main()
