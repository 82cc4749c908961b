#!/usr/bin/env python3
"""Writes an access log of any length: the same seed gives the same lines.

    python3 tests/harness/weblog_generate.py --lines=200000 --seed=7 > access.log
"""
from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.access_log_line import format_time

PEOPLE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1",
)
ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "-",
)
REFERRERS = ("-", "https://www.example.org/", "https://news.example.com/item?id=8863", "android-app://com.example/")
BAD_LINES = (b"", b"not a log line at all", b'10.0.0.1 - - [99/Foo/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"')
SPELLINGS = ("{0}", "{0}/", "{0}?utm_source=feed", "/{0}", "{0}/index.html", "{0}#comments")


class WeblogGenerator:
    """Articles follow Zipf's law with exponent 1; lines are spread evenly over `span`, ending at `end`."""

    def __init__(self, lines: int, seed: int, articles: int = 2000,
                 end: datetime | None = None, span: timedelta = timedelta(hours=3)) -> None:
        self._lines = lines
        self._random = random.Random(seed)
        self._end = (end or datetime.now(timezone.utc)).replace(microsecond=0)
        self._span = span
        self._ids = [f"/articles/{number:05}-on-things" for number in range(articles)]
        self._weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(articles)))

    def __iter__(self) -> Iterator[bytes]:
        """Whole lines with their line feeds."""
        for number in range(self._lines):
            position = (number + 1) / self._lines
            yield self._line(self._end - self._span * (1 - position)) + b"\n"

    def _line(self, when: datetime) -> bytes:
        choose = self._random.choice
        kind = self._random.random()
        if kind < 0.01:
            return choose(BAD_LINES)
        article = self._random.choices(self._ids, cum_weights=self._weights)[0]
        target, method, status, agent = choose(SPELLINGS).format(article), "GET", 200, choose(PEOPLE)
        if kind < 0.08:
            target = f"{article}/picture.{choose(('png', 'CSS', 'js', 'woff2'))}?v=3"
        elif kind < 0.11:
            status = choose((404, 301, 500, 206))
        elif kind < 0.13:
            method = choose(("POST", "HEAD"))
        elif kind < 0.20:
            agent = choose(ROBOTS)
        elif kind < 0.22:
            status = 304
        address = f"10.{self._random.randrange(256)}.{self._random.randrange(256)}.7"
        return (f'{address} - - [{format_time(when).decode()}] "{method} {target} HTTP/1.1" {status} 5123 '
                f'"{choose(REFERRERS)}" "{agent}"').encode()


def main() -> None:
    parser = argparse.ArgumentParser(description="Generates an access log in combined format.")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--end", type=datetime.fromisoformat, help="time of the last line (default: now)")
    options = parser.parse_args()
    sys.stdout.buffer.writelines(
        WeblogGenerator(options.lines, options.seed, options.articles, options.end)
    )


if __name__ == "__main__":
    main()
