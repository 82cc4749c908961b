"""The traffic of `./run demo`: lines of a real web server's log, as of now, and bursts made up from them.

The log begins with the sample's lines spread over the day before, to hold the articles of now against. So that
the trending lists have something to find, one article after the other is viewed more often for some seconds.
"""
from __future__ import annotations

import itertools
import re
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from harness.access_log_line import format_time, parse_line
from harness.page_view_policy import Policy

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "demo" / "access.log"
YESTERDAY = timedelta(hours=24)
BURST_CYCLE_S, BURST_BEGINS_S, BURST_ENDS_S = 15.0, 4.0, 12.0
BURST_SHARE = 0.25  # of the replay's rate
BURST_ARTICLES = ("/articles/ppp-over-ssh", "/projects/fex", "/blog/geekery/debugging-java-performance.html")
_TIME_FIELD = re.compile(rb"\[[^\]]*\]")


def at_time(line: bytes, when: datetime) -> bytes:
    return _TIME_FIELD.sub(b"[" + format_time(when) + b"]", line, count=1)


class Burst:
    """One article after the other is viewed often for some seconds, by addresses that are nobody's."""

    def __init__(self, sample: list[bytes], rate: float) -> None:
        self._lines = {article: self._line_of(article, sample) for article in BURST_ARTICLES}
        self._rate = rate
        self._visitors = itertools.cycle(range(1, 255))
        self._written = 0.0

    @staticmethod
    def _line_of(article: str, sample: list[bytes]) -> bytes:
        """A line of the sample that counts as a view of the article."""
        policy = Policy()
        for line in sample:
            hit = parse_line(line.rstrip(b"\n"))
            if hit and policy.judge(hit) == (article, None) and policy.agent_of(hit.user_agent) == "user":
                return line
        raise SystemExit(f"the sample has no view of {article}")

    @staticmethod
    def article_at(elapsed_s: float) -> str | None:
        cycle, second = divmod(elapsed_s, BURST_CYCLE_S)
        return BURST_ARTICLES[int(cycle) % len(BURST_ARTICLES)] if BURST_BEGINS_S <= second < BURST_ENDS_S else None

    def lines(self, elapsed_s: float, passed_s: float) -> list[bytes]:
        """What is due when `passed_s` more have passed."""
        article = self.article_at(elapsed_s)
        if article is None:
            return []
        self._written += passed_s * self._rate
        count, self._written = int(self._written), self._written % 1
        _, _, rest = self._lines[article].partition(b" ")
        return [b"203.0.113.%d " % visitor + rest for visitor in itertools.islice(self._visitors, count)]


class Replayer:
    """Appends the sample's lines over and over, `rate` a second, each with the time it is written at."""

    def __init__(self, log: Path, rate: float) -> None:
        self._out = log.open("ab")
        sample = SAMPLE.read_bytes().splitlines(keepends=True)
        self._lines = itertools.cycle(sample)
        self._burst = Burst(sample, rate * BURST_SHARE)
        self._rate = rate
        self._replayed = self._bursts = 0
        self._before = self._write_yesterday(sample)
        self._started_s = self._caught_up_s = time.monotonic()

    def _write_yesterday(self, sample: list[bytes]) -> int:
        """What the articles of now are held against."""
        begin = datetime.now(timezone.utc) - YESTERDAY
        for number, line in enumerate(sample):
            self._out.write(at_time(line, begin + YESTERDAY * number / len(sample)))
        return len(sample)

    @property
    def written(self) -> int:
        return self._before + self._replayed + self._bursts

    @property
    def burst_article(self) -> str | None:
        return self._burst.article_at(self._caught_up_s - self._started_s)

    def catch_up(self) -> None:
        """Writes what is due by now."""
        now_s, now = time.monotonic(), datetime.now(timezone.utc)
        due = int((now_s - self._started_s) * self._rate) - self._replayed
        burst = self._burst.lines(now_s - self._started_s, now_s - self._caught_up_s)
        for line in itertools.chain(itertools.islice(self._lines, max(due, 0)), burst):
            self._out.write(at_time(line, now))
        self._replayed += max(due, 0)
        self._bursts += len(burst)
        self._caught_up_s = now_s
        self._out.flush()

    def close(self) -> None:
        self._out.close()
