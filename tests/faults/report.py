#!/usr/bin/env python3
"""Prints, per fault, how many requests there were and how they ended, with HAProxy beside it where that is installed.

tests/faults/report.py --inferway build/release/inferway [--requests 48] [--only TEXT]"""

import argparse
import os
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inferway", default=os.environ.get("INFERWAY", "build/release/inferway"))
    parser.add_argument("--requests", type=int, default=48, help="for each fault that is met one request at a time")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    return parser.parse_args()


OPTIONS = arguments()
os.environ["INFERWAY"] = os.path.abspath(OPTIONS.inferway)  # read by the harness when it is imported

# pylint: disable=wrong-import-position
import catalogue  # noqa: E402
import scenarios  # noqa: E402
from gateways import HAPROXY, Haproxy, inferway  # noqa: E402
from ledger import KINDS  # noqa: E402

HEADINGS = ("requests", "right", "clear err.", "cut", "hung", "truncated")
MUST_BE_ZERO = ("hung", "truncated")


def rows():
    """(name, what is run with a front)"""
    for fault in catalogue.ALL:
        yield fault.name, lambda front, fault=fault: scenarios.meet(fault, front, OPTIONS.requests)
    yield "JSON cut at every byte", lambda front: scenarios.cut_everywhere(False, front)
    yield "stream cut at every byte", lambda front: scenarios.cut_everywhere(True, front)
    yield "1,000 POSTs, idle ones closed", scenarios.close_idle_at_random
    yield "kill -9 under load", scenarios.kill_under_load


def figures(ledger):
    counts = ledger.count()
    return [len(ledger.outcomes), *(counts[kind] for kind in KINDS)]


def line(name, *columns):
    return f"{name:<32}" + "  |".join("".join(f"{value:>11}" for value in column) for column in columns)


def main():
    fronts = [("Inferway", inferway)]
    if HAPROXY:
        fronts.append((f"HAProxy {Haproxy.version()}", Haproxy))
    else:
        print("haproxy is not installed: Inferway alone", file=sys.stderr)
    print(" " * 32 + "  |".join(f"{name:^66}" for name, _ in fronts))
    print(line("fault", *(HEADINGS for _ in fronts)))
    lost = 0
    for name, run in rows():
        if OPTIONS.only not in name:
            continue
        ledgers = [run(front) for _, front in fronts]
        print(line(name, *(figures(ledger) for ledger in ledgers)), flush=True)
        lost += sum(ledgers[0].count()[kind] for kind in MUST_BE_ZERO)
        if sum(ledgers[0].count()[kind] for kind in MUST_BE_ZERO):
            print(ledgers[0].examples(*MUST_BE_ZERO), file=sys.stderr)
    print("cut: connection or framing breaks off, as any HTTP library reports; truncated: it looks whole, and is not")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
