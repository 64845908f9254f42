"""Where the model stands, what is wrong with a body that should name one, and how it is renamed."""

import hashlib
import json
import random
import unittest

from harness import Backend, Gateway, chunked, eventually, main, request

CODING = [("Transfer-Encoding", "chunked")]
CHAT = "/v1/chat/completions"


def route(path, model, new=None):
    target = {"backend": "main", **({"model": new} if new is not None else {})}
    return {"match": {"path": path, **({"model": model} if model else {})}, "to": [target]}


class ModelTest(unittest.TestCase):
    NEW = 'org/new-"é"'  # has to be escaped wherever it is put

    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        config = {
            "backends": {"main": {"endpoints": [cls.backend.url]}},
            "limits": {"body_bytes": "16MiB"},
            "routes": [
                route(CHAT, "old", cls.NEW),
                route(CHAT, "same"),
                route("/v1/audio/*", "old", cls.NEW),
                route("/v1/realtime", "old", cls.NEW),
                route("/v1beta/models/*", "old", cls.NEW),
                route("/v1beta/models/*", "org/*"),
                route("/v1/models/*", "old", cls.NEW),
                route("/v1/models/*", None),
                route("/any", None, cls.NEW),
            ],
        }
        cls.gateway = cls.enterClassContext(Gateway(config))

    def setUp(self):
        self.client = self.enterContext(self.gateway.client())

    def sent_up(self, raw):
        """What the backend got for it."""
        response = self.client.send(raw).read_response()
        self.assertEqual(response.status, 200, response)
        return self.backend.requests[-1]

    def test_renaming_splices_the_value_and_leaves_every_other_byte(self):
        new = json.dumps(self.NEW, ensure_ascii=False).encode()
        rows = {
            "alone": (b'{"model":', b'"old"', b"}"),
            "with blanks": (b' \r\n\t{ "model"\t:\n ', b'"old"', b' , "b" : [ 1 , 2 ] } \n'),
            "last": (b'{"z":1.0,"a":1e5,"a":2,"model":', b'"old"', b"}"),
            "escaped": (b'{"a":"\\"model\\":","mod\\u0065l":', b'"\\u006fld"', b',"b":"\xc3\xa9\\u00e9"}'),
            "below": (b'{"x":{"model":"old"},"y":["model","old",{"model":1}],"model":', b'"old"', b',"zz":{"model":"x"}}'),
            "numbers": (b'{"t":0.10,"n":-0,"big":12345678901234567890,"model":', b'"old"', b',"e":1E+02}'),
        }
        for name, (front, value, back) in rows.items():
            for framing in ("length", "chunked"):
                with self.subTest(name, framing=framing):
                    body = front + value + back
                    raw = request("POST", CHAT, CODING, chunked(body[:7], body[7:])) if framing == "chunked" else (
                        request("POST", CHAT, body=body))
                    got = self.sent_up(raw)
                    self.assertEqual(got.body, front + new + back)
                    self.assertEqual(got.headers_named("content-length"), [str(len(got.body))])
                    self.assertEqual(got.headers_named("transfer-encoding"), [])

    def test_everything_outside_the_model_has_the_same_hash(self):
        chance = random.Random(7)
        new = json.dumps(self.NEW, ensure_ascii=False).encode()
        for size in (10, 4000, 4096, 70_000, 1_500_000):
            text = "".join(chance.choice('abc "\\é\u2028\n{}[]:,model') for _ in range(size))
            front = json.dumps({"messages": [{"role": "user", "content": text}]})[:-1].encode() + b' ,"model" :'
            back = b',\n"x":' + json.dumps(text, ensure_ascii=False).encode() + b"}"
            with self.subTest(size):
                got = self.sent_up(request("POST", CHAT, body=front + b'"old"' + back))
                begin, end = len(front), len(got.body) - len(back)
                self.assertEqual(got.body[begin:end], new)
                outside = hashlib.sha256(got.body[:begin] + got.body[end:]).hexdigest()
                self.assertEqual(outside, hashlib.sha256(front + back).hexdigest())

    def test_without_a_new_name_the_body_is_forwarded_as_received(self):
        body = b' { "b":1.00, "model" : "s\\u0061me" , "b": 2 }\n\n'
        self.assertEqual(self.sent_up(request("POST", CHAT, body=body)).body, body)

    def test_a_route_that_wants_no_model_renames_it_all_the_same(self):
        got = self.sent_up(request("POST", "/any", body=b'{"model":"whatever"}'))
        self.assertEqual(got.json(), {"model": self.NEW})
        got = self.sent_up(request("POST", "/any", body=b'{"none":1}'))
        self.assertEqual(got.body, b'{"none":1}')

    def test_a_body_that_should_name_a_model_is_checked(self):
        rows = {
            "empty": (b"", "invalid_json"),
            "blank": (b"  \n", "invalid_json"),
            "an array": (b'[{"model":"old"}]', "invalid_json"),
            "a string": (b'"model"', "invalid_json"),
            "no JSON": (b"model=old", "invalid_json"),
            "cut": (b'{"model":"old"', "invalid_json"),
            "cut in a string": (b'{"model":"old","a":"', "invalid_json"),
            "crossed brackets": (b'{"model":"old","x":[1}', "invalid_json"),
            "two objects": (b'{"model":"old"}{"model":"same"}', "invalid_json"),
            "something behind it": (b'{"model":"old"} x', "invalid_json"),
            "a NUL behind it": (b'{"model":"old"}\x00', "invalid_json"),
            "a byte order mark": (b'\xef\xbb\xbf{"model":"old"}', "invalid_json"),
            "a newline in a string": (b'{"a":"\n","model":"old"}', "invalid_json"),
            "a wrong escape": (b'{"a":"\\x","model":"old"}', "invalid_json"),
            "no comma": (b'{"a":1 "model":"old"}', "invalid_json"),
            "a comma too many": (b'{"model":"old",}', "invalid_json"),
            "no colon": (b'{"model" "old"}', "invalid_json"),
            "a bare key": (b'{model:"old"}', "invalid_json"),
            "single quotes": (b"{'model':'old'}", "invalid_json"),
            "too deep": (b'{"model":"old","x":' + b"[" * 5000 + b"]" * 5000 + b"}", "invalid_json"),
            "two models": (b'{"model":"old","model":"same"}', "ambiguous_model"),
            "two equal models": (b'{"model":"old","model":"old"}', "ambiguous_model"),
            "two models, one escaped": (b'{"model":"old","mod\\u0065l":"same"}', "ambiguous_model"),
            "two models far apart": (b'{"model":"old","x":"' + b"y" * 100_000 + b'","model":"same"}', "ambiguous_model"),
            "a number": (b'{"model":1}', "invalid_model"),
            "null": (b'{"model":null}', "invalid_model"),
            "true": (b'{"model":true}', "invalid_model"),
            "an object": (b'{"model":{"id":"old"}}', "invalid_model"),
            "a list": (b'{"model":["old"]}', "invalid_model"),
            "an empty name": (b'{"model":""}', "invalid_model"),
            "a name too long": (b'{"model":"' + b"x" * 5000 + b'"}', "invalid_model"),
            "a control in it": (b'{"model":"a\\u0000b"}', "invalid_model"),
            "half a surrogate": (b'{"model":"\\ud800"}', "invalid_model"),
            "no UTF-8": (b'{"model":"\xff"}', "invalid_model"),
        }
        before = len(self.backend.requests)
        for name, (body, error) in rows.items():
            for framing in ([], CODING):
                with self.subTest(name, framing=framing), self.gateway.client() as client:
                    client.send(request("POST", CHAT, framing, (chunked(body) if body else b"0\r\n\r\n") if framing else body))
                    response = client.read_response()
                    self.assertEqual((response.status, response.header("x-inferway-error")), (400, error), response)
                    told = response.json()["error"]
                    self.assertEqual((told["type"], told["code"]), ("invalid_request_error", error))
                    self.assertGreater(len(told["message"]), 10, "it says what is wrong")
        self.assertEqual(len(self.backend.requests), before, "something went upstream")

    def test_a_compressed_body_cannot_be_routed_by_its_model(self):
        response = self.client.send(request("POST", CHAT, [("Content-Encoding", "gzip")], b"\x1f\x8b")).read_response()
        self.assertEqual((response.status, response.header("x-inferway-error")), (415, "unsupported_encoding"))

    FORM = (
        b'--b"x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        b'\x00\xff\r\n--b"\r\nname="model"\r\n\r\n'
        b'--b"x\r\nContent-Disposition: form-data; name="model"\r\n\r\n%s\r\n'
        b'--b"x\r\nContent-Disposition: form-data; name="language"\r\n\r\nen\r\n--b"x--\r\n'
    ).replace(b'b"x', b"b'x").replace(b'b"', b"b'")
    FORM_TYPE = ("Content-Type", "multipart/form-data; boundary=\"b'x\"")

    def test_the_model_of_a_form_is_found_and_renamed(self):
        for framing in ("length", "chunked"):
            with self.subTest(framing):
                body = self.FORM % b"old"
                headers = [self.FORM_TYPE] + (CODING if framing == "chunked" else [])
                payload = chunked(body[:99], body[99:]) if framing == "chunked" else body
                got = self.sent_up(request("POST", "/v1/audio/transcriptions", headers, payload))
                self.assertEqual(got.body, self.FORM % self.NEW.encode())
                self.assertEqual(got.header("content-type"), self.FORM_TYPE[1])
                self.assertEqual(got.header("content-length"), str(len(got.body)))

    def test_a_form_that_should_name_a_model_is_checked(self):
        part = b"--b'x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nold\r\n"
        rows = {
            "no end": (self.FORM_TYPE[1], part, "bad_request"),
            "two models": (self.FORM_TYPE[1], part + part + b"--b'x--\r\n", "ambiguous_model"),
            "an empty model": (self.FORM_TYPE[1], (part + b"--b'x--\r\n").replace(b"old", b""), "invalid_model"),
            "no boundary": ("multipart/form-data", part + b"--b'x--\r\n", "bad_request"),
            "a boundary too long": ("multipart/form-data; boundary=" + "b" * 71, part, "bad_request"),
            "a part without an end of its head": (self.FORM_TYPE[1], b"--b'x\r\nX: y\r\n--b'x--\r\n", "bad_request"),
        }
        for name, (kind, body, error) in rows.items():
            with self.subTest(name), self.gateway.client() as client:
                client.send(request("POST", "/v1/audio/transcriptions", [("Content-Type", kind)], body))
                response = client.read_response()
                self.assertEqual((response.status, response.header("x-inferway-error")), (400, error), response)

    def test_the_model_of_a_query_is_found_and_renamed(self):
        got = self.sent_up(request("GET", "/v1/realtime?a=1&model=old&b=%20"))
        self.assertEqual(got.target, "/v1/realtime?a=1&b=%20&model=org%2Fnew-%22%C3%A9%22")
        rows = [
            ("?model=other", "model_not_found"),
            ("", "model_not_found"),
            ("?model=old&model=new", "bad_request"),
            ("?model=", "invalid_model"),
            ("?model=a%0D%0Ab", "invalid_model"),
            ("?model=%FF", "invalid_model"),
            ("?model=" + 1025 * "x", "invalid_model"),
        ]
        for query, error in rows:
            with self.subTest(query):
                response = self.client.get("/v1/realtime" + query).read_response()
                self.assertEqual(response.header("x-inferway-error"), error)

    def test_the_model_of_a_gemini_path_is_found_and_renamed(self):
        new = "org%2Fnew-%22%C3%A9%22"
        rows = [
            ("/v1beta/models/old:generateContent", f"/v1beta/models/{new}:generateContent"),
            ("/v1beta/models/o%6cd:streamGenerateContent?alt=sse", f"/v1beta/models/{new}:streamGenerateContent?alt=sse"),
            ("/v1beta/models/old", f"/v1beta/models/{new}"),
            ("/v1/models/old:generateContent", f"/v1/models/{new}:generateContent"),
            ("/v1/models/old", "/v1/models/old"),  # OpenAI's models resource
            ("/v1beta/models/org%2Fx:countTokens", "/v1beta/models/org%2Fx:countTokens"),
        ]
        for target, want in rows:
            with self.subTest(target):
                body = b'{"contents":[],"model":"not this one"}'
                got = self.sent_up(request("POST", target, body=body))
                self.assertEqual((got.target, got.body), (want, body))
        for target, error in [("none:x", "model_not_found"), ("a%0ab:x", "invalid_model"), ("%ff:x", "invalid_model")]:
            response = self.client.send(request("POST", "/v1beta/models/" + target, body=b"{}")).read_response()
            self.assertEqual(response.header("x-inferway-error"), error, target)

    def test_the_access_log_names_the_model_as_the_client_did(self):
        self.sent_up(request("POST", CHAT, [("X-Request-Id", "find-me")], b'{"model":"old"}'))
        found = lambda: [r["model"] for r in self.gateway.access_log() if r["request_id"] == "find-me"]  # noqa: E731
        self.assertEqual(eventually(found), ["old"])


if __name__ == "__main__":
    main()
