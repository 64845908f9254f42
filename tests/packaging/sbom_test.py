"""The list of what is inside the program: what SPDX 2.3 requires is there, and so is each library that the program asks for."""

import json
import os
import pathlib
import re
import unittest

from project import BUILD, PROGRAM, ROOT, run

SCRIPT = ROOT / "scripts/sbom.py"
OF_A_PACKAGE = {"SPDXID", "name", "versionInfo", "supplier", "downloadLocation", "licenseConcluded", "licenseDeclared",
                "copyrightText"}


def make(epoch="1700000000"):
    status, out, errors = run(SCRIPT, "--build", BUILD, env={**os.environ, "SOURCE_DATE_EPOCH": epoch})
    assert status == 0, errors
    return out


class SbomTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = make()
        cls.document = json.loads(cls.text)
        cls.packages = {package["name"]: package for package in cls.document["packages"]}

    def related(self, kind):
        found = [r["relatedSpdxElement"] for r in self.document["relationships"] if r["relationshipType"] == kind]
        return {package["name"] for package in self.document["packages"] if package["SPDXID"] in found}

    def test_the_same_program_gives_the_same_bytes(self):
        self.assertEqual(make(), self.text)
        self.assertNotEqual(json.loads(make("1700000001"))["documentNamespace"], self.document["documentNamespace"])

    def test_the_document_has_what_the_specification_requires(self):
        document = self.document
        self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(document["documentNamespace"], r"^https://[\w./-]+$")
        self.assertEqual(document["creationInfo"]["created"], "2023-11-14T22:13:20Z")
        self.assertRegex(document["creationInfo"]["creators"][0], r"^Tool: \S+$")
        self.assertEqual(self.related("DESCRIBES"), {"inferway"})

    def test_each_package_has_what_the_specification_requires(self):
        for name, package in self.packages.items():
            with self.subTest(package=name):
                self.assertEqual(OF_A_PACKAGE - set(package), set())
                self.assertRegex(package["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
                self.assertIs(package["filesAnalyzed"], False)
                self.assertRegex(package["supplier"], r"^(Organization: .+|NOASSERTION)$")
                self.assertRegex(package["licenseDeclared"], r"^[A-Za-z0-9.-]+( WITH [A-Za-z0-9.-]+)?$")
                for reference in package.get("externalRefs", []):
                    self.assertRegex(reference["referenceLocator"], rf"^pkg:deb/debian/{re.escape(name)}@[^?]+\?arch=\w+")

    def test_names_are_given_once_and_lead_somewhere(self):
        names = [package["SPDXID"] for package in self.document["packages"]]
        self.assertEqual(len(names), len(set(names)))
        for relationship in self.document["relationships"]:
            self.assertIn(relationship["spdxElementId"], [*names, "SPDXRef-DOCUMENT"])
            self.assertIn(relationship["relatedSpdxElement"], names)

    def test_every_library_that_the_program_needs_is_in_it(self):
        _, dynamic, _ = run("readelf", "--dynamic", "--wide", PROGRAM)
        needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic))
        self.assertGreater(len(needed), 3)
        linked = self.related("DYNAMIC_LINK")
        listed = {soname for name in linked
                  for soname in self.packages[name]["comment"].removeprefix("shared libraries: ").split(", ")}
        self.assertEqual(needed - listed, set())
        # Those of the libraries, too: all that is in the process.
        loaded = {pathlib.Path(name).name for name in re.findall(r"^\s*(\S+) (?:=> /|\(0x)", run("ldd", PROGRAM)[1], re.MULTILINE)}
        self.assertEqual({name for name in loaded if not name.startswith("linux-vdso")} - listed, set())

    def test_versions_are_the_installed_ones(self):
        for name, package in self.packages.items():
            if name != "inferway":
                self.assertIn(package["versionInfo"], run("dpkg-query", "--show", "--showformat=${Version}\\n", name)[1].split())

    def test_what_is_compiled_in_is_in_it(self):
        """The packages that docs/dependencies.md says the program is made of."""
        inside = (ROOT / "docs/dependencies.md").read_text().split("## What is inside the program")[1].split("\n## ")[0]
        built_from = set(re.findall(r"`(lib[\w.+-]+-dev|nlohmann-json3-dev)`", inside)) - {"libboost-dev"}
        self.assertGreater(len(built_from), 5)
        self.assertEqual(built_from - self.related("STATIC_LINK"), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
