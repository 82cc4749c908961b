#!/usr/bin/env python3
"""Moves the times of an access log so that its latest line is of now; distances and all else stay.

    python3 tests/harness/weblog_shift.py access.log > shifted.log
"""
from __future__ import annotations

import argparse
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.access_log_line import format_time, parse_time

_TIME_FIELD = re.compile(rb"\[([^\]]*)\]")


def _time_field(line: bytes) -> tuple[re.Match[bytes], datetime] | None:
    match = _TIME_FIELD.search(line)
    when = parse_time(match[1]) if match else None
    return (match, when) if match and when else None


def shift_lines(lines: list[bytes], end: datetime) -> list[bytes]:
    """Lines without a time of their own stay as they are."""
    times = [found[1] for found in map(_time_field, lines) if found]
    if not times:
        return list(lines)
    latest_s = max(int(when.timestamp()) for when in times)
    distance = timedelta(seconds=int(end.timestamp()) - latest_s)
    shifted = []
    for line in lines:
        found = _time_field(line)
        if found:
            match, when = found
            line = line[: match.start(1)] + format_time(when + distance) + line[match.end(1) :]
        shifted.append(line)
    return shifted


def shift_file(source: Path, target: Path, end: datetime | None = None) -> None:
    lines = source.read_bytes().splitlines(keepends=True)
    target.write_bytes(b"".join(shift_lines(lines, end or datetime.now(timezone.utc))))


def main() -> None:
    parser = argparse.ArgumentParser(description="Shifts the times of an access log so that it ends now.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--end", type=datetime.fromisoformat, help="time of the last line (default: now)")
    options = parser.parse_args()
    lines = options.log.read_bytes().splitlines(keepends=True)
    sys.stdout.buffer.write(b"".join(shift_lines(lines, options.end or datetime.now(timezone.utc))))


if __name__ == "__main__":
    main()
