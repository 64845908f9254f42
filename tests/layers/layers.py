"""What may include what: reads rooms.txt, every #include below include/ and src/, and the rooms' link lines.

Used by layers_test.py; run alone, it prints the violations of a source tree and exits with 1 when there are any:
    python3 tests/layers/layers.py [ROOT]
"""

import dataclasses
import pathlib
import re
import sys

MAX_LINES = 350  # of a file; style asks for 300, which warns
WARN_LINES = 300

INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<open>[<"])(?P<path>[^>"]+)[>"]')
LINKED_ROOMS = re.compile(r"inferway_room\((?P<room>\w+)(?P<arguments>[^)]*)\)", re.DOTALL)

# In no room: they cost seconds a file, or start-up and code size, for what the project does not need.
FORBIDDEN_EVERYWHERE = re.compile(r"^(iostream|regex|boost/asio\.hpp|boost/beast\.hpp|boost/regex.*)$")
# In no pure room: Asio, threads and locks, sockets, and the clock ("now" is an argument there).
FORBIDDEN_IN_PURE = re.compile(
    r"^(boost/(asio|beast|thread|fiber|coroutine)\b.*"
    r"|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|coroutine|pthread\.h"
    r"|sys/(socket|epoll|eventfd|select|poll|time|timerfd|un|uio)\.h|poll\.h|netdb\.h|netinet/.*|arpa/inet\.h|unistd\.h"
    r"|ctime|time\.h)$"
)
CLOCK_READ = re.compile(r"\b(Clock|\w+_clock)\s*::\s*now\s*\(|\bclock_gettime\s*\(|\bgettimeofday\s*\(")


@dataclasses.dataclass(frozen=True)
class Room:
    floor: int
    name: str
    pure: bool


@dataclasses.dataclass(frozen=True)
class Finding:
    place: str  # file:line, relative to the root
    text: str

    def __str__(self):
        return f"{self.place}: {self.text}"


def read_rooms(root):
    rooms = {}
    for number, line in enumerate((root / "rooms.txt").read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        floor, name, kind = words
        if name in rooms or kind not in ("pure", "io"):
            raise ValueError(f"rooms.txt:{number}: a room twice, or neither pure nor io: {line}")
        rooms[name] = Room(int(floor), name, kind == "pure")
    return rooms


def check(root):
    """All (errors, warnings) of the tree, in file order."""
    root = pathlib.Path(root)
    rooms = read_rooms(root)
    errors, warnings = [], []
    for path in sorted([*root.glob("include/**/*.*pp"), *root.glob("src/**/*.*pp")]):
        name = path.relative_to(root).as_posix()
        room = room_of(name, rooms)
        if room is None:
            errors.append(Finding(f"{name}:1", "lies in no room of rooms.txt"))
            continue
        lines = path.read_text().splitlines()
        errors += check_lines(root, name, room, rooms, lines)
        if len(lines) > WARN_LINES:
            found = errors if len(lines) > MAX_LINES else warnings
            found.append(Finding(f"{name}:{len(lines)}", f"{len(lines)} lines (one idea in {WARN_LINES}): split it by idea"))
    for path in sorted(root.glob("src/*/CMakeLists.txt")):
        errors += check_links(path.relative_to(root).as_posix(), path.read_text(), rooms)
    return errors, warnings


def room_of(name, rooms):
    parts = name.removeprefix("include/inferway/").removeprefix("src/").split("/")
    return rooms.get(parts[0]) if len(parts) > 1 else None


def check_lines(root, name, room, rooms, lines):
    found = []
    if name.endswith(".hpp") and "#pragma once" not in lines:
        found.append(Finding(f"{name}:1", "no #pragma once"))
    for number, line in enumerate(lines, 1):
        place = f"{name}:{number}"
        include = INCLUDE.match(line)
        if include:
            text = check_include(root, name, room, rooms, include["open"], include["path"])
            if text:
                found.append(Finding(place, text))
        elif room.pure and CLOCK_READ.search(line.split("//")[0]):
            found.append(Finding(place, f"{room.name} is pure: it is handed the time, it does not read a clock"))
    return found


def check_include(root, name, room, rooms, opened, path):
    """What is wrong with one #include, or None."""
    if path.startswith("inferway/"):
        if opened == "<":
            return f"own headers are included with quotes: {path}"
        target = room_of("include/" + path, rooms)
        if target is None:
            return f"{path} lies in no room of rooms.txt"
        if not (root / "include" / path).is_file():
            return f"{path} does not exist"
        return check_edge(room, target, path)
    if opened == '"':
        if ".." in path.split("/"):
            return f"{path}: the private headers of other rooms stay theirs"
        if not (root / "src" / room.name / path).is_file():
            return f"{path} is neither a face (inferway/<room>/...) nor a private header of {room.name}"
        return None
    if FORBIDDEN_EVERYWHERE.match(path):
        return f"<{path}> is used nowhere"
    if room.pure and FORBIDDEN_IN_PURE.match(path):
        return f"{room.name} is pure: no <{path}>"
    return None


def check_edge(room, target, what):
    if target.name == room.name or target.floor < room.floor:
        return None
    way = "sideways" if target.floor == room.floor else "upward"
    return f"{way} edge: {room.name} (floor {room.floor}) uses {target.name} (floor {target.floor}): {what}"


def check_links(name, text, rooms):
    """The libraries a room links must follow the same floors, or a declaration written by hand gets around them."""
    found = []
    text = "\n".join(line.split("#")[0] for line in text.splitlines())
    for call in LINKED_ROOMS.finditer(text):
        room = rooms.get(call["room"])
        if room is None:
            found.append(Finding(f"{name}:1", f"{call['room']} is no room of rooms.txt"))
            continue
        words = call["arguments"].split()
        linked = words[words.index("ROOMS") + 1 :] if "ROOMS" in words else []
        for word in linked:
            if word in ("SOURCES", "LIBRARIES"):
                break
            edge = check_edge(room, rooms[word], "linked") if word in rooms else f"{word} is no room of rooms.txt"
            if edge:
                found.append(Finding(f"{name}:1", edge))
    return found


def main():
    errors, warnings = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    for finding in warnings:
        print(f"warning: {finding}")
    for finding in errors:
        print(f"error: {finding}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
