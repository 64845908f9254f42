"""Figures that other targets find out, because they take long or need no quiet machine: shown when they are there."""

import json
import pathlib

from ..figures import Row

RESULTS = pathlib.Path(__file__).resolve().parents[2] / "results"
INSTRUCTIONS = {
    "small_chat_request": ("small chat request", 15_000),
    "sse_chunk": ("SSE chunk", 4_000),
    "json_body_64_kib": ("64 KiB JSON body", None),
}
BUILD = {"clean_seconds": ("clean release build", 180), "incremental_seconds": ("one .cpp changed, and linked", 15)}


def instructions(_bench):
    """What `make bench-instructions` wrote."""
    return recorded("instructions.json", INSTRUCTIONS, "user-space instructions", "callgrind", "")


def build_time(_bench):
    """What `make bench-build` wrote."""
    return recorded("build.json", BUILD, "build time", "wall clock, without ccache", " s")


def recorded(name, known, work, note, unit):
    path = RESULTS / name
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    return [
        Row(work, figure, [found[key]], target, unit=unit, note=note) for key, (figure, target) in known.items() if key in found
    ]
