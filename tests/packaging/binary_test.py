"""The program as it ships: what its file says about the defences that compiler and linker were asked for."""

import os
import platform
import re
import unittest

from project import PROGRAM, run


def readelf(*options):
    status, out, errors = run("readelf", "--wide", *options, PROGRAM)
    assert status == 0, errors
    return out


@unittest.skipUnless(os.environ["BUILD_TYPE"] == "Release", "only release builds are hardened")
class BinaryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dynamic = readelf("--dynamic")
        cls.segments = readelf("--segments")
        cls.symbols = readelf("--dyn-syms")

    def flags(self, segment):
        """R, RW, RWE of each segment of that kind."""
        found = re.findall(rf"^  {segment} +(?:0x\w+ +){{5}}([RWE ]{{3}}) ", self.segments, re.MULTILINE)
        return [flags.replace(" ", "") for flags in found]

    def test_it_is_loaded_anywhere(self):
        self.assertRegex(readelf("--file-header"), r"Type: +DYN \(Position-Independent Executable")
        self.assertRegex(self.dynamic, r"\(FLAGS_1\) .*\bPIE\b")
        self.assertNotIn("TEXTREL", self.dynamic)

    def test_what_the_linker_resolves_is_read_only_afterwards(self):
        self.assertRegex(self.dynamic, r"\(FLAGS\) .*\bBIND_NOW\b")
        self.assertRegex(self.dynamic, r"\(FLAGS_1\) .*\bNOW\b")
        self.assertEqual(len(self.flags("GNU_RELRO")), 1)

    def test_nothing_is_both_writable_and_executable(self):
        self.assertEqual(self.flags("GNU_STACK"), ["RW"])
        loaded = self.flags("LOAD")
        self.assertGreater(len(loaded), 2)
        self.assertIn("RE", loaded)
        self.assertNotIn("RWE", loaded)

    def test_it_looks_for_libraries_where_the_system_says(self):
        self.assertNotRegex(self.dynamic, r"\((RPATH|RUNPATH)\)")

    def test_stacks_have_canaries_and_buffers_are_checked(self):
        self.assertIn("__stack_chk_fail", self.symbols)
        self.assertRegex(self.symbols, r"__(memcpy|snprintf|vsnprintf|fprintf|read|poll|recv)_chk\b")

    @unittest.skipUnless(platform.machine() == "x86_64", "shadow stacks are x86's")
    def test_it_is_ready_for_shadow_stacks(self):
        self.assertRegex(readelf("--notes"), r"Properties: .*x86 feature:.*\bSHSTK\b")


if __name__ == "__main__":
    unittest.main(verbosity=2)
