"""What all scenarios share: programs, cores, ports, how long and how often, and the files with bodies and answers."""

import dataclasses
import os
import pathlib
import socket

HEAD = '{"model":"model-%%%%%%","messages":[{"role":"user","content":"'
TAIL = '"}],"temperature":0.7,"max_tokens":64}'
ANSWER_HEAD = '{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"'
ANSWER_TAIL = '"},"finish_reason":"stop"}],"usage":{"prompt_tokens":80,"completion_tokens":60,"total_tokens":140}}'
MIB = 1 << 20


@dataclasses.dataclass
class Bench:
    inferway: pathlib.Path
    load: pathlib.Path
    model: pathlib.Path
    directory: pathlib.Path
    rounds: int
    seconds: float
    first_port: int
    load_core: str = "0"
    proxy_core: str = "1"
    file_limit: int = 1024
    quick: bool = False
    warm_ms: int = 1000

    def port(self):
        """A port nobody listens on."""
        while True:
            self.first_port += 1
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if probe.connect_ex(("127.0.0.1", self.first_port)) != 0:
                    return self.first_port

    def connections(self):
        """How many clients a proxy can have: two descriptors each, and some for itself."""
        return (self.file_limit - 200) // 2

    def write(self, name, content):
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def chat_body(self):
        """400 B; the digits of the model are the load client's to fill in."""
        return self.write("chat-body", filled(HEAD, TAIL, 400, "Summarise the following paragraph in one sentence. "))

    def chat_answer(self):
        return self.write("chat-answer", filled(ANSWER_HEAD, ANSWER_TAIL, 600, "A sentence that says it all. "))

    def large_json(self, model_first):
        """1 MiB of a request, its model in front of the messages or behind them."""
        model = "model-000003"
        head, tail = HEAD.replace("model-%%%%%%", model), TAIL
        if not model_first:
            head, tail = '{"messages":[{"role":"user","content":"', f'"}}],"temperature":0.7,"model":"{model}"}}'
        text = r"The quick brown fox jumps over the lazy dog; he said: \"and went on.\"\n"
        return self.write("json-first" if model_first else "json-last", filled(head, tail, MIB, text))

    def binary_block(self):
        """1 MiB that no one could take for text; repeated, it is a long upload or download."""
        return self.write("block", bytes((i * 7 + i // 251) % 256 for i in range(MIB)).replace(b"%", b"&"))


def filled(head, tail, size, text):
    """Exactly so many bytes: head, the text over and over, tail. No escape in the text is cut in two."""
    room = size - len(head) - len(tail)
    return head + text * (room // len(text)) + "." * (room % len(text)) + tail


def core_count():
    return len(os.sched_getaffinity(0))
