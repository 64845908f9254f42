"""SECURITY.md: each promise names the tests that check it, and these are there; so is each page that it leads to."""

import re
import unittest

from project import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
PROMISES = TEXT.split("## What is promised")[1].split("\n## ")[0]


class SecurityTest(unittest.TestCase):
    def test_each_promise_names_its_tests(self):
        rows = re.findall(r"^\| (.+) \| (.+) \|$", PROMISES, re.MULTILINE)
        promises = [row for row in rows if row != ("promise", "checked by") and set(row[0]) != {"-"}]
        self.assertGreater(len(promises), 20)
        for promise, tests in promises:
            self.assertRegex(tests, r"^(`tests/[\w./-]+`(, |$))+$", promise)

    def test_each_test_is_there_and_is_run(self):
        named = set(re.findall(r"`(tests/[\w./-]+)`", TEXT))
        self.assertGreater(len(named), 30)
        for name in sorted(named):
            with self.subTest(name):
                file = ROOT / name
                self.assertTrue(file.is_file())
                self.assertIn(file.stem.removesuffix("_fuzz"), (file.parent / "CMakeLists.txt").read_text(), "no target runs it")

    def test_links_lead_somewhere(self):
        for page in ("SECURITY.md", "docs/hardening.md"):
            file = ROOT / page
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text()):
                self.assertTrue((file.parent / target).exists(), f"{page}: {target}")

    def test_the_readme_leads_here(self):
        self.assertIn("](SECURITY.md)", (ROOT / "README.md").read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
