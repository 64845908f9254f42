"""What servers of different leniency make of the same bytes. Bytes that all of them read alike smuggle nothing.

Each reader takes one liberty that servers took, or take; none of them refuses anything. They share no code with the
gateway."""

import re
from dataclasses import dataclass, replace

CUT = (b"cut",)  # stands behind what was whole


@dataclass(frozen=True)
class Liberty:
    line_end: bytes = rb"\r\n"
    length_first: bool = False  # Content-Length goes before Transfer-Encoding
    last: bool = False  # of fields that stand twice, the last one counts
    loose_names: bool = False  # "Content_Length", "Transfer-Encoding\x0b"
    loose_coding: bool = False  # whatever contains "chunked"
    folds: bool = False


RFC = Liberty()
READERS = {
    "as RFC 9112 has it": RFC,
    "the length goes first": replace(RFC, length_first=True),
    "the last field counts": replace(RFC, last=True),
    "an LF ends a line": replace(RFC, line_end=rb"\r?\n"),
    "a CR ends a line": replace(RFC, line_end=rb"\r\n|\n|\r"),
    "names are cleaned": replace(RFC, loose_names=True),
    "chunked anywhere": replace(RFC, loose_coding=True),
    "lines are unfolded": replace(RFC, folds=True),
    "all of it": Liberty(rb"\r?\n", True, True, True, True, True),
}


class Cut(Exception):
    """The bytes end inside a request."""


class _Reading:
    def __init__(self, data, liberty):
        self.data = data
        self.at = 0
        self.liberty = liberty

    def line(self):
        end = re.compile(self.liberty.line_end).search(self.data, self.at)
        if end is None:
            raise Cut
        line = self.data[self.at : end.start()]
        self.at = end.end()
        return line

    def take(self, size):
        taken = self.data[self.at : self.at + size]
        self.at += size
        if len(taken) < size:
            raise Cut
        return taken

    def fields(self):
        found = []
        while line := self.line():
            if line[:1] in b" \t" and found and self.liberty.folds:
                found[-1] = (found[-1][0], found[-1][1] + b" " + line.strip())
                continue
            name, _, value = line.partition(b":")
            name = name.lower()
            if self.liberty.loose_names:
                name = re.sub(rb"[^a-z0-9-]", b"", name.replace(b"_", b"-"))
            found.append((name, value.strip(b" \t")))
        return found

    def pick(self, fields, name):
        values = [value for key, value in fields if key == name]
        return values[-1 if self.liberty.last else 0] if values else None

    def chunks(self):
        body = b""
        while True:
            digits = re.match(rb"[0-9a-fA-F]*", self.line()).group()
            size = int(digits or b"0", 16)
            if size == 0:
                self.fields()
                return body
            body += self.take(size)
            self.line()

    def request(self):
        line = self.line()
        while not line:
            line = self.line()
        method, target = (line.split(None, 2) + [b"", b""])[:2]
        fields = self.fields()
        body = self.body(fields)
        return method, target, self.pick(fields, b"host"), b"" if body is None else body

    def answer(self):
        """(status, body). To GET."""
        line = self.line()
        while not line:
            line = self.line()
        status = (line.split(None, 2) + [b"", b""])[1]
        fields = self.fields()
        if status in (b"204", b"304") or status[:1] == b"1":
            return status, b""
        body = self.body(fields)
        if body is None:  # up to the connection's end
            body, self.at = self.data[self.at :], len(self.data)
        return status, body

    def body(self, fields):
        """None: no field says that there is one."""
        coding = self.pick(fields, b"transfer-encoding")
        length = self.pick(fields, b"content-length")
        chunked = coding is not None and (
            b"chunked" in coding.lower() if self.liberty.loose_coding else coding.lower() == b"chunked"
        )
        if chunked and not (length is not None and self.liberty.length_first):
            return self.chunks()
        if length is None:
            return None
        digits = re.match(rb"\+?(\d*)", length).group(1)
        return self.take(int(digits or b"0"))


def read(data, liberty=RFC, what=_Reading.request):
    """[(method, target, host, body)] as that reader sees them; CUT stands at the end where the last one is not whole."""
    reading = _Reading(bytes(data), liberty)
    messages = []
    while reading.data[reading.at :].strip(b"\r\n"):
        try:
            messages.append(what(reading))
        except Cut:
            messages.append(CUT)
            break
    return messages


def read_answers(data, liberty=RFC):
    """[(status, body)], likewise."""
    return read(data, liberty, _Reading.answer)


def disagreements(data, how=read):
    """The readers that see something else than RFC 9112 has it: none where the bytes are plain."""
    plain = how(data)
    return [name for name, liberty in READERS.items() if how(data, liberty) != plain]
