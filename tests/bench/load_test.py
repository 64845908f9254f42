#!/usr/bin/python3
"""The benchmark suite's load client against its model double: what is right is counted, and every kind of wrong answer
is noticed. A benchmark that does not see wrong answers measures how fast they are given."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAMS = pathlib.Path(os.environ["BENCH_PROGRAMS"])
FILES = {
    "chat": b'{"model":"model-%%%%%%","messages":[]}',
    "chat-changed": b'{"model":"model-%%%%%%","messages":{}}',
    "answer": b'{"text":"as it should be"}',
    "answer-changed": b'{"text":"as it shouldn\'t"}',
    "answer-cut": b'{"text":"as it should be"',
    "block": bytes(range(256)) * 4096,
    "block-changed": bytes(range(256)) * 4095 + bytes(256),
}
CHAT = "requests --body chat --answer answer --models 10"
ROWS = [  # name, the model double, the load client, whether its answers are right
    ("closed_load", "reply --body chat --answer answer", CHAT, True),
    ("open_load", "reply --body chat --answer answer", CHAT + " --rate 1000", True),
    ("download", "reply --answer block --answer-repeats 3", "requests --method GET --answer block --answer-repeats 3", True),
    ("upload", "reply --body block --answer answer", "requests --body block --answer answer --connections 4", True),
    ("paced_streams", "stream --body chat --events 5 --interval-ms 10", "streams --body chat --events 5", True),
    ("unpaced_streams", "stream --body chat --events 500", "streams --body chat --events 500", True),
    ("messages", "echo", "messages --connections 4", True),
    ("answer_changed", "reply --body chat --answer answer-changed", CHAT, False),
    ("answer_cut", "reply --body chat --answer answer-cut", CHAT, False),
    ("request_changed", "reply --body chat-changed --answer answer", CHAT, False),
    ("download_changed", "reply --answer block-changed", "requests --method GET --answer block", False),
    ("upload_changed", "reply --body block-changed --answer answer", "requests --body block --answer answer", False),
    ("one_event_too_many", "stream --body chat --events 6", "streams --body chat --events 5", False),
    ("one_event_too_few", "stream --body chat --events 4", "streams --body chat --events 5", False),
    ("no_stream", "reply --body chat --answer answer", "streams --body chat --events 5", False),
    ("not_upgraded", "reply --answer answer", "messages --connections 4", False),
]


class LoadTest(unittest.TestCase):
    def test_right_answers_are_counted_and_wrong_ones_noticed(self):
        with tempfile.TemporaryDirectory() as directory:
            for name, content in FILES.items():
                (pathlib.Path(directory) / name).write_bytes(content)
            for name, model, load, right in ROWS:
                with self.subTest(name):
                    found = run(directory, model, load)
                    self.assertEqual(found["errors"] == 0, right, found)
                    self.assertTrue(found["count"] > 0 or not right, found)


def run(directory, model, load):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    double = subprocess.Popen([PROGRAMS / "bench_model", *model.split(), "--port", port], cwd=directory)
    try:
        await_listening(port)
        times = ["--warm-ms", "50", "--measured-ms", "150"]
        command = [PROGRAMS / "bench_load", *load.split(), "--port", port, *times]
        ran = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=True)
        return json.loads(ran.stdout.splitlines()[-1])
    finally:
        double.kill()
        double.wait()


def await_listening(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                return
    raise RuntimeError("the model double does not listen")


if __name__ == "__main__":
    unittest.main()
