"""Access log lines for tests that need a few certain ones."""
from __future__ import annotations

from datetime import datetime, timezone

from harness.access_log_line import format_time

BROWSER = b"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"


def quoted(field: bytes) -> bytes:
    """As Apache writes a field: quotes, backslashes and unprintable bytes escaped."""
    return b"".join(
        b"\\" + bytes([byte]) if byte in b'"\\' else bytes([byte]) if 0x20 <= byte < 0x7F else b"\\x%02x" % byte
        for byte in field
    )


def raw_line(target: bytes, agent: bytes = BROWSER, referrer: bytes = b"-", time: datetime | None = None) -> bytes:
    """A hit of that time, or of now, fields written as they are given."""
    at = format_time(time or datetime.now(timezone.utc))
    return b'10.0.0.1 - - [%s] "GET %s HTTP/1.1" 200 5 "%s" "%s"\n' % (at, target, referrer, agent)


def log_line(target: bytes, agent: bytes = BROWSER, referrer: bytes = b"-", time: datetime | None = None) -> bytes:
    """The same as a web server writes it."""
    return raw_line(quoted(target), quoted(agent), quoted(referrer), time)


def numbered_lines(name: str, count: int) -> bytes:
    """`count` views of `count` articles."""
    return b"".join(log_line(f"/{name}/{number}".encode()) for number in range(count))
