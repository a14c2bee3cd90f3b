"""Requests as programs send them that mean no good, or were never tried: seeded, so that each can be sent again."""

import io
import random
import string
from urllib.parse import unquote_to_bytes

from django.urls import reverse

from config.wsgi import application
from tests.website import forms, public

METHODS = ["GET", "HEAD", "POST", "POST", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"]
NASTY = [
    "", " ", "\x00", "\ud800", "\uffff", "\u202e", "\u2028", "'", '"', "\\", "%", "%00", "%s", "{{ 7*7 }}", "{% x %}",
    "<script>", "' OR 1=1 --", "../../etc/passwd", "\r\nSet-Cookie: a=b", "İ" * 300, "ü" * 3000, "a" * 20_000,
    "0", "-1", "1e309", "NaN", "99999999999999999999999", "null", "[]", "true", "١٢٣", "😀", "e\u0301" * 100, "on",
    "2026-13-45T99:99Z", "9999-12-31T23:59Z", "0001-01-01T00:00Z", "One-Click", "leave", "undo", "cancel", "move",
    "phone", "patient", "a@b", "@", "x@mail.example", "a@" + "b." * 120 + "example", "+1" + "4" * 60, "Europe/Berlin",
]  # fmt: skip
FIELDS = [
    "email", "first_name", "phone", "question", "website", "stamp", "time_zone", "wants_mail", "button", "topics",
    "kind", "starts_at", "List-Unsubscribe", "tz", "\x00", "csrfmiddlewaretoken", "x" * 3000, "",
]  # fmt: skip
CONTENT_TYPES = [
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=hex", "application/x-www-form-urlencoded; charset=\xff",
    "multipart/form-data; boundary=b", "multipart/form-data; boundary=b; charset=rot13",
    "multipart/form-data; boundary=b; charset=utf-16", "multipart/form-data; boundary=b; charset=idna",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff",
    "multipart/form-data; boundary=" + "b" * 300, "application/json", "text/plain", "", ";;;", "multipart/mixed",
]  # fmt: skip
HEADERS = [
    ("HTTP_HOST", ["", "evil.example", "testserver:99999", "[::1", "a b", "\t", "localhost"]),
    ("HTTP_COOKIE", ["arrival=x", "arrival=;;;=", "session=\t", "csrf=" + "x" * 5000, "=", "a=\xff"]),
    ("HTTP_REFERER", ["http://[", "\t", "javascript:x", "http://" + "x" * 9000, "//", "http://a:b:c/"]),
    ("HTTP_USER_AGENT", ["", "\t", "x" * 9000, "\xff\xfe"]),
    ("HTTP_ORIGIN", ["null", "http://[", "http://testserver", "", "\t"]),
    ("HTTP_SEC_FETCH_SITE", ["cross-site", "", "\t", "same-origin"]),
    ("HTTP_ACCEPT_LANGUAGE", ["x" * 5000, "en;q=9,*", "\t", ";q=,"]),
    ("HTTP_X_FORWARDED_FOR", ["::::", "1.2.3.4, \t", "x" * 5000]),
    ("HTTP_X_FORWARDED_PROTO", ["https", "x"]),
    ("HTTP_RANGE", ["bytes=0-", "bytes=-1--2"]),
    ("HTTP_IF_MODIFIED_SINCE", ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"]),
    ("HTTP_EXPECT", ["100-continue"]),
    ("CONTENT_LENGTH", ["-5", "abc", "0", "99999999999", ""]),
    ("REMOTE_ADDR", ["", "nonsense", "fe80::1%eth0", "::ffff:1.2.3.4"]),
    ("QUERY_STRING", ["a=%00&tz=%FF", "&" * 3000, "tz=" + "x" * 9000, "moved&moved=%C3%28"]),
]


def status_of(request):
    """What the whole application, as the web server runs it, answers."""
    statuses = []
    body = application(request, lambda status, _headers: statuses.append(int(status.split()[0])))
    b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return statuses[0]


class Hostile:
    """Draws requests against every public page; the world gives it links that really work.

    Half of them are forms with one field gone wrong, which get as far as the database; the others are wrong anyhow.
    """

    def __init__(self, seed, world):
        self.chance = random.Random(seed)
        self.world = world

    def request(self):
        """One request, as a web server hands it over."""
        return self.chance.choice([self._almost_right, self._all_wrong])()

    def _almost_right(self):
        name = self.chance.choice(["sign_up", "ask", "book", "preferences", "booked", "unsubscribe", "appointment"])
        values = self._values(name, wrong=1)
        body, content_type = self.chance.choice([self._form, self._multipart])(values)
        token = self.world["notice" if name == "appointment" else "letter"]
        return self._environ("POST", self._address(name, token, 0), body, content_type)

    def _all_wrong(self):
        name = self.chance.choice(public.names())
        path = self._address(name, self._token(), self.chance.choice([0, 1, 2, 2**15, 2**31, 2**63, 10**40]))
        garbled = [path + "/", path + "%00", path + "%ff%fe", path + "/../..", path + "/" + "x" * 9000, "//" + path]
        body, content_type = self._body(name)
        request = self._environ(
            self.chance.choice(METHODS),
            self.chance.choice([path] * 12 + garbled),
            body + self.chance.choice([b"", b"&%zz=%", b"&" * 2000, b"\xff\xfe", b"\x00"]),
            self.chance.choice([content_type, *CONTENT_TYPES]),
        )
        odd = self.chance.sample(HEADERS, k=self.chance.choice([0, 1, 2]))
        return {**request, **{header: self.chance.choice(values) for header, values in odd}}

    def _environ(self, method, path, body, content_type):
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": "",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver",
            "REMOTE_ADDR": f"198.51.{self.chance.randrange(256)}.{self.chance.randrange(256)}",
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }

    def _address(self, name, token, n):
        parts = {"token": token, "n": n, "uid": self.world["uid"], "name": token, "pk": n}
        return reverse(f"website:{name}", kwargs={key: parts[key] for key in public.arguments(name)})

    def _token(self):
        token = self.world[self.chance.choice(["letter", "notice", "confirm"])]
        place = self.chance.randrange(len(token))
        flipped = token[:place] + self.chance.choice(string.ascii_letters) + token[place + 1 :]
        strange = ["x", "\x00" * 22, "ü" * 22, "\ud7ff" * 22, "a" * 9000, "-" * 22, "=" * 22, " ", "%2F", "'"]
        return self.chance.choice([token] * 4 + [flipped] * 2 + strange)

    def _body(self, name):
        shape = self.chance.choice([self._form, self._multipart, self._noise])
        return shape(self._values(name, wrong=self.chance.randrange(4)))

    def _values(self, name, *, wrong):
        """Fields of the page's form, so many of them gone wrong."""
        form = name.replace("_", "-")
        values = {
            "email": f"p{self.chance.randrange(10**6)}@mail.example",
            "first_name": "Ada",
            "phone": "416 555 0123",
            "question": "Does it hurt?",
            "stamp": forms.stamped(form, words="" if form == "book" else None),
            "starts_at": self.world["slot"],
            "time_zone": "Europe/Berlin",
            "button": self.chance.choice(["leave", "undo", "pause", "resume", "topics", "move", "cancel", ""]),
            "kind": self.chance.choice(["phone", "direct", ""]),
        }
        for _ in range(wrong):
            values[self.chance.choice([*values, *values, *FIELDS])] = self.chance.choice(NASTY)
        return values

    def _form(self, values):
        pairs = [f"{_quoted(name)}={_quoted(value)}" for name, value in values.items()]
        return "&".join(pairs).encode(), "application/x-www-form-urlencoded"

    def _multipart(self, values):
        lines = []
        for name, value in values.items():
            filename = self.chance.choice([""] * 9 + ['; filename="x"', '; filename="../x"', "; filename*=utf-8''%ff"])
            lines.append(f'--b\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n{value}\r\n')
        return "".join([*lines, "--b--\r\n"]).encode(errors="surrogatepass"), "multipart/form-data; boundary=b"

    def _noise(self, values):
        return self.chance.randbytes(self.chance.choice([0, 1, 100, 70_000])), "application/octet-stream"


def _quoted(text):
    return "".join(f"%{byte:02X}" for byte in text.encode(errors="surrogatepass"))
