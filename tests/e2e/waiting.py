"""Bounded waiting: no test sleeps for an event, it asks for it until a deadline."""

import time

PATIENCE = 10.0  # seconds; reaching it is always a failure, so a loaded machine gets plenty


def eventually(check, timeout=5.0, what=None):
    """The first true value of check(), asked again and again; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause = 0.001
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout} s: {what or getattr(check, '__name__', check)}")
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
