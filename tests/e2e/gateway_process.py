"""The real binary as a child process, with what tests ask of it: ports, logs, metrics, its end."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import secure
from raw_client import Client, request
from waiting import PATIENCE, eventually

BINARY = os.environ.get("INFERWAY", "")
REPORTS = (
    "ERROR: AddressSanitizer",
    "ERROR: LeakSanitizer",
    "WARNING: ThreadSanitizer",
    "runtime error:",
    "a session ended by an exception",  # the gateway lives on, but it is a bug
)


def run_inferway(*arguments, environment=None, cwd=None):
    """Runs a command that ends by itself: (exit status, stdout, stderr)."""
    done = subprocess.run(
        [BINARY, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
    )
    assert not any(report in done.stderr for report in REPORTS), done.stderr
    return done.returncode, done.stdout, done.stderr


def to_yaml(config):
    """A configuration's text: as it is, or (JSON is YAML) from a dict."""
    return config if isinstance(config, str) else json.dumps(config, indent=1)


class Gateway:
    """`inferway serve` on a configuration (a dict, or YAML text), ready when the constructor returns.

    A dict gets listen, admin, threads and an access log file where it does not say otherwise; a text has to say
    `listen: 127.0.0.1:0`, `admin: {address: 127.0.0.1:0}`, and may name the access log with ${ACCESS_LOG}. `prefix`: a
    command that becomes the gateway (prlimit ...); `options` follow `serve`. A port is None where there are only Unix sockets.
    The end of the with statement ends the process and fails the test when it crashed or a sanitizer complained."""

    def __init__(self, config, env=None, prefix=(), pass_fds=(), options=()):
        self._directory = tempfile.TemporaryDirectory(prefix="inferway-e2e-")
        self.directory = Path(self._directory.name)
        self.access_log_path = self.directory / "access.log"
        self.config_path = self.directory / "inferway.yaml"
        self.config_path.write_text(self._complete(config), encoding="utf-8")
        self.port = self.admin_port = None
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        self.stdout_path = self.directory / "stdout"
        with self.stdout_path.open("wb") as stdout:
            self.process = subprocess.Popen(
                [*prefix, BINARY, "serve", "--config", str(self.config_path), *options],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                cwd=self.directory,
                env={**os.environ, "ACCESS_LOG": str(self.access_log_path), **(env or {})},
                pass_fds=pass_fds,
            )
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()
        self._wait_until_ready()

    def _complete(self, config):
        if isinstance(config, str):
            return config
        config = dict(config)
        config.setdefault("listen", "127.0.0.1:0")
        if secure.ON:
            if isinstance(config["listen"], str):
                config["listen"] = secure.listener(config["listen"])
            config["backends"] = secure.trusting(config["backends"])
        config["admin"] = {"address": "127.0.0.1:0", **config.get("admin", {})}
        config.setdefault("threads", 2)
        config["log"] = {"level": "debug", "access": str(self.access_log_path), **config.get("log", {})}
        return to_yaml(config)

    def _read_stderr(self):
        for line in self.process.stderr:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _wait_until_ready(self):
        ready = lambda: any(re.search(r"\bready\b", line) for line in self._lines)  # noqa: E731
        with self._changed:
            self._changed.wait_for(lambda: ready() or self._ended, PATIENCE)
        if not ready():
            self.kill()
            config = self.config_path.read_text()
            self._directory.cleanup()
            raise AssertionError(f"the gateway did not start:\n{config}\n{self.stderr()}")
        self.ports = self._ports_after("listening on")
        self.port = next(iter(self.ports), None)
        self.admin_port = next(iter(self._ports_after("admin on")), None)
        if secure.ON:
            # The kernel may give an earlier gateway's port to another use.
            secure.gateway_ports.difference_update([*self.ports, self.admin_port])
            secure.gateway_ports.update(self._ports_after("listening on", " with TLS"))

    def _ports_after(self, words, then=""):
        found = [re.search(words + r" \S*:(\d+)" + then, line) for line in self._lines]
        return [int(match.group(1)) for match in found if match]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is not None:
                print(f"--- the gateway's log:\n{self.stderr()}\n---", file=sys.stderr)
            if self.process.poll() is None:
                # Two different signals: of two equal ones that are pending, one is lost.
                self.process.send_signal(signal.SIGTERM)
                self.process.send_signal(signal.SIGINT)
                self._wait(PATIENCE)
            elif kind is None and self.process.returncode != 0:
                raise AssertionError(f"the gateway ended with status {self.process.returncode}:\n{self.stderr()}")
        finally:
            self.kill()
            self._directory.cleanup()
        self._check_reports(kind is None)

    def _check_reports(self, clean):
        if any(report in self.stderr() for report in REPORTS):
            raise AssertionError(f"a sanitizer or an exception:\n{self.stderr()}")
        if clean and self.process.returncode != 0:
            raise AssertionError(f"the gateway ended with status {self.process.returncode}:\n{self.stderr()}")

    def _wait(self, timeout):
        status = self.process.wait(timeout)
        self._reader.join(PATIENCE)
        return status

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=PATIENCE):
        """SIGTERM, then waits for the drain: the exit status."""
        self.signal(signal.SIGTERM)
        return self._wait(timeout)

    def wait(self, timeout=PATIENCE):
        """Waits for the process to end by itself: the exit status."""
        return self._wait(timeout)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self._wait(PATIENCE)
        self.process.stderr.close()

    def client(self, **options):
        return Client(self.port, **options)

    def admin_get(self, path, headers=(), method="GET"):
        """One answer of the admin port."""
        with Client(self.admin_port, path=self.admin_path) as client:
            headers = [*self._own_name(headers), ("Connection", "close")]
            return client.get(path, headers, method).read_response(method == "HEAD")

    def admin_post(self, path, headers=(), body=b""):
        """One answer of the admin API."""
        if self.admin_token:
            headers = [*headers, ("Authorization", f"Bearer {self.admin_token}")]
        with Client(self.admin_port, path=self.admin_path) as client:
            headers = [*self._own_name(headers), ("Connection", "close")]
            return client.send(request("POST", path, headers, body)).read_response()

    @staticmethod
    def _own_name(headers):
        """With this machine's name as Host where they bear none: without a token the admin port wants it."""
        return headers if any(name.lower() == "host" for name, _ in headers) else [*headers, ("Host", "localhost")]

    def rewrite(self, config):
        """Another configuration in the file's place, at once, as careful editors do it."""
        fresh = self.directory / "inferway.yaml.new"
        fresh.write_text(self._complete(config), encoding="utf-8")
        fresh.rename(self.config_path)

    def reload(self, config=None):
        """A reload through the admin API, which has to succeed: the generation that is in force."""
        if config is not None:
            self.rewrite(config)
        answer = self.admin_post("/api/reload")
        assert answer.status == 200, answer
        return answer.json()["generation"]

    def stderr(self):
        with self._changed:
            return "\n".join(self._lines)

    def log_lines(self):
        """The operational log so far."""
        with self._changed:
            return list(self._lines)

    def wait_log(self, text, timeout=5.0):
        """The first line of the operational log that contains `text`, once it is there."""
        find = lambda: next((line for line in self._lines if text in line), None)  # noqa: E731
        with self._changed:
            assert self._changed.wait_for(find, timeout), f"no line with {text!r} in:\n" + "\n".join(self._lines)
            return find()

    def access_log(self, count=0, path=None, timeout=5.0):
        """The access log's records (parsed JSON) once there are at least `count`."""

        def records():
            file = path or self.access_log_path
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            lines = text.split("\n")[:-1]  # what has no newline yet is not whole
            return lines if len(lines) >= count else None

        lines = records() if count == 0 else eventually(records, timeout, f"{count} access log records")
        return [json.loads(line) for line in lines]

    def metrics(self):
        """Every sample of /metrics: {"name{label=\\"value\\",...}" as it stands there: number}."""
        headers = [("Authorization", f"Bearer {self.admin_token}")] if self.admin_token else []
        answer = self.admin_get("/metrics", headers)
        assert answer.status == 200, answer
        samples = {}
        for line in answer.body.decode().split("\n"):
            if line and not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                assert series not in samples, f"{series} stands there twice"
                samples[series] = float(value)
        return samples

    admin_token = None  # set by tests that configure one
    admin_path = None  # likewise: of a Unix socket

    def metric(self, name, **labels):
        """The sum of all samples of that name with (at least) these labels; 0 when there is none."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            value
            for series, value in self.metrics().items()
            if series.split("{")[0] == name and all(label in series for label in wanted)
        )


def one_route(*urls, path="/*", backend=None, route=None, **top):
    """The smallest useful configuration: one backend of these endpoints, one route to it, and no second try, so that
    what a backend does is what the client sees. `backend` and `route` add to them, further keywords to the top level."""
    match = {"name": "all", "match": {"path": path}, "to": [{"backend": "main"}], "retry": {"attempts": 0}}
    return {
        "backends": {"main": {"endpoints": list(urls), **(backend or {})}},
        "routes": [{**match, **(route or {})}],
        **top,
    }
