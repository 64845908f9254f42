"""The project's own tree keeps its floors; and the check that says so notices when it does not."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

ROOMS = """\
# floor room kind
2 upper  io
1 beside io
1 lower  io
0 base   pure
"""
FACES = {
    "include/inferway/upper/face.hpp": "#pragma once\n",
    "include/inferway/beside/face.hpp": "#pragma once\n",
    "include/inferway/lower/face.hpp": "#pragma once\n",
    "include/inferway/base/face.hpp": "#pragma once\n",
    "src/lower/private.hpp": "#pragma once\n",
}

# name, file, its text, what the one error says (None: no error)
ROWS = [
    ("downward edge", "src/upper/a.cpp", '#include "inferway/lower/face.hpp"\n', None),
    ("own face", "src/lower/a.cpp", '#include "inferway/lower/face.hpp"\n', None),
    ("own private header", "src/lower/a.cpp", '#include "private.hpp"\n', None),
    ("upward edge", "src/lower/a.cpp", '#include "inferway/upper/face.hpp"\n', "upward edge"),
    ("upward edge of a face", "include/inferway/base/a.hpp", '#pragma once\n#include "inferway/lower/face.hpp"\n', "upward"),
    ("upward edge, spaced", "src/lower/a.cpp", '  #  include "inferway/upper/face.hpp"\n', "upward edge"),
    ("same floor", "src/lower/a.cpp", '#include "inferway/beside/face.hpp"\n', "sideways edge"),
    ("another room's private header", "src/upper/a.cpp", '#include "private.hpp"\n', "neither a face"),
    ("another room's private header by path", "src/upper/a.cpp", '#include "../lower/private.hpp"\n', "stay theirs"),
    ("own header in angle brackets", "src/upper/a.cpp", "#include <inferway/lower/face.hpp>\n", "quotes"),
    ("missing face", "src/upper/a.cpp", '#include "inferway/lower/gone.hpp"\n', "does not exist"),
    ("unknown room's face", "src/upper/a.cpp", '#include "inferway/attic/face.hpp"\n', "in no room"),
    ("file in an unknown room", "src/attic/a.cpp", "", "in no room"),
    ("asio in an I/O room", "src/lower/a.cpp", "#include <boost/asio/post.hpp>\n", None),
    ("asio in a pure room", "src/base/a.cpp", "#include <boost/asio/post.hpp>\n", "is pure"),
    ("thread in a pure room", "src/base/a.cpp", "#include <thread>\n", "is pure"),
    ("lock in a pure room", "src/base/a.cpp", "#include <mutex>\n", "is pure"),
    ("socket in a pure room", "src/base/a.cpp", "#include <sys/socket.h>\n", "is pure"),
    ("durations in a pure room", "src/base/a.cpp", "#include <chrono>\n", None),
    ("clock read in a pure room", "src/base/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "the time"),
    ("clock read in a comment", "src/base/a.cpp", "// not steady_clock::now()\n", None),
    ("clock read in an I/O room", "src/lower/a.cpp", "auto t = Clock::now();\n", None),
    ("iostream", "src/upper/a.cpp", "#include <iostream>\n", "used nowhere"),
    ("regex", "src/upper/a.cpp", "#include <regex>\n", "used nowhere"),
    ("all of asio", "src/upper/a.cpp", "#include <boost/asio.hpp>\n", "used nowhere"),
    ("no pragma once", "src/upper/a.hpp", "int x;\n", "#pragma once"),
    ("long file", "src/upper/a.cpp", "\n" * 350, None),
    ("too long file", "src/upper/a.cpp", "\n" * 351, "split it"),
    ("downward link", "src/upper/CMakeLists.txt", "inferway_room(upper SOURCES a.cpp\n  ROOMS lower base)\n", None),
    ("upward link", "src/lower/CMakeLists.txt", "inferway_room(lower SOURCES a.cpp ROOMS upper)\n", "upward edge"),
    ("link to no room", "src/lower/CMakeLists.txt", "inferway_room(lower ROOMS attic LIBRARIES x)\n", "no room"),
]


class LayersTest(unittest.TestCase):
    def test_every_include_of_the_project_goes_down(self):
        errors, warnings = layers.check(ROOT)
        for finding in warnings:
            print(f"warning: {finding}")
        self.assertEqual([], [str(finding) for finding in errors])

    def test_every_room_of_the_source_tree_is_in_rooms_txt(self):
        rooms = layers.read_rooms(ROOT)
        for below in ("src", "include/inferway"):
            for directory in (ROOT / below).iterdir():
                if directory.is_dir():
                    self.assertIn(directory.name, rooms, below)

    def test_each_row_is_caught_or_let_through(self):
        for name, file, text, want in ROWS:
            with self.subTest(name), tempfile.TemporaryDirectory() as root:
                write_tree(pathlib.Path(root), {"rooms.txt": ROOMS, **FACES, file: text})
                errors, _ = layers.check(root)
                self.assertEqual(0 if want is None else 1, len(errors), errors)
                if want is not None:
                    self.assertIn(want, str(errors[0]))
                    self.assertTrue(errors[0].place.startswith(file + ":"), errors[0])


def write_tree(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    unittest.main()
