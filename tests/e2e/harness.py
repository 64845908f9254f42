"""What the end-to-end tests are written with: from harness import Gateway, Backend, Client, ...

gateway_process.py  the real binary        model_backend.py  the model server behind it
raw_client.py       the client before it   waiting.py        bounded waiting

A test never sleeps to wait for something: it waits for the event, bounded; and every answer that matters is compared
byte by byte."""

import unittest

from gateway_process import Gateway, one_route, run_inferway, to_yaml  # noqa: F401
from model_backend import (  # noqa: F401
    Backend,
    Connection,
    Request,
    answer,
    answering,
    close_delimited_answer,
    json_answer,
    openai_chunk,
    sse_answer,
    sse_event,
    sse_head,
    unused_port,
)
from raw_client import Client, ConnectionEnded, Response, chunk, chunked, request  # noqa: F401
from waiting import PATIENCE, eventually  # noqa: F401


def main():
    """The end of each test file."""
    unittest.main(verbosity=2)
