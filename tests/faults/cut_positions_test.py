"""An answer cut at every byte position, head and framing included."""

import e2e_path  # noqa: F401
from harness import main

import content
import scenarios
from faults_case import FaultsCase
from gateways import inferway

ID = "run00-0000"


class CutPositionsTest(FaultsCase):
    def cut_everywhere(self, stream, commit):
        """`commit`: only from this position on something that counts may have gone to the client."""
        ledger = self.nothing_is_lost(scenarios.cut_everywhere(stream, inferway, then=self.check))
        counts = ledger.count()
        slack = 40  # ids are not all of one length
        lost = counts["clear error"] + counts["cut"]
        most = len(content.whole_answer(ID, stream)) - commit + slack
        self.assertLessEqual(lost, most, ledger.examples("clear error", "cut"))

    def test_a_small_answer(self):
        self.cut_everywhere(False, len(content.json_head(ID)))

    def test_a_stream(self):
        self.cut_everywhere(True, len(content.sse_prefix(ID, content.FIRST_CONTENT)))


if __name__ == "__main__":
    main()
