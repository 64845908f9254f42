#!/usr/bin/python3
"""Runs the benchmark suite and writes results/latest.json and results/latest.md beside this file.

Load client and model double share one core, the proxy under test has another for itself. The contenders take turns, in
another order each round; ratios are taken within a round, and the median counts."""

import argparse
import datetime
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from suite import contenders, processes, report, scenarios, setup  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
os.environ["PATH"] += ":/usr/sbin:/sbin"  # where Debian keeps nginx and haproxy


def main():
    options = arguments()
    if options.docs:
        sys.exit(report.put_into_documents(HERE.parent, options.results))
    if options.list:
        sys.exit("\n".join(f"{one.name:15} {one.title}" for one in scenarios.SCENARIOS))
    if setup.core_count() < 2:
        sys.exit("bench: needs two cores: one for the load, one for the proxy")
    chosen = [one for one in scenarios.SCENARIOS if wanted(one, options)]
    if not chosen:
        sys.exit("bench: no such scenario; --list names them")
    os.sched_setaffinity(0, {0})  # this script too stays off the core that is measured
    with tempfile.TemporaryDirectory(prefix="inferway-bench-") as directory:
        build = pathlib.Path(options.build).resolve()
        bench = setup.Bench(
            inferway=build / "inferway", load=build / "bench/load/bench_load", model=build / "bench/load/bench_model",
            directory=pathlib.Path(directory), rounds=options.rounds, seconds=options.seconds,
            first_port=options.first_port, quick=options.quick, warm_ms=500 if options.quick else 1000,
            file_limit=processes.raise_file_limit(65536),
        )  # fmt: skip
        document = begin(bench, options)
        for one in chosen:
            document["scenarios"][one.name] = run(bench, one)
            report.write(options.results, document)
    print((options.results / "latest.md").read_text(encoding="utf-8"))
    sys.exit(1 if any("error" in document["scenarios"][one.name] for one in chosen) else 0)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where the programs are")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these scenarios; their results replace those in latest.json")
    parser.add_argument("--quick", action="store_true", help="a subset, in less than three minutes")
    parser.add_argument("--docs", action="store_true", help="measure nothing: put the last table into README.md and docs/performance.md")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    parser.add_argument("--rounds", type=int, default=None, help="5; quick: 3")
    parser.add_argument("--seconds", type=float, default=None, help="measured, for each contender in each round: 3; quick: 1.5")
    parser.add_argument("--first-port", type=int, default=18600)
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (1.5 if options.quick else 3)
    return options


def wanted(one, options):
    if options.only:
        return one.name in options.only
    return one.quick or not options.quick


def begin(bench, options):
    """The document to write: with --only, what other scenarios found stays in it."""
    document = {"scenarios": {}}
    old = options.results / "latest.json"
    if options.only and old.exists():
        document["scenarios"] = json.loads(old.read_text(encoding="utf-8"))["scenarios"]
    document["date"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    document["machine"] = report.machine()
    document["versions"] = contenders.versions(bench)
    document["how"] = {"rounds": options.rounds, "seconds": options.seconds, "quick": options.quick}
    return document


def run(bench, scenario):
    """The rows of a scenario, or the error that it failed with."""
    print(f"bench: {scenario.name} ...", end="", file=sys.stderr, flush=True)
    began = time.monotonic()
    found = {"title": scenario.title}
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(scenario.deadline)
    try:
        found["rows"] = [row.as_json() for row in scenario.run(bench)]
    except processes.Wrong as wrong:
        found["error"] = str(wrong)
    finally:
        signal.alarm(0)
    found["seconds"] = round(time.monotonic() - began, 1)
    print(f" {found['seconds']} s {found.get('error', '')}", file=sys.stderr)
    return found


def too_long(*_):
    raise processes.Wrong("took too long")


if __name__ == "__main__":
    main()
