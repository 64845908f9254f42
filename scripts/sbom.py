#!/usr/bin/env python3
"""What is inside the program, as SPDX 2.3 in JSON (https://spdx.github.io/spdx-spec/v2.3/).

scripts/sbom.py --build build/release [--output FILE]

Shared libraries: what ldd shows, by the Debian package that owns each file. What is compiled in: the packages that own
the headers which the compiler read for any file of src/, as Ninja has noted them. Nothing is listed by hand but licences,
and a package without one here is an error.

The same program, packages and SOURCE_DATE_EPOCH (by default the last commit's time) give the same bytes."""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]

# By Debian's source packages, and of what comes into the program.
LICENCES = {
    "boost1.81": "BSL-1.0",
    "fmtlib": "MIT",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glibc": "LGPL-2.1-or-later",
    "linux": "GPL-2.0-only WITH Linux-syscall-note",
    "llvm-toolchain-19": "Apache-2.0 WITH LLVM-exception",
    "nlohmann-json3": "MIT",
    "openssl": "Apache-2.0",
    "spdlog": "MIT",
    "yaml-cpp": "MIT",
}


def output_of(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True).stdout


def shared_libraries(program):
    """{soname: file}; the kernel's own (vdso) has no file."""
    found = re.findall(r"^\s*(\S+)(?: => (\S+))? \(0x", output_of("ldd", program), re.MULTILINE)
    return {pathlib.Path(name).name: file or name for name, file in found if file or name.startswith("/")}


def headers(build):
    """Of other packages than this one, as the compiler read them for the objects of src/."""
    out, ours = set(), False
    for line in output_of("ninja", "-C", build, "-t", "deps").splitlines():
        if line.startswith(" "):
            file = line.strip()
            if ours and file.startswith("/usr/"):
                out.add(file)
        else:
            ours = line.startswith("src/")
    if not out:
        sys.exit(f"sbom: {build} was not built here: Ninja has noted no headers")
    return out


def owners(files):
    """{file: Debian package}."""
    real = {file: os.path.realpath(file) for file in files}
    out = {}
    asked = sorted(set(files) | set(real.values()))
    # /lib is /usr/lib by now, and a package may have been made when it was not.
    asked += [name.removeprefix("/usr") for name in asked if name.startswith("/usr/lib")]
    done = subprocess.run(["dpkg-query", "--search", *asked], capture_output=True, text=True, check=False)
    by_file = {}
    for line in done.stdout.splitlines():
        if not line.startswith("diversion "):
            packages, _, file = line.partition(": ")
            by_file[file] = packages.split(",")[0]
    for file, target in real.items():
        candidates = [name for path in (target, file) for name in (path, path.removeprefix("/usr"))]
        owner = next((by_file[name] for name in candidates if name in by_file), None)
        if owner is None:
            sys.exit(f"sbom: no Debian package owns {file}")
        out[file] = owner
    return out


def described(package):
    fields = ("binary:Package", "Version", "Architecture", "source:Package", "Maintainer", "Homepage")
    form = "\\n".join("${" + field + "}" for field in fields)
    name, version, architecture, source, maintainer, homepage = output_of(
        "dpkg-query", "--show", "--showformat", form, package).split("\n")
    if source not in LICENCES:
        sys.exit(f"sbom: {package} (source {source}) has no licence in {pathlib.Path(__file__).name}")
    name = name.split(":")[0]
    purl = f"pkg:deb/debian/{name}@{urllib.parse.quote(version, safe='~')}?arch={architecture}&distro=debian-12"
    out = {
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: " + maintainer.replace("<", "(").replace(">", ")"),
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": LICENCES[source],
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built from Debian's source package {source}",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        ],
    }
    return {**out, "homepage": homepage} if homepage else out


def gateway(program):
    version = re.search(r"project\(inferway VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    return {
        "SPDXID": "SPDXRef-Package-inferway",
        "name": "inferway",
        "versionInfo": version,
        "supplier": "NOASSERTION",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(program.read_bytes()).hexdigest()}
        ],
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "APPLICATION",
    }


def created():
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or output_of("git", "-C", ROOT, "log", "-1", "--format=%ct")
    return datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(build):
    program = build / "inferway"
    libraries = shared_libraries(program)
    compiled_in = headers(build)
    owner_of = owners(set(libraries.values()) | compiled_in)
    sonames = {}
    for soname, file in sorted(libraries.items()):
        sonames.setdefault(owner_of[file], []).append(soname)
    packages, relationships = [gateway(program)], []

    def relate(source, kind, target):
        relationships.append({"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target})

    relate("SPDXRef-DOCUMENT", "DESCRIBES", packages[0]["SPDXID"])
    for owner in sorted(sonames):
        packages.append({**described(owner), "comment": "shared libraries: " + ", ".join(sonames[owner])})
        relate(packages[0]["SPDXID"], "DYNAMIC_LINK", packages[-1]["SPDXID"])
    for owner in sorted({owner_of[file] for file in compiled_in}):
        packages.append({**described(owner), "comment": "headers, compiled in"})
        relate(packages[0]["SPDXID"], "STATIC_LINK", packages[-1]["SPDXID"])
    out = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"inferway-{packages[0]['versionInfo']}",
        "creationInfo": {"created": created(), "creators": ["Tool: inferway-scripts-sbom.py"]},
        "packages": packages,
        "relationships": relationships,
    }
    # Another content, another name: the specification asks for it.
    digest = hashlib.sha256(json.dumps(out, sort_keys=True).encode()).hexdigest()
    return {**out, "documentNamespace": f"https://spdx.org/spdxdocs/{out['name']}-{digest[:32]}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="where the program was built")
    parser.add_argument("--output", type=pathlib.Path, help="by default standard output")
    options = parser.parse_args()
    text = json.dumps(document(options.build), indent=2) + "\n"
    if not options.output:
        sys.stdout.write(text)
        return
    options.output.write_text(text, encoding="utf-8")
    print(f"{options.output}: {len(json.loads(text)['packages'])} packages")


if __name__ == "__main__":
    main()
