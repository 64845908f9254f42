"""Lets the files here use what the end-to-end tests are written with (tests/e2e/harness.py)."""

import sys
from pathlib import Path

E2E = str(Path(__file__).resolve().parent.parent / "e2e")
if E2E not in sys.path:
    sys.path.append(E2E)
