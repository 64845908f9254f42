#!/usr/bin/env python3
"""dockerfile.py FILE STAGE: the steps of one stage (0, 1, ...), one a line, fields separated by tabs: what
container-check.sh carries out. dockerfile.py --context DIRECTORY: the files below it that a build is given, by .dockerignore.

Understands the kinds of instruction that docker/Dockerfile uses, and no others: no variables, no heredocs, no ADD."""

import json
import pathlib
import re
import shlex
import sys

KNOWN = ("FROM", "WORKDIR", "COPY", "RUN", "LABEL", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD")


def instructions(text):
    """[(NAME, arguments)]: comments gone, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines) + "\n")
    found = []
    for line in filter(str.strip, joined.splitlines()):
        name, _, rest = line.strip().partition(" ")
        if name not in KNOWN or "<<" in rest:
            raise ValueError(f"an instruction of another kind: {line}")
        found.append((name, rest.strip()))
    return found


def stages(text):
    """[{base, name, steps}]"""
    out = []
    for name, rest in instructions(text):
        if name == "FROM":
            image, *alias = re.fullmatch(r"(\S+)(?: AS (\S+))?", rest).groups()
            out.append({"base": image, "name": alias[0], "steps": []})
        else:
            out[-1]["steps"].append((name, rest))
    return out


def copies(rest):
    """(the stage copied from or None, sources, destination)"""
    words = rest.split()
    origin = words.pop(0).removeprefix("--from=") if words[0].startswith("--") else None
    return origin, words[:-1], words[-1]


def exec_form(rest):
    """The words of ["a", "b"]; ValueError for the shell form."""
    return json.loads(rest)


def health_command(rest):
    return exec_form(rest[rest.index("CMD ") + len("CMD "):])


def allowed(ignore_text):
    """What a .dockerignore that begins with * lets through again: names at the top of the tree."""
    lines = [line for line in ignore_text.splitlines() if line and not line.startswith("#")]
    if lines[0] != "*" or not all(re.fullmatch(r"![\w.-]+", line) for line in lines[1:]):
        raise ValueError(".dockerignore is not a list of what is let through")
    return {line[1:] for line in lines[1:]}


def fields(stage):
    for name, rest in stage["steps"]:
        if name == "COPY":
            origin, sources, destination = copies(rest)
            yield [name, origin or "-", destination, *sources]
        elif name in ("ENTRYPOINT", "CMD"):
            yield [name, shlex.join(exec_form(rest))]
        elif name == "HEALTHCHECK":
            yield [name, shlex.join(health_command(rest))]
        else:
            yield [name, rest]


def main(arguments):
    if arguments[0] == "--context":
        root = pathlib.Path(arguments[1])
        print(*sorted(allowed((root / ".dockerignore").read_text()) & {entry.name for entry in root.iterdir()}), sep="\n")
        return
    stage = stages(pathlib.Path(arguments[0]).read_text())[int(arguments[1])]
    for step in fields(stage):
        print(*step, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1:])
