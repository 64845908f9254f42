#!/usr/bin/env python3
"""Prints, per family of hostile requests and answers, what Inferway, nginx and HAProxy do with them.

tests/hostile/report.py --inferway build/release/inferway [--only TEXT] [--list] [--write docs/strictness.md]"""

import argparse
import concurrent.futures
import os
import socket
import sys
import time
from pathlib import Path


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inferway", default=os.environ.get("INFERWAY", "build/release/inferway"))
    parser.add_argument("--only", default="", help="families whose name contains this")
    parser.add_argument("--alone", action="store_true", help="Inferway alone")
    parser.add_argument("--list", action="store_true", help="also what became of each case")
    parser.add_argument("--write", help="the file that holds the table between its markers")
    return parser.parse_args()


OPTIONS = arguments()
os.environ["INFERWAY"] = os.path.abspath(OPTIONS.inferway)  # read by the harness when it is imported

# pylint: disable=wrong-import-position
import e2e_path  # noqa: E402, F401
import hostile_answers  # noqa: E402
import hostile_bodies  # noqa: E402
import hostile_heads  # noqa: E402
import smuggling_test  # noqa: E402
from fronts import all_fronts  # noqa: E402
from readers import CUT, READERS, disagreements, read, read_answers  # noqa: E402
from recording_backend import OK, RecordingBackend  # noqa: E402

QUIET = 0.3  # so long nothing comes: that was all
REFUSED, PLAIN, DOUBTFUL = "refused", "read alike", "read differently"
OUTCOMES = (REFUSED, PLAIN, DOUBTFUL)
BEGIN, END = "<!-- hostile: begin -->", "<!-- hostile: end -->"

REQUEST = b"GET /first HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
SECOND = b"GET /second HTTP/1.1\r\nHost: gateway.test\r\n\r\n"


def families():
    """(name, how its cases are judged, {case: bytes})"""
    for name, cases in {**hostile_heads.HEADS, **hostile_bodies.BODIES}.items():
        yield name, judge_request, cases
    yield "in order, but misleading", judge_request, {name: row.raw for name, row in smuggling_test.ROWS.items()}
    for name, cases in hostile_answers.ANSWERS.items():
        yield f"answers: {name}", judge_answer, cases
    behind = {name: raw for name, (method, raw, _) in hostile_answers.OVERLONG.items() if method == "GET"}
    yield "answers: bytes behind", judge_answer, behind


def converse(port, raw):
    """Sends it and reads until the connection ends or is quiet."""
    got = b""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(QUIET)
        try:
            client.sendall(raw)
            while True:
                data = client.recv(65536)
                if not data:
                    return got
                got += data
        except OSError:  # TimeoutError is one
            return got


def judge_request(front, backend, raw):
    """By what reached the backend: nothing whole for any reader, the same for all, or not."""
    converse(front.port, raw)
    received = backend.received()
    if not any(set(read(data, liberty)) - {CUT} for data in received for liberty in READERS.values()):
        return REFUSED
    return DOUBTFUL if any(disagreements(data) for data in received) else PLAIN


def judge_answer(front, backend, raw):
    """By what the client got: an error of the front's own, the same for all readers, or not. And whoever asks next
    has to get its own answer."""
    backend.answer = raw
    got = converse(front.port, REQUEST)
    backend.answer = OK
    second = converse(front.port, SECOND)
    if final_answers(second) not in ([(b"200", b"ok")], []):
        return DOUBTFUL
    final = final_answers(got)
    if not final or final[0] == CUT or final[0][0] in (b"502", b"500", b"503", b"504"):
        return REFUSED
    return DOUBTFUL if disagreements(got, read_answers) or len(final) > 1 else PLAIN


def final_answers(data):
    return [one for one in read_answers(data) if one[0][:1] != b"1"] if b"HTTP/" in data else []


def run(make):
    """{family: {case: outcome}} for one front."""
    found = {}
    with RecordingBackend() as backend, make(backend.port) as front:
        for name, judge, cases in families():
            if OPTIONS.only not in name:
                continue
            found[name] = {}
            for case, raw in cases.items():
                found[name][case] = judge(front, backend, raw)
                backend.forget()
    return found


def table(names, results):
    lines = ["| family | cases | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for family in results[0]:
        cells = []
        for result in results:
            outcomes = list(result[family].values())
            counts = [(outcomes.count(outcome), outcome) for outcome in OUTCOMES]
            cells.append(", ".join(f"{count} {outcome}" for count, outcome in counts if count))
        lines.append(f"| {family} | {len(results[0][family])} | " + " | ".join(cells) + " |")
    totals = [[outcome for family in result.values() for outcome in family.values()] for result in results]
    cells = [", ".join(f"{total.count(outcome)} {outcome}" for outcome in OUTCOMES) for total in totals]
    lines.append(f"| all | {len(totals[0])} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(path, text):
    file = Path(path)
    before, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    file.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main():
    fronts = all_fronts()[: 1 if OPTIONS.alone else None]
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(fronts)) as pool:
        results = list(pool.map(lambda front: run(front[1]), fronts))
    names = [name for name, _ in fronts]
    text = table(names, results)
    print(text)
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    for family, cases in results[0].items() if OPTIONS.list else ():
        for case in cases:
            print(f"{family}: {case}: " + ", ".join(result[family][case] for result in results))
    if OPTIONS.write:
        write(OPTIONS.write, text)
    doubtful = [case for cases in results[0].values() for case, outcome in cases.items() if outcome == DOUBTFUL]
    if doubtful:
        print("passed on by Inferway, and read differently:", *doubtful, sep="\n  ", file=sys.stderr)
    return 1 if doubtful else 0


if __name__ == "__main__":
    sys.exit(main())
