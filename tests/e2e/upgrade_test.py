"""SIGUSR2: another process takes the place of this one, and nobody who connects meanwhile notices."""

import os
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import gateway_process
from harness import (
    Backend,
    Client,
    Gateway,
    answer,
    answering,
    eventually,
    json_answer,
    main,
    one_route,
    request,
    unused_port,
)
from held_backend import HeldBackend

CONNECTIONS = int(os.environ.get("INFERWAY_UPGRADE_CONNECTIONS", "1000"))


def is_alive(pid):
    """Not a zombie that nobody has waited for, either."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class UpgradeTest(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-")))
        self.binary = self.directory / "inferway"
        self.binary.symlink_to(gateway_process.BINARY)

    @staticmethod
    def kill(pid):
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)

    def start(self, *urls, env=None, listen=(), **top):
        """A gateway whose program may be replaced."""
        real, gateway_process.BINARY = gateway_process.BINARY, str(self.binary)
        try:
            self.port = unused_port()
            self.config = one_route(*urls, listen=[f"127.0.0.1:{self.port}", *listen],
                                    admin={"address": f"127.0.0.1:{unused_port()}"}, **top)
            return self.enterContext(Gateway(self.config, env=env))
        finally:
            gateway_process.BINARY = real

    def replace_program(self, script):
        fresh = self.directory / "fresh"
        fresh.write_text("#!/bin/sh\n" + script, encoding="ascii")
        fresh.chmod(0o755)
        fresh.rename(self.binary)

    def upgrade(self, gateway):
        """SIGUSR2, until the process that follows is ready: its id."""
        seen = gateway.stderr().count("is started to follow")
        gateway.signal(signal.SIGUSR2)
        eventually(lambda: gateway.stderr().count("is started to follow") > seen)
        line = [line for line in gateway.log_lines() if "is started to follow" in line][-1]
        pid = int(line.split("process ")[1].split(" ")[0])
        self.addCleanup(self.kill, pid)
        return pid

    def end(self, gateway, pid):
        """Ends the process that followed, as its supervisor would."""
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not is_alive(pid), 20, "its end")
        self.assertEqual(gateway.log_lines()[-1].count('"ended"'), 1)

    def test_nobody_is_refused_or_reset_meanwhile(self):
        backend = self.enterContext(Backend())
        gateway = self.start(backend.url)
        served, failures, lock = [0], [], threading.Lock()
        workers, ended = 4, threading.Event()

        def ask():
            while served[0] < CONNECTIONS or not ended.is_set():
                try:
                    with Client(self.port) as client:
                        client.send(request("POST", "/", [("Connection", "close")], b"x" * 100))
                        status = client.read_response().status
                    if status != 200:
                        failures.append(status)
                except Exception as failure:  # pylint: disable=broad-except
                    failures.append(failure)
                with lock:
                    served[0] += 1

        threads = [threading.Thread(target=ask) for _ in range(workers)]
        for thread in threads:
            thread.start()
        eventually(lambda: served[0] > CONNECTIONS // 10, 30)
        pid = self.upgrade(gateway)
        self.assertEqual(gateway.process.wait(30), 0)
        ended_at = served[0]
        eventually(lambda: served[0] > ended_at + CONNECTIONS // 10, 30)
        ended.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        with Client(self.port) as client:
            self.assertEqual(client.get("/").read_response().status, 200)
        self.end(gateway, pid)
        self.assertEqual(len(gateway.access_log(served[0] + 1)), served[0] + 1, "both write to the same log")

    def test_a_connection_that_asks_late_is_answered_by_the_old_process(self):
        backend = self.enterContext(Backend())
        gateway = self.start(backend.url)
        with Client(self.port) as fresh, Client(self.port) as kept:
            self.assertEqual(kept.get("/").read_response().status, 200)
            pid = self.upgrade(gateway)
            gateway.wait_log("this one ends", 20)
            # Later than the moment that SIGTERM leaves; and the old process is still there for them.
            self.assertRaises(subprocess.TimeoutExpired, gateway.process.wait, 1.5)
            for client in (fresh, kept):
                answered = client.get("/").read_response()
                self.assertEqual((answered.status, answered.header("connection")), (200, "close"))
        self.assertEqual(gateway.process.wait(30), 0)
        self.end(gateway, pid)

    def test_streams_in_flight_end_with_the_old_process(self):
        backend = self.enterContext(HeldBackend())
        gateway = self.start(backend.url)
        with Client(self.port) as client:
            client.get("/old")
            connection, _ = backend.take_request()
            pid = self.upgrade(gateway)
            gateway.wait_log("this one ends")
            with Client(self.port) as other:
                other.get("/new")
                second, _ = backend.take_request()
                second.send(json_answer(2))
                self.assertEqual(other.read_response().json(), 2)
            self.assertIsNone(gateway.process.poll())
            connection.send(json_answer(1))
            self.assertEqual(client.read_response().json(), 1)
        self.assertEqual(gateway.process.wait(30), 0)
        self.assertEqual(gateway.admin_get("/ready").status, 200, "the new one has the admin port, too")
        self.end(gateway, pid)

    def test_what_stands_at_the_program_s_path_by_now_is_started(self):
        backend = self.enterContext(Backend())
        gateway = self.start(backend.url)
        mark = self.directory / "mark"
        self.replace_program(f'touch "{mark}"\nexec "{gateway_process.BINARY}" "$@"\n')
        pid = self.upgrade(gateway)
        self.assertEqual(gateway.process.wait(30), 0)
        self.assertTrue(mark.exists())
        self.end(gateway, pid)

    def test_a_new_process_that_does_not_come_up_changes_nothing(self):
        backend = self.enterContext(Backend())
        gateway = self.start(backend.url)
        good = gateway.config_path.read_text(encoding="utf-8")
        for trouble in ("program", "no program", "configuration"):
            with self.subTest(trouble), Client(self.port) as client:
                if trouble == "program":
                    self.replace_program("exit 3\n")
                elif trouble == "no program":
                    self.binary.unlink()
                else:
                    self.binary.symlink_to(gateway_process.BINARY)
                    gateway.config_path.write_text("routes: nonsense\n", encoding="utf-8")
                failed = gateway.stderr().count("the upgrade failed")
                pid = self.upgrade(gateway)
                eventually(lambda: gateway.stderr().count("the upgrade failed") > failed)  # noqa: B023
                self.assertFalse(is_alive(pid))
                self.assertEqual(client.get("/").read_response().status, 200)
                self.assertEqual(gateway.admin_get("/ready").status, 200)
        gateway.config_path.write_text(good, encoding="utf-8")
        pid = self.upgrade(gateway)
        self.assertEqual(gateway.process.wait(30), 0)
        self.end(gateway, pid)

    def test_listeners_that_the_new_configuration_leaves_out_are_served_to_the_end(self):
        backend = self.enterContext(Backend())
        path = self.directory / "data.sock"
        gateway = self.start(backend.url, listen=[f"unix:{path}"])
        other = unused_port()
        gateway.rewrite({**self.config, "listen": [f"127.0.0.1:{other}", f"unix:{path}"]})
        pid = self.upgrade(gateway)
        self.assertEqual(gateway.process.wait(30), 0)
        self.assertRaises(OSError, Client, self.port)
        for client in (Client(other), Client(None, path=path)):
            with client:
                self.assertEqual(client.get("/").read_response().status, 200)
        self.end(gateway, pid)
        self.assertFalse(path.exists(), "the file of the socket is the last one's to remove")

    def test_the_service_manager_is_told_who_follows(self):
        backend = self.enterContext(Backend(answering(answer())))
        address = str(self.directory / "notify")
        manager = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        manager.bind(address)
        manager.settimeout(10)
        told = lambda: dict(line.split("=", 1) for line in manager.recv(4096).decode().split("\n"))  # noqa: E731
        gateway = self.start(backend.url, env={"NOTIFY_SOCKET": address})
        self.assertEqual(told()["READY"], "1")
        pid = self.upgrade(gateway)
        follows = told()
        self.assertEqual((follows["MAINPID"], follows["READY"]), (str(pid), "1"))
        self.assertEqual(gateway.process.wait(30), 0)
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(told()["STOPPING"], "1", "of the new one, and the first to say so")
        eventually(lambda: not is_alive(pid), 20)

    def test_sigterm_while_the_new_process_comes_up_ends_both(self):
        backend = self.enterContext(Backend())
        gateway = self.start(backend.url)
        self.replace_program("exec sleep 60\n")
        pid = self.upgrade(gateway)
        gateway.signal(signal.SIGUSR2)
        gateway.wait_log("nothing is done")
        gateway.signal(signal.SIGTERM)
        self.assertEqual(gateway.process.wait(30), 0)
        self.assertFalse(is_alive(pid))


if __name__ == "__main__":
    main()
