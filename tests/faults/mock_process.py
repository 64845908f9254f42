"""`inferway mock` as a process that can be killed, and what it must have answered."""

import json
import re
import subprocess

import e2e_path  # noqa: F401
from gateway_process import BINARY
from harness import Client, request

import content
from ledger import Checker


class MockProcess:
    def __init__(self, *options):
        self.options = options
        self.port = 0
        self.process = None
        self.start()

    def start(self):
        """On the port it had before, if it had one."""
        self.process = subprocess.Popen(
            [BINARY, "mock", "--listen", f"127.0.0.1:{self.port}", *self.options], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        self.port = int(re.search(r":(\d+)\s*$", line).group(1))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


class MockChecker(Checker):
    """The same question always gets the same text: a mock that nobody kills tells which."""

    def __init__(self, reference):
        self.reference = reference

    def text(self, request_id):
        with Client(self.reference.port) as client:
            body = self.question(request_id, False)
            client.send(request("POST", content.PATH, [("Content-Type", "application/json")], body))
            return json.loads(client.read_response().body)["choices"][0]["message"]["content"]

    def is_right(self, request_id, stream, payload):
        if not stream:
            return json.loads(payload)["choices"][0]["message"]["content"] == self.text(request_id)
        text, ends = text_of(payload)
        return ends == ["stop", "[DONE]"] and text == self.text(request_id)

    def is_beginning(self, request_id, stream, payload):
        return not stream or self.text(request_id).startswith(text_of(payload)[0])


def text_of(payload):
    """The text of the whole events of a stream, and what they say of its end."""
    text, ends = "", []
    for event in payload.split(b"\n\n")[:-1]:
        data = event.removeprefix(b"data: ").decode()
        if data == "[DONE]":
            ends.append(data)
            continue
        for choice in json.loads(data)["choices"]:
            text += choice["delta"].get("content") or ""
            if choice["finish_reason"]:
                ends.append(choice["finish_reason"])
    return text, ends
