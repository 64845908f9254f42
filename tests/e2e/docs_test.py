"""Every whole configuration that the documents show is one that the gateway accepts."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from certificates import Authority

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["INFERWAY"]
AUTHORITY = Authority()


def shown_configurations():
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)):
            if "backends:" in block and "routes:" in block:
                yield f"{page.relative_to(ROOT)}#{number}", block


def make_tls_files(text, directory):
    """What a configuration names below tls/: certificates with their keys, and CAs."""
    for stem in set(re.findall(r"\btls/([a-z-]+)\.pem", text)):
        identity = AUTHORITY.identity(f"{stem}.test")
        (directory / "tls").mkdir(exist_ok=True)
        shutil.copy(identity.cert, directory / "tls" / f"{stem}.pem")
        shutil.copy(identity.key, directory / "tls" / f"{stem}.key")


class DocsTest(unittest.TestCase):
    def test_configurations_in_the_docs_are_valid(self):
        seen = 0
        for name, text in shown_configurations():
            with self.subTest(name), tempfile.TemporaryDirectory() as directory:
                file = pathlib.Path(directory) / "inferway.yaml"
                secret = pathlib.Path(directory) / "secret"  # in place of the files that hold some
                secret.write_text("value\n", encoding="utf-8")
                file.write_text(re.sub(r"\$\{file:/[^}]+\}", f"${{file:{secret}}}", text), encoding="utf-8")
                make_tls_files(text, pathlib.Path(directory))
                variables = {name: "value" for name in re.findall(r"\$\{([A-Z_]+)\}", text)}
                done = subprocess.run([PROGRAM, "check", "--config", str(file)], env=variables,
                                      capture_output=True, text=True, timeout=10)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("warning", done.stdout + done.stderr)
                seen += 1
        self.assertGreaterEqual(seen, 3)


if __name__ == "__main__":
    unittest.main()
