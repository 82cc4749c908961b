"""Events by what the aggregator must make of them: a view, a filtered view, or a rejection with its reason."""
from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class RejectedCase:
    """`value` None is a tombstone."""

    name: str
    reason: str
    value: bytes | None


@dataclass(frozen=True)
class AcceptedCase:
    name: str
    value: bytes
    article: str
    agent: str = "user"


FAR_FUTURE_MS = 4_102_444_800_000
_A = '{"article":"/a"'


def _padded(size: int, prefix: str = _A) -> bytes:
    """A valid event of exactly `size` bytes."""
    start, end = f'{prefix},"padding":"', '"}'
    return (start + "x" * (size - len(start) - len(end)) + end).encode()


def _with(field: str, value: str) -> bytes:
    """`value` is JSON text."""
    return f'{_A},"{field}":{value}}}'.encode()


_NOT_JSON: dict[str, bytes | None] = {
    "tombstone": None,
    "empty": b"",
    "spaces": b"   ",
    "words": b"not json at all",
    "cut short": b'{"article":"/a"',
    "more behind": b'{"article":"/a"} x',
    "two objects": b'{"article":"/a"}{"article":"/b"}',
    "single quotes": b"{'article':'/a'}",
    "trailing comma": b'{"article":"/a",}',
    "comment": b'{"article":"/a"/* no */}',
    "bare name": b'{article:"/a"}',
    "NaN": _with("x", "NaN"),
    "Infinity": _with("x", "-Infinity"),
    "leading zero": _with("x", "01"),
    "plus sign": _with("x", "+1"),
    "no digit before the point": _with("x", ".5"),
    "no digit after the point": _with("x", "1."),
    "hexadecimal": _with("x", "0x10"),
    "half a word": _with("x", "tru"),
    "unknown escape": b'{"article":"/\\q"}',
    "short unicode escape": b'{"article":"/\\u12"}',
    "raw line feed": b'{"article":"/a\nb"}',
    "raw NUL in a string": b'{"article":"/a\x00b"}',
    "NUL behind": b'{"article":"/a"}\x00',
    "only NUL": b"\x00",
    "byte order mark": b'\xef\xbb\xbf{"article":"/a"}',
    "invalid UTF-8": b'{"article":"/\xff"}',
    "invalid UTF-8 in an unknown field": b'{"article":"/a","x":"\xc3"}',
    "overlong UTF-8": b'{"article":"/\xc0\xaf"}',
    "UTF-8 of a surrogate": b'{"article":"/\xed\xa0\x80"}',
    "UTF-8 above the last code point": b'{"article":"/\xf4\x90\x80\x80"}',
    "unclosed depth": b"[" * 4000,
    "closed depth": b'{"article":"/a","x":' + b"[" * 4000 + b"]" * 4000 + b"}",
}

_BY_REASON: dict[str, dict[str, bytes | None]] = {
    "too_large": {
        "one byte too long": _padded(8193),
        "long and no JSON": b"x" * 9000,
    },
    "not_json": _NOT_JSON,
    "not_object": {"array": b'[{"article":"/a"}]', "string": b'"/a"', "number": b"1", "null": b"null", "true": b"true"},
    "bad_version": {
        "two": _with("v", "2"), "zero": _with("v", "0"), "string": _with("v", '"1"'), "null": _with("v", "null"),
        "true": _with("v", "true"), "fraction": _with("v", "1.5"), "before a missing article": b'{"v":2}',
    },
    "missing_article": {
        "empty object": b"{}",
        "other case": b'{"Article":"/a"}',
        "only nested": b'{"x":{"article":"/a"}}',
        "before a bad time": b'{"ts":-1}',
    },
    "bad_article": {
        "null": b'{"article":null}', "number": b'{"article":1}', "array": b'{"article":["/a"]}',
        "empty": b'{"article":""}',
        "513 bytes": json.dumps({"article": "/" + "a" * 512}).encode(),
        "513 bytes in 257 characters": json.dumps({"article": "/" + "\u00e9" * 256}, ensure_ascii=False).encode(),
        "twice": b'{"article":"/a","article":"/a"}',
        "twice, once spelled with an escape": b'{"article":"/a","\\u0061rticle":"/b"}',
        "escaped line feed": b'{"article":"/a\\nb"}',
        "escaped NUL": b'{"article":"/a\\u0000b"}',
        "raw DEL": b'{"article":"/a\x7f"}',
        "raw C1 control": b'{"article":"/a\xc2\x85"}',
        "escaped C1 control": b'{"article":"/a\\u009f"}',
        "before a bad time": b'{"article":"","ts":-1}',
    },
    "bad_ts": {
        "string": _with("ts", '"1432000000000"'), "null": _with("ts", "null"), "true": _with("ts", "true"),
        "negative": _with("ts", "-1"), "fraction": _with("ts", "1432000000000.5"),
        "too large": _with("ts", "100000000000000"), "too large, as a power": _with("ts", "1e14"),
        "no double": _with("ts", "1e400"), "before a bad agent": b'{"article":"/a","ts":-1,"agent":"x"}',
    },
    "future": {
        "year 2100": _with("ts", str(FAR_FUTURE_MS)),
        "before a bad agent": f'{_A},"ts":{FAR_FUTURE_MS},"agent":"x"}}'.encode(),
    },
    "bad_agent": {
        "unknown": _with("agent", '"robot"'), "empty": _with("agent", '""'), "other case": _with("agent", '"User"'),
        "null": _with("agent", "null"), "number": _with("agent", "1"),
        "before a bad field": b'{"article":"/a","agent":"x","visitor":1}',
    },
    "bad_field": {
        "empty visitor": _with("visitor", '""'), "long visitor": _with("visitor", f'"{"v" * 65}"'),
        "visitor of a wrong type": _with("visitor", "1"),
        "long section": _with("section", f'"{"s" * 65}"'), "section of a wrong type": _with("section", "[]"),
        "long title": _with("title", f'"{"t" * 301}"'), "title null": _with("title", "null"),
        "title with a line feed": _with("title", '"a\\nb"'),
        "long referrer": _with("referrer", f'"{"r" * 256}"'), "referrer of a wrong type": _with("referrer", "{}"),
        "long id": _with("id", f'"{"i" * 65}"'), "id of a wrong type": _with("id", "true"),
    },
}

REJECTED_CASES = tuple(
    RejectedCase(name, reason, value) for reason, cases in _BY_REASON.items() for name, value in cases.items()
)

ACCEPTED_CASES = (
    AcceptedCase("only an article", b'{"article":"/plain"}', "/plain"),
    AcceptedCase("time with an exponent", b'{"article":"/exponent","ts":1.4319e12}', "/exponent"),
    AcceptedCase("time with a zero fraction", b'{"article":"/fraction","ts":1431900000000.0}', "/fraction"),
    AcceptedCase("time zero", b'{"article":"/epoch","ts":0}', "/epoch"),
    AcceptedCase("version", b'{"v":1,"article":"/version"}', "/version"),
    AcceptedCase("version as a float", b'{"v":1.0,"article":"/version-float"}', "/version-float"),
    AcceptedCase("unknown fields", b'{"article":"/unknown","x":{"article":"/y"},"y":[1,null]}', "/unknown"),
    AcceptedCase("known names in other case", b'{"article":"/case","Ts":-1,"AGENT":"x"}', "/case"),
    AcceptedCase("unknown field twice", b'{"x":1,"article":"/unknown-twice","x":2}', "/unknown-twice"),
    AcceptedCase("spaces around", b' \r\n\t{ "article" : "/spaces" } \n', "/spaces"),
    AcceptedCase("8192 bytes", _padded(8192, '{"article":"/largest"'), "/largest"),
    AcceptedCase("512 bytes of article", json.dumps({"article": "/" + "z" * 511}).encode(), "/" + "z" * 511),
    AcceptedCase("path that climbs", b'{"article":"/../../etc/passwd"}', "/../../etc/passwd"),
    AcceptedCase("quotes and spaces", b'{"article":"/say \\"hi\\" \'x\' %s %n \\\\"}', "/say \"hi\" 'x' %s %n \\"),
    AcceptedCase("raw UTF-8", '{"article":"/caf\u00e9"}'.encode(), "/caf\u00e9"),
    AcceptedCase("escaped surrogate pair", b'{"article":"/\\ud83d\\ude00"}', "/\U0001f600"),
    AcceptedCase("escaped name", b'{"\\u0061rticle":"/escaped-name"}', "/escaped-name"),
    AcceptedCase("escaped solidus", b'{"article":"\\/solidus"}', "/solidus"),
    AcceptedCase(
        "every field at its bound",
        json.dumps({
            "article": "/bounds", "agent": "user", "visitor": "v" * 64, "section": "s" * 64, "title": "t" * 300,
            "referrer": "r" * 255, "id": "i" * 64, "ts": 1431900000000, "v": 1,
        }).encode(),
        "/bounds",
    ),
    AcceptedCase("spider", b'{"article":"/by-a-spider","agent":"spider"}', "/by-a-spider", "spider"),
    AcceptedCase("automated", b'{"article":"/automated","agent":"automated"}', "/automated", "automated"),
)
