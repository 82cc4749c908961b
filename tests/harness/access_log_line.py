"""One line of an access log (common, combined, vcombined), taken apart without our own code."""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")

_QUOTED = rb'"((?:[^"\\]|\\.)*)"'
_COMMON = rb'(\S+) (\S+) (.+?) \[([^\]]*)\] ' + _QUOTED + rb" (\d{3}) (\d+|-)"
_COMBINED = _COMMON + b" " + _QUOTED + b" " + _QUOTED + rb"(?: .*)?"  # what people append is ignored
_PATTERNS = {
    "common": re.compile(_COMMON, re.DOTALL),
    "combined": re.compile(_COMBINED, re.DOTALL),
    "vcombined": re.compile(rb"\S+ " + _COMBINED, re.DOTALL),
}
_TIME = re.compile(rb"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_SHORT_ESCAPES = {
    b'"': b'"', b"\\": b"\\", b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"b": b"\b", b"f": b"\f",
}


@dataclass(frozen=True)
class Hit:
    """What one well-formed line says. `user_agent` is None where the format has none."""

    time_ms: int
    method: bytes
    target: bytes
    status: int
    user_agent: bytes | None


def unescape(field: bytes) -> bytes:
    """Undoes what Apache and nginx do to quotes, backslashes and unprintable bytes in a quoted field."""

    def replace(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if len(code) == 3:
            return bytes([int(code[1:], 16)])
        return _SHORT_ESCAPES.get(code, match[0])

    return _ESCAPE.sub(replace, field)


def parse_time(field: bytes) -> datetime | None:
    """`17/May/2015:10:05:03 +0000` with its own offset, or None."""
    match = _TIME.fullmatch(field)
    if match is None or match[2] not in MONTHS:
        return None
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    zone = timezone(-offset if match[7] == b"-" else offset)
    try:
        return datetime(
            int(match[3]), MONTHS.index(match[2]) + 1, int(match[1]),
            int(match[4]), int(match[5]), int(match[6]), tzinfo=zone,
        )
    except ValueError:
        return None


def format_time(when: datetime) -> bytes:
    """The inverse of `parse_time`."""
    month = MONTHS[when.month - 1].decode()
    return f"{when.day:02}/{month}/{when.year:04}:{when:%H:%M:%S %z}".encode()


def split_request(request: bytes) -> tuple[bytes, bytes]:
    """Method and target of a request line; without a space the whole field is the method."""
    method, space, rest = request.partition(b" ")
    if not space:
        return request, b""
    target, space, last = rest.rpartition(b" ")
    if not space:
        target, last = b"", rest
    return (method, target) if last.startswith(b"HTTP/") else (method, rest)


def parse_line(line: bytes, log_format: str = "combined") -> Hit | None:
    """`line` without its line feed; None when its syntax is broken."""
    match = _PATTERNS[log_format].fullmatch(line)
    if match is None:
        return None
    when = parse_time(match[4])
    if when is None:
        return None
    method, target = split_request(unescape(match[5]))
    user_agent = None if log_format == "common" else unescape(match[9])
    return Hit(int(when.timestamp()) * 1000, method, target, int(match[6]), user_agent)
