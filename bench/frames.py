#!/usr/bin/env python3
"""The coroutines of the data path and the size of their frames, the largest first.

bench/frames.py [--build build/release] [--limit BYTES]

Each source file of these rooms that has a coroutine is compiled as the build does it, but to LLVM's text form: there, a
frame's size is the constant that its coroutine hands to Asio's allocator. A frame that the compiler places inside its
caller's does not appear. Asio keeps freed frames of up to 1,020 bytes for the next coroutine; a larger one is an
allocation each time. With --limit: fails when one is larger that is not named in LARGE."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOMS = ("server", "proxy")
# One for each request, WebSocket or connection, by choice: what is in them would have to be allocated otherwise.
LARGE = ()

ALLOCATION = re.compile(
    r"call .*@_ZN5boost4asio6detail16thread_info_base8allocateINS2_19awaitable_frame_tagE\w*\("
    r".*?, i64 noundef (\d+), i64 noundef \d+\).*!dbg !(\d+)"
)
METADATA = re.compile(r"^!(\d+) = (.*)$", re.MULTILINE)


def main():
    options = arguments()
    commands = json.loads((pathlib.Path(options.build) / "compile_commands.json").read_text(encoding="utf-8"))
    files = [entry for entry in commands if is_of_data_path(entry["file"])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        frames = set().union(*pool.map(frames_of, files))
    if not frames:
        sys.exit("no coroutine found: does Asio allocate frames by another function?")
    too_large = False
    for size, name in sorted(frames, key=lambda frame: (-frame[0], frame[1])):
        large = options.limit is not None and size > options.limit and not name.startswith(LARGE)
        too_large = too_large or large
        print(f"{size:6} {name}{f'   <- larger than {options.limit}' if large else ''}")
    return 1 if too_large else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="a configured build directory")
    parser.add_argument("--limit", type=int)
    return parser.parse_args()


def is_of_data_path(file):
    path = pathlib.Path(file)
    if path.parent.parent.name != "src" or path.parent.name not in ROOMS:
        return False
    return re.search(r"\bco_(await|return)\b", path.read_text(encoding="utf-8")) is not None


def frames_of(entry):
    """{(size, name)} of one source file."""
    with tempfile.NamedTemporaryFile(suffix=".ll") as text:
        command = re.sub(r" -flto=thin| -ffat-lto-objects| -o \S+ -c", "", entry["command"])
        command += f" -g -S -emit-llvm -o {text.name}"
        subprocess.run(command, shell=True, check=True, cwd=entry["directory"])
        module = pathlib.Path(text.name).read_text(encoding="utf-8")
    metadata = dict(METADATA.findall(module))
    found = [(int(size), coroutine(metadata, place)) for size, place in ALLOCATION.findall(module)]
    told = subprocess.run(
        ["llvm-cxxfilt-19"], input="\n".join(name for _, name in found), capture_output=True, text=True, check=True
    )
    return {(size, shorter(name)) for (size, _), name in zip(found, told.stdout.split("\n"))}


def coroutine(metadata, place):
    """The function at this place that is not itself inlined `operator new`: its linkage name."""
    while True:
        location = metadata[place]
        scope = metadata[reference(location, "scope")]
        while "DISubprogram(" not in scope:
            scope = metadata[reference(scope, "scope")]
        name = re.search(r'[( ]name: "([^"]*)"', scope).group(1)
        place = reference(location, "inlinedAt")
        if name != "operator new" or place is None:
            linkage = re.search(r'linkageName: "([^"]*)"', scope)
            return linkage.group(1) if linkage else name


def reference(node, field):
    match = re.search(field + r": !(\d+)", node)
    return match and match.group(1)


def shorter(name):
    """A C++ name without its template arguments."""
    before = None
    while before != name:
        before, name = name, re.sub(r"<[^<>]*>", "", name)
    return name


if __name__ == "__main__":
    sys.exit(main())
