"""`make install` puts exactly these files there, and nothing below /etc."""

import os
import pathlib
import shutil
import tempfile
import unittest

import project
from project import ROOT, run

FILES = {
    "bin/inferway": 0o755,
    "lib/systemd/system/inferway.service": 0o644,
    "lib/systemd/system/inferway.socket": 0o644,
    "share/bash-completion/completions/inferway": 0o644,
    "share/doc/inferway/LICENSE": 0o644,
    "share/doc/inferway/README.md": 0o644,
    "share/doc/inferway/SECURITY.md": 0o644,
    "share/doc/inferway/examples/demo.yaml": 0o644,
    "share/doc/inferway/examples/inferway.yaml": 0o644,
    "share/fish/vendor_completions.d/inferway.fish": 0o644,
    "share/man/man1/inferway.1": 0o644,
    "share/man/man5/inferway.yaml.5": 0o644,
    "share/zsh/site-functions/_inferway": 0o644,
}


def files_below(directory):
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


class InstallTest(unittest.TestCase):
    def setUp(self):
        self.destdir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-install-")))

    def test_exactly_these_files(self):
        project.install("/opt/inferway", self.destdir)
        documents = {f"share/doc/inferway/{page.relative_to(ROOT / 'docs')}" for page in (ROOT / "docs").rglob("*.md")}
        self.assertEqual(files_below(self.destdir), {f"opt/inferway/{name}" for name in {*FILES, *documents}})
        for name, mode in FILES.items():
            self.assertEqual((self.destdir / "opt/inferway" / name).stat().st_mode & 0o777, mode, name)

    def test_the_unit_names_the_place_without_destdir(self):
        project.install("/opt/inferway", self.destdir)
        unit = (self.destdir / "opt/inferway/lib/systemd/system/inferway.service").read_text()
        self.assertIn("ExecStart=/opt/inferway/bin/inferway serve ", unit)
        self.assertNotIn(str(self.destdir), unit)

    def test_what_is_installed_runs(self):
        project.install(self.destdir)
        self.assertEqual(run(self.destdir / "bin/inferway", "version")[1], f"inferway {project.version()}\n")
        example = self.destdir / "share/doc/inferway/examples/inferway.yaml"
        self.assertEqual(run(self.destdir / "bin/inferway", "check", "--config", example)[0], 0)

    def test_make_uninstall_removes_what_was_installed(self):
        project.install("/opt/inferway", self.destdir)
        # The Makefile's own recipe, on a build directory that holds nothing but the list.
        there = self.destdir / "tree"
        (there / "build/release").mkdir(parents=True)
        shutil.copy(pathlib.Path(project.BUILD) / "install_manifest.txt", there / "build/release/installed_files.txt")
        shutil.copy(ROOT / "Makefile", there)
        beside = self.destdir / "opt/inferway/bin/other"
        beside.touch()
        status, _, errors = run("make", "-C", there, "uninstall", f"DESTDIR={self.destdir}",
                                env={"PATH": os.environ["PATH"]})
        self.assertEqual(status, 0, errors)
        self.assertEqual(files_below(self.destdir / "opt"), {"inferway/bin/other"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
