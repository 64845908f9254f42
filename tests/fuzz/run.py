#!/usr/bin/env python3
"""Runs fuzz targets, each for a while, and says how far they came.

    tests/fuzz/run.py --build build/fuzz --seconds 10 [--jobs 2] [TARGET...]

Each begins with its committed corpus (tests/fuzz/corpus) and with what earlier runs found (BUILD/corpus, outside of
git), to which it adds. What ends a target is kept in BUILD/findings; the run then fails. The table is printed at the
end: executions, their rate, and how much of the files that the target is about was covered, in edges.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Target: dictionary, longest input, the files whose coverage counts.
TARGETS = {
    "request_head": ("http", 4096, r"src/http/(request_head|head|field_section|field_id|syntax)\.cpp"),
    "response_head": ("http", 4096, r"src/http/(response_head|head|field_section|field_id|syntax)\.cpp"),
    "chunks": ("http", 4096, r"src/http/chunk_scanner\.cpp"),
    "events": ("events", 4096, r"src/http/(event_scanner|json_peek)\.cpp|src/dialect/(event_reader|classify)\.cpp"),
    "frames": ("frames", 4096, r"src/http/frame_scanner\.cpp"),
    "json_model": ("json", 8192, r"src/dialect/(json_model|json_walk|json_text|model_name|white_end)\.cpp"),
    "multipart_model": ("form", 8192, r"src/dialect/(multipart_model|form_part|parameters|model_name)\.cpp"),
    "target": ("http", 2048, r"src/http/target\.cpp"),
    "config": ("yaml", 4096, r"src/config/.*\.cpp|src/proxy/compiled_config\.cpp"),
    "presented_key": ("http", 2048, r"src/policy/presented_key\.cpp|src/proxy/upstream_head\.cpp"),
    "proxy_header": ("proxy", 4200, r"src/http/proxy_header(_v2)?\.cpp|src/base/ip_address\.cpp"),
    "websocket": ("http", 2048, r"src/http/websocket\.cpp"),
    "connection": ("http", 4096, r"src/(server|proxy|upstream|http|dialect|policy)/.*\.cpp"),
}

# A single input may take that long, in seconds: many times what the slowest takes under the sanitizers.
TIMEOUT = 20


def command(build, target, corpora, options):
    return [str(build / "tests" / "fuzz" / f"{target}_fuzz"), f"-timeout={TIMEOUT}", "-rss_limit_mb=2048", *options,
            *map(str, corpora)]


def run(arguments, directory):
    """Its exit status and what it said. A directory of its own for the sockets it makes."""
    environment = dict(os.environ, TMPDIR=str(directory), ASAN_OPTIONS="allocator_may_return_null=0",
                       UBSAN_OPTIONS="print_stacktrace=1")
    done = subprocess.run(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stderr.decode(errors="replace")


def covered(text, files):
    """Edges covered, and all edges, of the functions in these files, as -print_coverage=1 lists them."""
    met, edges = 0, 0
    for line in text.splitlines():
        found = re.match(r"\s*(?:UN)?COVERED_FUNC: hits: \d+ edges: (\d+)/(\d+) .* (\S+?):\d+", line)
        if found and re.search(files, found[3]):
            met += int(found[1])
            edges += int(found[2])
    return met, edges


def fuzz(build, target, seconds):
    dictionary, longest, files = TARGETS[target]
    seeds = HERE / "corpus" / target
    found = build / "corpus" / target
    findings = build / "findings"
    for directory in (found, findings):
        directory.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="inferway-fuzz-") as directory:
        options = [f"-max_total_time={seconds}", f"-max_len={longest}", f"-dict={HERE}/dictionaries/{dictionary}.dict",
                   f"-artifact_prefix={findings}/{target}-", "-print_final_stats=1"]
        status, text = run(command(build, target, [found, seeds], options), directory)
        took = time.monotonic() - started
        executions = re.search(r"number_of_executed_units: (\d+)", text)
        row = {"target": target, "failed": status != 0, "text": text, "seconds": took,
               "executions": int(executions[1]) if executions else 0, "covered": (0, 0)}
        if status == 0:
            _, text = run(command(build, target, [found, seeds], ["-runs=0", "-print_coverage=1"]), directory)
            row["covered"] = covered(text, files)
        return row


def print_table(rows):
    print(f"\n{'target':16} {'executions':>11} {'per second':>11} {'seconds':>8} {'edges':>13} {'covered':>8}")
    for row in rows:
        met, edges = row["covered"]
        share = f"{100 * met / edges:.1f} %" if edges else "-"
        rate = row["executions"] / max(row["seconds"], 1)
        print(f"{row['target']:16} {row['executions']:11,} {rate:11,.0f} {row['seconds']:8.0f} {f'{met}/{edges}':>13} "
              f"{'FAILED' if row['failed'] else share:>8}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("targets", nargs="*", default=[])
    arguments = parser.parse_args()
    targets = arguments.targets or list(TARGETS)
    for target in targets:
        if target not in TARGETS:
            parser.error(f"unknown target {target}; there are: {' '.join(TARGETS)}")
    if shutil.which("llvm-symbolizer-19"):
        os.environ.setdefault("ASAN_SYMBOLIZER_PATH", shutil.which("llvm-symbolizer-19"))

    rows = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for row in pool.map(lambda target: fuzz(arguments.build.resolve(), target, arguments.seconds), targets):
            rows.append(row)
            print(f"{row['target']}: {row['executions']:,} executions", flush=True)
            if row["failed"]:
                print("\n".join(row["text"].splitlines()[-80:]))
    print_table(rows)
    return 1 if any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
