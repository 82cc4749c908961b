"""The C parser of log formats and Python's, on thousands of good and broken lines of many formats: the same hit."""

from __future__ import annotations

import json
import random
import struct
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from harness.access_log_line import format_time
from harness.log_format_reference import apache_parser, nginx_parser
from harness.log_hit_reference import Hit, Parser
from harness.log_json_reference import json_hit
from harness.mutations import mutate
from harness.programs import binary

LINES_PER_FORMAT = 400
DEADLINE_S = 120

METHODS = [b"GET"] * 8 + [b"POST", b"HEAD", b"-", b"PROPFIND"]
TARGETS = [
    b"/", b"/a", b"/a/b.html?c=d&e", b"/caf\xc3\xa9", b"/a%2Fb%25", b"/a b", b'/"quoted"', b"/back\\slash", b"/a?",
    b"*", b"https://example.org/a", b"/tab\there", b"/\x00\x01\xff", b"/a HTTP/1.1 b", b"/[24/Nov/2026]", b"/a]b",
    b"/a|b - c", b"",
]  # fmt: skip
PROTOCOLS = [b"HTTP/1.0", b"HTTP/1.1", b"HTTP/2.0", b"HTTP/3.0"]
TEXTS = [
    b"-", b"", b"Mozilla/5.0 (X11; Linux x86_64)", b'say "hi"', b"back\\slash\\", b"\\x41\\u0041\\n",
    b"tab\tline\nfeed\r", b"\xc3\xa9\xff\x80", b"\xf0\x9f\x98\x80", b"https://example.org/?q=a b", b"a, b", b"[x] [y",
    b"\x00\x1f\x7f", b"\xed\xa0\x80", b"ends in |", b"1",
]  # fmt: skip
ADDRESSES = [b"203.0.113.9", b"2001:db8::1", b"::1", b"-", b"host.example.org", b"unix:", b""]
FORWARDED = [b"-", b"198.51.100.7", b"198.51.100.7, 203.0.113.9", b"a,b,[2001:db8::1]:443", b"a, ", b""]
SITES = [
    b"example.org", b"example.org:8080", b"[2001:db8::1]:443", b"[2001:db8::1]", b"2001:db8::1", b"-", b"", b"_",
    b"a:b:80",
]  # fmt: skip
CONSENTS = [b"-", b"1", b"0", b"", b"11"]
PURPOSES = [b"-", b"prefetch", b"prefetch;prerender", b""]
STATUSES = [b"200"] * 6 + [b"304", b"404", b"000", b"999"]
ZONES = [0, 0, 0, 330, 345, -210, -720, 840]
BYTES = [
    b'"', b"\\", b" ", b"[", b"]", b"-", b"|", b"\t", b"{", b"}", b":", b",", b"0", b"9", b"\xff", b"\x00", b"\\u",
    b"\\ud800", b"\\x4", b"/",
]  # fmt: skip

Writer = Callable[[bytes], bytes]


def escape_nginx(text: bytes) -> bytes:
    return b"".join(b"\\x%02X" % byte if byte < 32 or byte > 126 or byte in b'"\\' else bytes([byte]) for byte in text)


def escape_json(text: bytes) -> bytes:
    letters = {0x22: b'\\"', 0x5C: b"\\\\", 8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r"}
    return b"".join(letters.get(byte, b"\\u%04X" % byte if byte < 32 else bytes([byte])) for byte in text)


def escape_apache(text: bytes) -> bytes:
    letters = {0x22: b'\\"', 0x5C: b"\\\\", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 13: b"\\r"}
    return b"".join(letters.get(byte, b"\\x%02x" % byte if byte < 32 or byte > 126 else bytes([byte])) for byte in text)


def some_request(rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return rng.choice([b"-", b"", b"\x16\x03\x01", b"GET", b"GET /a", b" "])
    return b" ".join([rng.choice(METHODS), rng.choice(TARGETS), rng.choice(PROTOCOLS)])


def some_time(rng: random.Random) -> datetime:
    zone = timezone(timedelta(minutes=rng.choice(ZONES)))
    return datetime.fromtimestamp(rng.randrange(10**5, 4 * 10**9), zone) + timedelta(microseconds=rng.randrange(10**6))


def epoch_us(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def seconds(when: datetime, digits: int = 3) -> bytes:
    us = epoch_us(when)
    return b"%d.%0*d" % (us // 10**6, digits, us % 10**6 // 10 ** (6 - digits))


def some_value(rng: random.Random, name: str) -> bytes:
    """What a server might log for a variable that is no time."""
    kinds: list[tuple[tuple[str, ...], list[bytes]]] = [
        (("request_method", "m"), METHODS),
        (("request_uri", "uri", "uri?", "U%q", "U", "url", "path"), TARGETS),
        (("args", "q", "query_string"), [b"", b"-", b"a=b&c", b"?a=b"]),
        (("server_protocol", "H"), PROTOCOLS),
        (("status", "s", ">s", "<s"), STATUSES),
        (("remote_addr", "h", "a", "{c}a", "client_ip", "remote_ip"), ADDRESSES),
        (("http_x_forwarded_for", "{X-Forwarded-For}i"), FORWARDED),
        (("host", "http_host", "server_name", "v", "V", "{Host}i"), SITES),
        (("http_dnt", "http_sec_gpc", "{DNT}i", "{Sec-GPC}i"), CONSENTS),
        (("http_purpose", "http_sec_purpose", "{Purpose}i", "{Sec-Purpose}i"), PURPOSES),
    ]
    if name in ("request", "r"):
        return some_request(rng)
    return rng.choice(next((values for names, values in kinds if name in names), TEXTS))


REST = [
    "http_referer", "http_user_agent", "remote_addr", "http_x_forwarded_for", "host", "http_host", "server_name",
    "http_sec_purpose", "http_purpose", "http_dnt", "http_sec_gpc", "request_time", "upstream_addr", "remote_user",
    "body_bytes_sent", "sent_http_x_article_title", "sent_http_x_article_section",
]  # fmt: skip
APACHE_REST = [
    "{Referer}i", "{User-Agent}i", "h", "a", "{c}a", "{X-Forwarded-For}i", "v", "V", "{Host}i", "{Sec-Purpose}i",
    "{Purpose}i", "{DNT}i", "{Sec-GPC}i", "D", "u", "l", "b", "{X-Id}o", "p", "<s",
    "{X-Article-Title}o", "{x-article-section}o",
]  # fmt: skip
REQUESTS = [
    ["request"], ["request_method", "request_uri"], ["request_method", "uri"], ["request_method", "uri", "args"],
    ["request_method", "uri?"], ["request_method", "request_uri", "server_protocol"],
    ["request", "request_method", "uri"],
]  # fmt: skip
APACHE_REQUESTS = [["r"], ["m", "U%q"], ["m", "U"], ["m", "U", "q"], ["m", "U%q", "H"]]
TIMES = [["time_local"], ["time_iso8601"], ["msec"], ["time_local", "msec"]]
APACHE_TIMES = [
    ["t"], ["{sec}t"], ["{msec}t"], ["{usec}t"], ["{%d/%b/%Y:%H:%M:%S %z}t"], ["{%FT%T%z}t"], ["t", "{msec_frac}t"],
    ["{%d/%b/%Y %T}t", "{usec_frac}t", "{%z}t"], ["{begin:%Y-%m-%e %R:%S}t", "{end:%z}t"],
]  # fmt: skip


def time_text(name: str, when: datetime) -> bytes:
    """What a server logs for a variable that is a time."""
    us = epoch_us(when)
    numbers = {"{sec}t": us // 10**6, "{msec}t": us // 1000, "{usec}t": us}
    fractions = {"{msec_frac}t": b"%03d" % (us // 1000 % 1000), "{usec_frac}t": b"%06d" % (us % 10**6)}
    if name in ("time_local", "t"):
        text = format_time(when)
        return text if name == "time_local" else b"[" + text + b"]"
    if name == "time_iso8601":
        return when.replace(microsecond=0).isoformat().encode()
    if name == "msec":
        return seconds(when)
    if name in numbers:
        return b"%d" % numbers[name]
    if name in fractions:
        return fractions[name]
    return when.strftime(name.strip("{}t").removeprefix("begin:").removeprefix("end:")).encode()


def is_time(name: str) -> bool:
    return name in ("time_local", "time_iso8601", "msec", "t") or (name.endswith("}t"))


class Made:
    """A format, how its lines are written, and its parser."""

    def __init__(self, rng: random.Random, server: str, escape: str) -> None:
        self.server, self.escape = server, escape
        nginx = server == "nginx"
        names = [*rng.choice(TIMES if nginx else APACHE_TIMES), rng.choice(["status"] if nginx else ["s", ">s"])]
        groups = [[name] for name in names] if rng.random() < 0.5 else [names[:-1], names[-1:]]
        groups.append(rng.choice(REQUESTS if nginx else APACHE_REQUESTS))
        groups += [[name] for name in rng.sample(REST if nginx else APACHE_REST, rng.randrange(9))]
        rng.shuffle(groups)
        self.items: list[tuple[str, str]] = []  # fixed text, the variable behind it
        separator = rng.choice([" ", "\t", " | ", " - ", ", "])
        front = ""
        for group in groups:
            for index, name in enumerate(group):
                opening, closing = rng.choice([('"', '"'), ('"', '"'), ("[", "]"), ("", "")])
                if len(group) > 1 and not is_time(name):
                    opening, closing = ('"' if index == 0 else "", '"' if index == len(group) - 1 else "")
                self.items.append((front + opening, name))
                front = closing + (" " if index < len(group) - 1 else separator)
        self.back = front[: len(front) - len(separator)]

    def text(self) -> str:
        return "".join(fixed + self._spelled(name) for fixed, name in self.items) + self.back

    def _spelled(self, name: str) -> str:
        if self.server == "apache":
            return "%" + name
        return "$uri$is_args$args" if name == "uri?" else f"${name}"

    def option(self) -> str:
        if self.server == "apache":
            return self.text().replace("\t", "\\t")
        return f"log_format x escape={self.escape} '{self.text()}';" if self.escape != "default" else self.text()

    def parser(self) -> Parser:
        return apache_parser(self.text()) if self.server == "apache" else nginx_parser(self.text(), self.escape)

    def line(self, rng: random.Random) -> bytes:
        when = some_time(rng)
        writers: dict[str, Writer] = {"default": escape_nginx, "json": escape_json, "none": bytes}
        write = escape_apache if self.server == "apache" else writers[self.escape]
        pieces = []
        for fixed, name in self.items:
            value = time_text(name, when) if is_time(name) else write(some_value(rng, name))
            if name == "uri?" and b"?" not in value and self.escape == "default":
                value += b"-"
            if name == "q" and value == b"-":
                value = b""
            pieces.append(fixed.encode() + value)
        return b"".join(pieces).replace(b"\n", b" ") + self.back.encode()


def mutated(rng: random.Random, line: bytes) -> bytes:
    return mutate(rng, line, BYTES).replace(b"\n", b" ")


def in_words(hit: Hit | None) -> str:
    if hit is None:
        return "bad_line"
    texts = [hit.method, hit.target, hit.referrer, hit.user_agent, hit.address, hit.site, hit.purpose, hit.title,
             hit.section]
    spelled = ["-" if text is None else text.hex() or "=" for text in texts]
    return " ".join([str(hit.time_ms), str(hit.status), str(int(hit.no_consent)), *spelled])


def answers_of(option: str, lines: list[bytes]) -> list[str]:
    stdin = b"".join(struct.pack(">I", len(line)) + line for line in lines)
    done = subprocess.run(
        [binary("pv-format-check"), option], input=stdin, capture_output=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, f"{option}: {done.stderr.decode(errors='replace')}"
    answers = done.stdout.decode("ascii").splitlines()
    assert len(answers) == len(lines)
    return answers


def compare(option: str, parse: Parser, lines: list[bytes]) -> float:
    """The share of the lines that are hits; fails when the parsers differ on one."""
    expected = [in_words(parse(line)) for line in lines]
    differing = [
        (line, verdict, answer)
        for line, verdict, answer in zip(lines, expected, answers_of(option, lines), strict=True)
        if verdict != answer
    ]
    assert not differing, (
        f"{option!r}: {len(differing)} differ, such as {min(differing, key=lambda case: len(case[0]))}"
    )
    return sum(verdict != "bad_line" for verdict in expected) / len(expected)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("server", "escape"), [("nginx", "default"), ("nginx", "json"), ("nginx", "none"), ("apache", "default")]
)
def test_both_parsers_find_the_same_hits_in_lines_of_any_format(server: str, escape: str, seed: int) -> None:
    rng = random.Random(f"{server} {escape} {seed}")
    made = Made(rng, server, escape)
    lines = [mutated(rng, made.line(rng)) for _ in range(LINES_PER_FORMAT)]
    share = compare(made.option(), made.parser(), lines)
    assert share > (0.02 if escape == "none" else 0.1), f"{made.option()!r} has too few hits to prove anything"


JSON_NAMES = [
    "http_referer", "referrer", "user_agent", "User-Agent", "remote_addr", "client_ip", "remote_ip",
    "http_x_forwarded_for", "host", "http_host", "server_name", "http_sec_purpose", "http_purpose", "http_dnt",
    "http_sec_gpc", "args", "x", "", "bytes", "title", "section", "sent_http_x_article_title",
    "sent_http_x_article_section", "http_x_article_title",
]  # fmt: skip
HEADERS = {
    "User-Agent": TEXTS, "Referer": TEXTS, "Sec-Purpose": PURPOSES, "Purpose": PURPOSES, "Dnt": CONSENTS,
    "Sec-Gpc": CONSENTS, "Accept": TEXTS, "X-Forwarded-For": FORWARDED,
}  # fmt: skip
JUNK = [
    "null", "true", "false", "0", "-0.5e+3", "[]", "{}", "[1,[2]]", '{"status":1}', '"\\ud83d"',
    '"\\ude00\\ud83d\\ude00"', '"\\u0000"', "1e5",
]  # fmt: skip


def quoted(text: bytes) -> bytes:
    return b'"' + escape_json(text) + b'"'


def member(name: str, value: bytes) -> bytes:
    return b'"' + name.encode() + b'":' + value


def json_time(rng: random.Random) -> bytes:
    when = some_time(rng)
    us = epoch_us(when)
    texts = [
        format_time(when), when.isoformat().encode(), when.replace(microsecond=0).isoformat(" ").encode(),
        seconds(when, rng.randrange(1, 7)), when.astimezone(timezone.utc).isoformat().replace("+00:00", "Z").encode(),
    ]  # fmt: skip
    numbers = [
        seconds(when), seconds(when, 6), b"%d" % (us // 10**6), b"%d" % (us // 1000), b"%d" % us, b"%d" % (us * 1000),
    ]  # fmt: skip
    return quoted(rng.choice(texts)) if rng.random() < 0.5 else rng.choice(numbers)


def json_request(rng: random.Random) -> list[bytes]:
    if rng.random() < 0.4:
        return [member("request", quoted(some_request(rng)))]
    return [
        member(rng.choice(["request_method", "method"]), quoted(rng.choice(METHODS))),
        member(rng.choice(["request_uri", "uri", "path"]), quoted(rng.choice(TARGETS))),
    ]


def caddy_request(rng: random.Random) -> list[bytes]:
    headers = [
        member(name, b"[" + quoted(rng.choice(values)) + b"]") for name, values in HEADERS.items() if rng.random() < 0.5
    ]
    answer = [
        member(f"X-Article-{name}", b"[" + quoted(rng.choice(TEXTS)) + b"]") for name in ("Title", "Section", "Id")
        if rng.random() < 0.5
    ]  # fmt: skip
    members = [
        member("remote_ip", quoted(rng.choice(ADDRESSES))), member("method", quoted(rng.choice(METHODS))),
        member("host", quoted(rng.choice(SITES))), member("uri", quoted(rng.choice(TARGETS))),
        member("headers", b"{" + b",".join(headers) + b"}"), member("tls", b'{"server_name":"x"}'),
    ]  # fmt: skip
    if rng.random() < 0.5:
        members.append(member("client_ip", quoted(rng.choice(ADDRESSES))))
    rng.shuffle(members)
    return [
        member("request", b"{" + b",".join(members) + b"}"), member("resp_headers", b"{" + b",".join(answer) + b"}"),
    ]  # fmt: skip


def json_line(rng: random.Random) -> bytes:
    caddy = rng.random() < 0.4
    members = [
        member(
            rng.choice(["ts", "time", "msec", "time_iso8601", "time_local", "timestamp", "@timestamp"]), json_time(rng)
        ),
        member("status", rng.choice(STATUSES) if rng.random() < 0.5 else quoted(rng.choice(STATUSES))),
        *(caddy_request(rng) if caddy else json_request(rng)),
    ]
    if not caddy:
        names = [rng.choice(pair) for pair in (JSON_NAMES[0:2], JSON_NAMES[2:4])]
        names += rng.sample(JSON_NAMES[4:], rng.randrange(6))
        members += [member(name, quoted(some_value(rng, name))) for name in names]
    members += [
        member(rng.choice(["junk", "resp_headers", "user"]), rng.choice(JUNK).encode()) for _ in range(rng.randrange(3))
    ]
    rng.shuffle(members)
    return b"{" + rng.choice([b",", b" , "]).join(members) + b"}"


@pytest.mark.parametrize("seed", range(8))
def test_both_parsers_find_the_same_hits_in_json(seed: int) -> None:
    rng = random.Random(seed)
    lines = [mutated(rng, json_line(rng)) for _ in range(2 * LINES_PER_FORMAT)]
    assert compare("json", json_hit, lines) > 0.3


def test_a_line_that_json_itself_writes_is_read_as_it_was_meant() -> None:
    line = json.dumps(
        {"ts": 1.25, "status": 200, "request": "GET /\u00e9\U0001f600 HTTP/2.0", "agent": "\ud800"}
    ).encode()
    assert compare("json", json_hit, [line]) == 1.0
    hit = json_hit(line)
    assert hit is not None
    assert (hit.time_ms, hit.target, hit.user_agent) == (1250, "/\u00e9\U0001f600".encode(), "\ufffd".encode())
