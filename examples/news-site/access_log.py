"""An access log in nginx's combined format, with an article's title and section behind it."""
from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

# What nginx would be told, and pv-producer is told. A log has no titles by itself, so the site sends them as
# headers of its answers, and the server logs these.
FORMAT = ('$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
          '"$http_user_agent" "$sent_http_x_article_title" "$sent_http_x_article_section"')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def escaped(text: str) -> bytes:
    """As nginx escapes what it logs; a "-" stands for nothing."""
    raw = text.encode("utf-8", "surrogateescape") or b"-"
    return b"".join(b"\\x%02X" % byte if byte < 32 or byte > 126 or byte in b'"\\' else bytes([byte]) for byte in raw)


def time_local(when: datetime) -> bytes:
    return f"{when.day:02}/{_MONTHS[when.month - 1]}/{when.year:04}:{when:%H:%M:%S %z}".encode()


def behind_the_time(request: str, status: int, size: int, referrer: str, agent: str, title: str,
                    section: str) -> bytes:
    """The line from the bracket that closes the time on, with its line feed."""
    quoted = b" ".join(b'"' + escaped(text) + b'"' for text in (referrer, agent, title, section))
    return b'] "%s" %d %d %s\n' % (escaped(request), status, size, quoted)


def line(address: str, when: datetime, rest: bytes) -> bytes:
    return b"%s - - [%s%s" % (escaped(address), time_local(when), rest)


class AccessLog:
    """Safe to share between threads: each line is one write, at the end of the file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def write(self, address: str, rest: bytes) -> None:
        whole = line(address, datetime.now(timezone.utc), rest)
        if os.write(self._file, whole) != len(whole):
            raise OSError("the access log was not written whole: is the disk full?")

    def close(self) -> None:
        os.close(self._file)
