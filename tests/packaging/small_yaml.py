"""The part of YAML that compose files here are written in: mappings and lists by indentation, [flow, lists] of scalars,
quoted and plain scalars, comments. Anything else is a ValueError, so that no test reads something that is not there."""

import re


def load(text):
    lines = []
    for line in text.splitlines():
        bare = re.sub(r"(^|\s)#.*$", "", line).rstrip()
        if bare:
            lines.append((len(bare) - len(bare.lstrip()), bare.lstrip()))
    value, rest = _block(lines)
    if rest:
        raise ValueError(f"indentation: {rest[0]}")
    return value


def _block(lines):
    indent, first = lines[0]
    if first.startswith("- "):
        items = []
        while lines and lines[0][0] == indent:
            items.append(_scalar(lines[0][1].removeprefix("- ")))
            lines = lines[1:]
        return items, lines
    mapping = {}
    while lines and lines[0][0] == indent:
        found = re.fullmatch(r"([\w-]+):(?: (.*))?", lines[0][1])
        if not found or found[1] in mapping:
            raise ValueError(f"no mapping, or a key given twice: {lines[0][1]}")
        lines = lines[1:]
        if found[2]:
            mapping[found[1]] = _scalar(found[2].strip())
        else:
            if not lines or lines[0][0] <= indent:
                raise ValueError(f"{found[1]} has no value")
            mapping[found[1]], lines = _block(lines)
    return mapping, lines


def _scalar(text):
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(item.strip()) for item in text[1:-1].split(",")]
    if text.startswith('"') and text.endswith('"') and '"' not in text[1:-1]:
        return text[1:-1]
    if text[0] in "[]{}&*!|>'\"%@`" or ": " in text:
        raise ValueError(f"another kind of value: {text}")
    return text
