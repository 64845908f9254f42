"""Where things are, and what the tests of this directory ask of more than one of them."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["INFERWAY"]
BUILD = os.environ["BUILD"]

sys.path.insert(0, str(ROOT / "scripts"))


def run(*words, **options):
    """(exit status, stdout, stderr)"""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def version():
    return re.search(r"project\(inferway VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]


def seconds(text):
    """Of 500ms, 10s, 11m, 1h."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


def default_drain():
    """As the reference page says."""
    return seconds(re.search(r"^\| `drain` \| `(\w+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE)[1])


def install(prefix, destdir=None):
    """`make install` without the build."""
    environment = {**os.environ, **({"DESTDIR": str(destdir)} if destdir else {})}
    status, out, errors = run("cmake", "--install", BUILD, "--prefix", prefix, "--strip", env=environment)
    assert status == 0, out + errors
