"""Every whole configuration that the documents show is one that the gateway accepts."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["INFERWAY"]


def shown_configurations():
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)):
            if "backends:" in block and "routes:" in block:
                yield f"{page.relative_to(ROOT)}#{number}", block


class DocsTest(unittest.TestCase):
    def test_configurations_in_the_docs_are_valid(self):
        seen = 0
        for name, text in shown_configurations():
            with self.subTest(name), tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                # Secrets in files: one that is there.
                with open(file.name + ".secret", "w", encoding="utf-8") as secret:
                    self.addCleanup(os.unlink, secret.name)
                    secret.write("value\n")
                file.write(re.sub(r"\$\{file:/[^}]+\}", f"${{file:{file.name}.secret}}", text))
                file.flush()
                variables = {name: "value" for name in re.findall(r"\$\{([A-Z_]+)\}", text)}
                done = subprocess.run([PROGRAM, "check", "--config", file.name], env=variables,
                                      capture_output=True, text=True, timeout=10)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("warning", done.stdout + done.stderr)
                seen += 1
        self.assertGreaterEqual(seen, 3)


if __name__ == "__main__":
    unittest.main()
