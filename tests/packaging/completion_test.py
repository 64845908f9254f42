"""Every command and every option that a --help names stands in the manual page and in each shell's completion; and bash,
asked as a terminal would ask it, offers them."""

import re
import shutil
import unittest

from project import PROGRAM, ROOT, run

BASH = ROOT / "packaging/completion/inferway.bash"
MAN = (ROOT / "packaging/man/inferway.1").read_text().replace("\\-", "-")
ZSH = (ROOT / "packaging/completion/_inferway").read_text()
FISH = (ROOT / "packaging/completion/inferway.fish").read_text()


def commands():
    return re.findall(r"^  ([a-z]+) ", run(PROGRAM, "help")[1], re.MULTILINE)


def options_of(command):
    """As its usage names them. version and help have none."""
    if command in ("version", "help"):
        return set()
    status, out, errors = run(PROGRAM, command, "--help")
    assert status == 0, errors
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", out))


def man_section(command):
    """What stands below the command's heading."""
    return re.search(rf"^\.SS {command}\b.*?(?=^\.S[SH] )", MAN, re.MULTILINE | re.DOTALL)[0]


def zsh_section(command):
    found = re.search(rf"^    {command}\)\n(.*?);;", ZSH, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def fish_options(command):
    lines = re.findall(r"__fish_seen_subcommand_from ([a-z ]+)' -l ([a-z-]+)", FISH)
    return {f"--{option}" for commands, option in lines if command in commands.split()}


def bash_offers(*words):
    """What bash offers for the last of these words."""
    script = f'source "{BASH}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _inferway; printf "%s\\n" "${{COMPREPLY[@]}}"'
    status, out, errors = run("bash", "--norc", "-c", script, "bash", "inferway", *words)
    assert (status, errors) == (0, ""), errors
    return set(out.split())


class DriftTest(unittest.TestCase):
    def test_there_are_commands_and_options(self):
        self.assertLessEqual({"serve", "check", "health", "mock", "version", "help"}, set(commands()))
        self.assertEqual(options_of("health"), {"--config", "--address", "--live", "--timeout"})

    def test_the_manual_page_has_every_command_and_option(self):
        for command in commands():
            section = man_section(command)
            for option in options_of(command) - {"--help"}:
                self.assertRegex(section, rf'(?m)^\.BI? "?{option}\b', f"{command} {option}")

    def test_the_manual_page_has_no_other_option(self):
        for command in commands():
            self.assertLessEqual(set(re.findall(r"(?m)^\.BI? (--[a-z-]+)", man_section(command))), options_of(command))

    def test_zsh_has_every_command_and_option(self):
        for command in commands():
            self.assertIn(f"'{command}:", ZSH)
            for option in options_of(command):
                self.assertIn(f"{option}[", zsh_section(command), command)

    def test_fish_has_every_command_and_option(self):
        for command in commands():
            self.assertIn(f"-a {command} ", FISH)
            self.assertLessEqual(options_of(command), fish_options(command), command)

    def test_bash_offers_every_command_and_option(self):
        self.assertLessEqual(set(commands()), bash_offers(""))
        for command in commands():
            if options_of(command):
                self.assertEqual(bash_offers(command, "--") - {"--help"}, options_of(command) - {"--help"}, command)


class BashTest(unittest.TestCase):
    def test_is_registered(self):
        status, out, _ = run("bash", "--norc", "-c", f'source "{BASH}" && complete -p inferway')
        self.assertEqual((status, out), (0, "complete -F _inferway inferway\n"))

    def test_offers_what_fits(self):
        rows = [
            (("he",), {"health", "help"}),
            (("health", "--li"), {"--live"}),
            (("check", "--format", ""), {"text", "json"}),
            (("check", "--format", "j"), {"json"}),
            (("health", "--timeout", ""), set()),
            (("version", ""), set()),
            (("serve", "--config", str(ROOT / "CMakePre")), {str(ROOT / "CMakePresets.json")}),
            (("explain", "--config", "x", "G"), {"GET"}),
        ]
        for words, want in rows:
            with self.subTest(words):
                self.assertEqual(bash_offers(*words), want)


class SyntaxTest(unittest.TestCase):
    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh_reads_it(self):
        self.assertEqual(run("zsh", "-n", ROOT / "packaging/completion/_inferway"), (0, "", ""))

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish_reads_it(self):
        self.assertEqual(run("fish", "--no-execute", ROOT / "packaging/completion/inferway.fish"), (0, "", ""))

    @unittest.skipUnless(shutil.which("man"), "no man here")
    def test_manual_pages_have_no_warnings(self):
        for page in ("inferway.1", "inferway.yaml.5"):
            status, out, errors = run("man", "--warnings", "--local-file", ROOT / "packaging/man" / page)
            self.assertEqual((status, errors), (0, ""))
            self.assertIn("inferway", out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
