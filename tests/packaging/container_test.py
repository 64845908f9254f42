"""docker/: what a linter would say of the Dockerfile, what a cautious operator would want of the compose file; and the
configurations that both use are ones that the gateway accepts."""

import json
import re
import unittest

import project
import small_yaml
from project import PROGRAM, ROOT, default_drain, run, seconds

import dockerfile  # of scripts/

DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()
STAGES = dockerfile.stages(DOCKERFILE)
IMAGE = STAGES[-1]
COMPOSE = small_yaml.load((ROOT / "docker/compose.yaml").read_text())
SECRET = re.compile(r"password|secret|token|api_?key|BEGIN .*PRIVATE|sk-\w", re.IGNORECASE)


def steps(name, stage=IMAGE):
    return [rest for step, rest in stage["steps"] if step == name]


class DockerfileTest(unittest.TestCase):
    def test_bases_are_one_release_by_its_tag(self):
        self.assertEqual(len(STAGES), 2)
        for stage in STAGES:
            self.assertRegex(stage["base"], r"^debian:\d+[\w.-]*-slim$")
        self.assertEqual(STAGES[0]["base"], STAGES[1]["base"], "what is linked there must run here")
        self.assertIn(f'base.name="docker.io/library/{IMAGE["base"]}"', "".join(steps("LABEL")))
        self.assertNotIn(":latest", DOCKERFILE)

    def test_every_instruction_is_one_that_the_check_carries_out(self):
        self.assertNotRegex(DOCKERFILE, r"(?m)^(ADD|ARG|ENV|SHELL|ONBUILD|VOLUME|MAINTAINER)\b")
        for stage in STAGES:
            list(dockerfile.fields(stage))

    def test_package_lists_do_not_outlive_their_layer(self):
        for stage in STAGES:
            for command in steps("RUN", stage):
                if "apt-get" in command or "deps.sh" in command:
                    self.assertIn("rm -rf /var/lib/apt/lists/*", command)
                if "apt-get install" in command:
                    self.assertIn("apt-get update &&", command)
                    self.assertIn("--yes", command)
                    self.assertIn("--no-install-recommends", command)
                for word in ("sudo", "curl", "wget", "dist-upgrade", ";"):
                    self.assertNotIn(word, command)

    def test_runs_as_a_number_that_is_not_root(self):
        (user,) = steps("USER")
        self.assertRegex(user, r"^[1-9]\d{3,}:[1-9]\d{3,}$")
        names = [name for name, _ in IMAGE["steps"]]
        self.assertGreater(names.index("USER"), max(i for i, name in enumerate(names) if name in ("RUN", "COPY")))

    def test_commands_are_in_exec_form(self):
        (entry,), (command,), (health,) = steps("ENTRYPOINT"), steps("CMD"), steps("HEALTHCHECK")
        self.assertEqual(dockerfile.exec_form(entry), ["inferway"])
        file = dockerfile.exec_form(command)[-1]
        self.assertEqual(dockerfile.exec_form(command), ["serve", "--config", file])
        self.assertEqual(dockerfile.health_command(health), ["inferway", "health", "--config", file])
        self.assertIn(f"docker/inferway.yaml {file}", steps("COPY"))
        self.assertEqual(steps("STOPSIGNAL"), ["SIGTERM"])
        self.assertEqual(steps("EXPOSE"), ["8080 9901"])

    def test_the_health_check_is_not_cut_off_by_its_own_timeout(self):
        timeout = re.search(r"--timeout=(\w+)", steps("HEALTHCHECK")[0])[1]
        own = re.search(r"--timeout (\w+) ", run(PROGRAM, "health", "--help")[1])[1]
        self.assertGreater(seconds(timeout), seconds(own))

    def test_labels_say_what_it_is(self):
        label = "".join(steps("LABEL"))
        for name in ("title", "description", "version", "licenses"):
            self.assertRegex(label, rf'org\.opencontainers\.image\.{name}="[^"]+"')
        self.assertIn(f'version="{project.version()}"', label)

    def test_what_is_copied_is_there_and_let_through(self):
        allowed = dockerfile.allowed((ROOT / ".dockerignore").read_text())
        for name in allowed:
            self.assertTrue((ROOT / name).exists(), name)
        for stage in STAGES:
            for rest in steps("COPY", stage):
                origin, sources, _ = dockerfile.copies(rest)
                if origin:
                    self.assertIn(origin, [other["name"] for other in STAGES])
                    continue
                for source in sources:
                    self.assertTrue((ROOT / source).exists(), source)
                    self.assertTrue(source == "." or source.split("/")[0] in allowed, source)
        for name in ("build", ".git", "tests", ".env"):
            self.assertNotIn(name, allowed)

    def test_bears_no_secret(self):
        for name in ("Dockerfile", "compose.yaml", "inferway.yaml", "compose-inferway.yaml"):
            text = "\n".join(line.partition("#")[0] for line in (ROOT / "docker" / name).read_text().splitlines())
            self.assertNotRegex(text, SECRET, name)

    def test_what_is_no_simple_dockerfile_is_refused(self):
        for text in ("FROM a\nADD x /", "FROM a\nRUN <<END", "FROM a\nENTRYPOINT inferway"):
            with self.subTest(text), self.assertRaises((ValueError, json.JSONDecodeError)):
                for stage in dockerfile.stages(text):
                    list(dockerfile.fields(stage))
        for text in ("build\n", "*\n!src/*.cpp\n", "*\n#\nsrc\n"):
            with self.subTest(text), self.assertRaises(ValueError):
                dockerfile.allowed(text)


class ComposeTest(unittest.TestCase):
    def test_services_are_confined(self):
        self.assertEqual(list(COMPOSE["services"]), ["gateway", "mock"])
        for name, service in COMPOSE["services"].items():
            with self.subTest(name):
                self.assertEqual(service["read_only"], "true")
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertEqual(service["image"], f"inferway:{project.version()}")
                self.assertEqual((ROOT / "docker" / service["build"]["context"]).resolve(), ROOT)
                self.assertTrue((ROOT / service["build"]["dockerfile"]).is_file())
                self.assertFalse({"privileged", "user", "cap_add", "network_mode", "pid"} & set(service))

    def test_ports_are_open_on_loopback_alone(self):
        for service in COMPOSE["services"].values():
            for port in service.get("ports", []):
                self.assertRegex(port, r"^127\.0\.0\.1:\d+:\d+$")

    def test_the_gateway_may_drain(self):
        gateway = COMPOSE["services"]["gateway"]
        (mounted,) = gateway["volumes"]
        source, target, mode = mounted.split(":")
        self.assertEqual(target, dockerfile.exec_form(steps("CMD")[0])[-1])
        self.assertEqual(mode, "ro")
        text = (ROOT / "docker" / source).read_text()
        drain = re.search(r"^  drain: (\w+)", text, re.MULTILINE)
        self.assertGreater(seconds(gateway["stop_grace_period"]), seconds(drain[1]) if drain else default_drain())

    def test_the_mock_s_command_is_one_it_understands(self):
        mock = COMPOSE["services"]["mock"]
        listen = mock["command"][mock["command"].index("--listen") + 1]
        self.assertEqual(mock["healthcheck"]["test"],
                         ["CMD", "inferway", "health", "--address", listen.replace("0.0.0.0", "127.0.0.1")])
        self.assertIn(f"http://mock:{listen.split(':')[1]}", (ROOT / "docker/compose-inferway.yaml").read_text())
        check = (ROOT / "scripts/container-check.sh").read_text()
        self.assertIn(" ".join(mock["command"]), check, "the check starts it as compose.yaml does")
        self.assertIn(" ".join(mock["healthcheck"]["test"][1:]), check)


class GuideTest(unittest.TestCase):
    """docs/containers.md where the gateway's own check of configurations does not reach."""

    GUIDE = (ROOT / "docs/containers.md").read_text()

    def test_the_commands_of_probes_are_understood(self):
        commands = re.findall(r"command: \[(inferway, [^\]]*)\]", self.GUIDE)
        self.assertEqual(len(commands), 2)
        for command in commands:
            words = command.split(", ")
            status, _, errors = run(PROGRAM, *words[1:], "--help")
            self.assertEqual(status, 0, errors)
            self.assertEqual(words[words.index("--config") + 1], dockerfile.exec_form(steps("CMD")[0])[-1])
        self.assertNotIn("--live", commands[0])
        self.assertIn("--live", commands[1])

    def test_every_way_to_stop_leaves_time_to_drain(self):
        pause = int(re.search(r'command: \[sleep, "(\d+)"\]', self.GUIDE)[1])
        times = [int(time) for time in re.findall(r"(?:terminationGracePeriodSeconds:|--stop-timeout) (\d+)", self.GUIDE)]
        self.assertGreaterEqual(len(times), 3)
        for time in times:
            self.assertGreater(time, default_drain() + pause)

    def test_the_image_is_called_by_its_version(self):
        self.assertEqual(set(re.findall(r"inferway:([\d.]+)", self.GUIDE)), {project.version()})


class ConfigurationsTest(unittest.TestCase):
    def test_both_are_accepted_without_a_warning(self):
        for name in ("inferway.yaml", "compose-inferway.yaml"):
            with self.subTest(name):
                status, out, errors = run(PROGRAM, "check", "--config", ROOT / "docker" / name, env={})
                self.assertEqual((status, errors), (0, ""))
                self.assertNotIn("arning", out)

    def test_nothing_is_written(self):
        for name in ("inferway.yaml", "compose-inferway.yaml"):
            self.assertRegex((ROOT / "docker" / name).read_text(), r"(?m)^  access: stdout\b")

    def test_the_backend_is_the_environment_s(self):
        _, out, _ = run(PROGRAM, "check", "--config", ROOT / "docker/inferway.yaml",
                        env={"INFERWAY_BACKEND": "http://models:9000"})
        self.assertIn("http://models:9000", out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
