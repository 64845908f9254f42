"""What tests of a reload share."""

from harness import answer, answering


def naming(name):
    return answering(answer(body=name.encode()))
