"""Certificates for tests, made on the spot: a CA of its own for each test run, and what it signs."""

import functools
import subprocess
import tempfile
from pathlib import Path

_EXTENSIONS = """
[v3_ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:false
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = serverAuth, clientAuth
{names}
"""
_CA = """
[ca]
default_ca = it
[it]
database = {directory}/index
serial = {directory}/serial
new_certs_dir = {directory}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def _openssl(*arguments, cwd):
    done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


class Identity:
    """.cert and .key: paths of PEM files."""

    def __init__(self, directory, name):
        self.cert = str(directory / f"{name}.pem")
        self.key = str(directory / f"{name}.key")

    def tls(self, **more):
        """As a configuration has it: {cert, key}."""
        return {"cert": self.cert, "key": self.key, **more}


class Authority:
    """A certificate authority; .cert is what trusts it. Identities are signed once for each set of arguments."""

    def __init__(self, name="Test CA"):
        self._directory = tempfile.TemporaryDirectory(prefix="inferway-certificates-")
        self.path = Path(self._directory.name)
        self.name = name
        self._count = 0
        (self.path / "index").touch()
        (self.path / "serial").write_text("1000\n", encoding="ascii")
        (self.path / "ca.cnf").write_text(
            "[req]\ndistinguished_name = dn\n[dn]\n" + _CA.format(directory=self.path) + _EXTENSIONS.format(names=""),
            encoding="ascii",
        )
        self.cert = str(self.path / "ca.pem")
        self._key("ca.key")
        arguments = ["-config", "ca.cnf", "-extensions", "v3_ca", "-subj", f"/CN={name}", "-days", "30"]
        _openssl("req", "-x509", "-new", "-key", "ca.key", "-out", "ca.pem", *arguments, cwd=self.path)

    def _key(self, file):
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file, cwd=self.path)

    @functools.lru_cache(maxsize=None)
    def identity(self, *names, valid="now", ca=False):
        """A certificate for these DNS names or addresses. `valid`: now, past or future."""
        self._count += 1
        base = f"{self._count}-{(names[0] if names else 'client').replace('*', 'any').replace(':', '-')}"
        out = Identity(self.path, base)
        kinds = [("IP" if name.replace(".", "").isdigit() or ":" in name else "DNS", name) for name in names]
        alternatives = ",".join(f"{kind}:{name}" for kind, name in kinds)
        extensions = self.path / f"{base}.cnf"
        line = f"subjectAltName = {alternatives}" if names else ""
        extensions.write_text(
            _CA.format(directory=self.path) + _EXTENSIONS.format(names=line), encoding="ascii"
        )
        self._key(f"{base}.key")
        subject = ["-subj", f"/CN={names[0] if names else 'a client'}", "-config", "ca.cnf"]
        _openssl("req", "-new", "-key", f"{base}.key", "-out", f"{base}.csr", *subject, cwd=self.path)
        dates = {
            "now": ["-days", "30"],
            "past": ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"],
            "future": ["-startdate", "20400101000000Z", "-enddate", "20410101000000Z"],
        }[valid]
        signer = ["-cert", "ca.pem", "-keyfile", "ca.key", "-config", f"{base}.cnf"]
        section = ["-extensions", "v3_ca" if ca else "leaf"]
        _openssl("ca", "-batch", "-notext", "-in", f"{base}.csr", "-out", f"{base}.pem", *signer, *section, *dates,
                 cwd=self.path)  # fmt: skip
        return out
