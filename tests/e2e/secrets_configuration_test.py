"""No error about a configuration shows a secret of it, and nothing that is printed of a good one does."""

from harness import main, run_inferway, to_yaml
from secret_places import BEARER, ENVIRONMENT, GOOGLE, LITERAL, QUERY, UNKNOWN, X_API_KEY, Case, SecretFiles, whole


def with_backend(lines):
    return f"backends:\n  b:\n{lines}\nroutes: [{{match: {{path: /*}}, to: [{{backend: b}}]}}]\n"


URL = "    endpoints: [http://127.0.0.1:1]\n"
BAD = {
    "a key with a blank": with_backend(f'{URL}    key: "{LITERAL} x"'),
    "a key over two lines": with_backend(f"{URL}    key: {LITERAL}\n      more"),
    "a key that is a list": with_backend(f"{URL}    key: [{LITERAL}]"),
    "a key that is a mapping": with_backend(f"{URL}    key: {{value: {LITERAL}}}"),
    "a key's name misspelt": with_backend(f"{URL}    kee: {LITERAL}"),
    "a key twice": with_backend(f"{URL}    key: {LITERAL}\n    key: {LITERAL}"),
    "a quote not closed": with_backend(f'{URL}    key: "{LITERAL}'),
    "a bracket not closed": with_backend(f"{URL}    key: [{LITERAL}"),
    "a colon too many": with_backend(f"{URL}    key: {LITERAL}: x"),
    "a tab behind it": with_backend(f"{URL}    key: {LITERAL}\n\tx: y"),
    "a key in ${}": with_backend(f"{URL}    key: ${{{LITERAL}}}"),
    "a ${ without end": with_backend(f"{URL}    key: {LITERAL}${{"),
    "a control character": with_backend(f"{URL}    key: {LITERAL}\x01"),
    "a header's value with a line break": with_backend(f'{URL}    headers: {{Authorization: "{LITERAL}\\n"}}'),
    "a header's value that is a list": with_backend(f"{URL}    headers: {{Authorization: [{LITERAL}]}}"),
    "a header twice": with_backend(f"{URL}    headers: {{X-A: {LITERAL}, x-a: {LITERAL}}}"),
    "a header that is no name": with_backend(f"{URL}    headers: {{X A: {LITERAL}}}"),
    "a password in a URL": with_backend(f'    endpoints: ["http://user:{LITERAL}@127.0.0.1:1"]'),
    "a key in a URL": with_backend(f'    endpoints: ["http://127.0.0.1:1/?key={LITERAL}"]'),
    "a password in a strange URL": with_backend(f'    endpoints: ["ftp://user:{LITERAL}@127.0.0.1:1"]'),
    "a password in a URL twice": with_backend(f'    endpoints: [{{url: "http://u:{LITERAL}@h", weight: 0}}]'),
    "a token misspelt": f"admin: {{tokn: {LITERAL}}}\n" + with_backend(URL),
    "a token with a blank": f'admin: {{token: "{LITERAL} x"}}\n' + with_backend(URL),
    "a caller's key instead of its hash": f"keys: {{static: [{{name: a, sha256: {LITERAL}}}]}}\n" + with_backend(URL),
    "a variable where a number is wanted": "threads: ${PROVIDER_KEY}\n" + with_backend(URL),
    "a variable where an address is wanted": "listen: ${PROVIDER_KEY}\n" + with_backend(URL),
    "a variable where a choice is wanted": with_backend(f"{URL}    api: ${{PROVIDER_KEY}}"),
    "a variable in a URL": with_backend("    endpoints: [http://${PROVIDER_KEY}@h]"),
    "a variable as a path": "log: {access: '${PROVIDER_KEY}'}\n" + with_backend(URL),
    "a variable as a backend's name": with_backend(URL).replace("backend: b", "backend: '${PROVIDER_KEY}'"),
}


class ConfigurationTest(Case):
    def test_no_error_shows_one(self):
        directory = self.enterContext(SecretFiles())
        file = directory / "bad.yaml"
        for what, text in BAD.items():
            file.write_text(text, encoding="utf-8")
            for command in (["check"], ["check", "--format", "json"], ["serve"], ["explain"]):
                with self.subTest(what, command=command):
                    rest = ["GET", "/v1/x"] if command == ["explain"] else []
                    status, out, err = run_inferway(*command, "--config", str(file), *rest, environment=ENVIRONMENT)
                    self.assertEqual(status, 2, err)
                    self.assertRegex(err, r"bad\.yaml:\d+:\d+: ")
                    self.assert_silent(out + err, "what it says")

    def test_nor_does_what_is_printed_of_a_good_one(self):
        directory = self.enterContext(SecretFiles())
        file = directory / "good.yaml"
        file.write_text(to_yaml(whole({"literal": "http://127.0.0.1:1", "variable": "http://127.0.0.1:2", "file": "http://h"})))
        headers = ["--header", f"Authorization: Bearer {BEARER}", "--header", f"X-Api-Key: {X_API_KEY}"]
        headers += ["--header", f"X-Goog-Api-Key: {GOOGLE}", "--header", f"Cookie: a={UNKNOWN}"]
        for form in ("text", "json"):
            for command in (["check"], ["explain", *headers, "GET", f"/literal/v1/x?key={QUERY}"], ["explain", "GET", "/file/x"]):
                with self.subTest(command[0], format=form):
                    status, out, err = run_inferway(
                        *command, "--config", str(file), "--format", form, environment=ENVIRONMENT
                    )
                    self.assertEqual((status, err), (0, ""))
                    self.assert_silent(out, "what it prints")


if __name__ == "__main__":
    main()
