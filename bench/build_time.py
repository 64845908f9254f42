#!/usr/bin/python3
"""How long the program takes to build on this machine, from nothing and after a change of one file, without ccache:
written to results/build.json, where the benchmark suite's table finds it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "build-time"
CHANGED = ROOT / "src" / "proxy" / "relay.cpp"  # large, with coroutines: none takes much longer


def main():
    os.environ["CCACHE_DISABLE"] = "1"
    shutil.rmtree(BUILD, ignore_errors=True)
    run("cmake", "--preset", "release", "-B", BUILD, "--log-level=NOTICE")
    found = {"clean_seconds": timed()}
    CHANGED.touch()
    found["incremental_seconds"] = timed()
    results = ROOT / "bench" / "results"
    results.mkdir(exist_ok=True)
    (results / "build.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(BUILD)
    print(f"clean: {found['clean_seconds']} s; {CHANGED.name} changed: {found['incremental_seconds']} s; {os.cpu_count()} cores")


def timed():
    began = time.monotonic()
    run("cmake", "--build", BUILD, "--target", "inferway")
    return round(time.monotonic() - began, 1)


def run(*command):
    ran = subprocess.run([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if ran.returncode != 0:
        sys.exit(ran.stdout.decode(errors="replace")[-3000:])


if __name__ == "__main__":
    main()
