"""TLS handshakes with clients: whole ones and resumed ones, TLS 1.3, X25519, a P-256 certificate, without a request."""

import subprocess

from .. import contenders
from ..figures import cpu_rows, rounds
from ..load import model, running


def handshakes(bench):
    tls = identity(bench)
    body, answer = bench.chat_body(), bench.chat_answer()
    with model(bench, "reply", body=body, answer=answer) as double:
        field = contenders.all_three(bench, double.port, tls=tls)
        with running(bench, field) as processes:
            results = {kind: rounds(bench, field, processes, double, "handshakes", resume=kind) for kind in (0, 1)}
    rows = []
    for kind, name in enumerate(("whole", "resumed")):
        rows += cpu_rows(results[kind], f"TLS 1.3 handshake, {name}", "handshake", {"HAProxy": 1.05, "nginx": None})
    return rows


def identity(bench):
    """(certificate, key, both in one file as HAProxy wants them)."""
    cert, key = bench.directory / "bench.pem", bench.directory / "bench.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=bench", "-addext", "subjectAltName=DNS:bench", "-out", cert, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key, bench.write("bench-both.pem", cert.read_text() + key.read_text())
