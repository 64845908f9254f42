#!/usr/bin/env python3
"""Counts the gateway's user-space instructions for a fixed mix of work and compares them with a committed baseline.

bench/instructions/instructions.py --inferway build/release/inferway [--update] [--results FILE]

Needs valgrind, but no quiet machine: instructions are the same however slow they run. Each figure is the median of a
few rounds after a warm-up, for one gateway thread with access log and metrics on:

  small_chat_request  a request of 400 B and an answer of 620 B on kept connections, route by exact model among ten
  sse_chunk           an event of 234 B on one of 20 open streams
  json_body_64_kib    a request like the first with 64 KiB

A figure that rose by more than TOLERANCE fails; --update makes today's figures the baseline."""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

from callgrind import Gateway
from load import MODELS, Load

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
TOLERANCE = 0.05
ROUNDS = 7


def main():
    options = arguments()
    figures = measure(os.path.abspath(options.inferway))
    if options.results:
        pathlib.Path(options.results).parent.mkdir(parents=True, exist_ok=True)
        write(options.results, figures)
    if options.update:
        write(BASELINE, figures)
        print(f"{BASELINE} is written; commit it with the change that explains it")
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    return 0 if compare(figures, baseline) else 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inferway", default="build/release/inferway", help="the program as it ships")
    parser.add_argument("--update", action="store_true", help="make today's figures the baseline")
    parser.add_argument("--results", help="write the figures to this JSON file, too")
    return parser.parse_args()


def measure(program):
    load = Load()
    with tempfile.TemporaryDirectory(prefix="inferway-instructions-") as directory:
        gateway = Gateway(program, directory, load.backend_port, MODELS)
        try:
            load.connect(gateway.port)
            figures = {"small_chat_request": per_piece(gateway, 200, lambda count: load.chats(count, 400))}
            load.open_streams()
            figures["sse_chunk"] = per_piece(gateway, 400, load.chunks)
            load.close_streams()
            figures["json_body_64_kib"] = per_piece(gateway, 40, lambda count: load.chats(count, 64 * 1024))
            return figures
        finally:
            gateway.close()
            load.close()


def per_piece(gateway, count, work):
    """Instructions for one of the `count` pieces of work(count). The median: now and then the log's thread writes a
    few lines in the next round, or in one go."""
    work(count)
    gateway.instructions()
    rounds = []
    for _ in range(ROUNDS):
        work(count)
        rounds.append(gateway.instructions() / count)
    return round(statistics.median(rounds))


def compare(figures, baseline):
    """Prints all; False when one rose too far."""
    if figures.keys() != baseline.keys():
        print("FAILED: the baseline is of other figures: `make bench-instructions-baseline`")
        return False
    risen = []
    print(f"{'user-space instructions':24} {'now':>9} {'baseline':>9}")
    for name, now in figures.items():
        was = baseline[name]
        change = now / was - 1
        print(f"{name:24} {now:9,} {was:9,} {change:+8.1%}")
        if change > TOLERANCE:
            risen.append(f"{name} rose from {was:,} to {now:,} instructions ({change:+.1%})")
        elif change < -TOLERANCE:
            print(f"  fell by more than {TOLERANCE:.0%}: `make bench-instructions-baseline` keeps what is won")
    for line in risen:
        print(f"FAILED: {line}; up to {TOLERANCE:+.0%} is let pass.")
    if risen:
        print("If it is worth that: `make bench-instructions-baseline`, and say why in the commit.")
    return not risen


def write(path, figures):
    pathlib.Path(path).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
