"""The log of the demo counted again, and held against Redis. Shares no code with the programs.

A log of some hundred thousand lines has a few hundred kinds of them, that differ in nothing but address and time.
Each kind is judged once.
"""
from __future__ import annotations

from collections import Counter
from pathlib import Path

from demo.news_site import ARTICLE_PATTERN
from harness.access_log_line import parse_line, parse_time
from harness.page_view_policy import Policy
from harness.weblog_recount import WeblogCounts, whole_lines

_DAY_MS = 86_400_000


class Recount:
    def __init__(self) -> None:
        self._policy = Policy(article_pattern=ARTICLE_PATTERN)
        self._verdicts: dict[bytes, tuple[str | None, str | None]] = {}
        self._times: dict[bytes, int] = {}

    def _verdict(self, kind: bytes, line: bytes) -> tuple[str | None, str | None]:
        """(article, None) or (None, reason)."""
        if kind not in self._verdicts:
            hit = parse_line(line)
            if hit is None:
                return None, "bad_line"
            article, reason = self._policy.judge(hit)
            if reason is None and self._policy.agent_of(hit.user_agent) == "spider":
                article, reason = None, "spider"
            self._verdicts[kind] = article, reason
        return self._verdicts[kind]

    def _minute_ms(self, text: bytes) -> int | None:
        """Of a time such as `28/Nov/2026:04:28:01 +0000`."""
        minute = text[:-8] + b"00" + text[-6:]
        if minute not in self._times:
            when = parse_time(minute)
            if when is None:
                return None
            self._times[minute] = int(when.timestamp()) * 1000
        return self._times[minute]

    def count(self, log: Path) -> WeblogCounts:
        """Times are those of the minute, which is what counts are kept by."""
        result = WeblogCounts()
        views: Counter[tuple[int, str]] = Counter()
        for line in whole_lines(log):
            result.hits += 1
            head, bracket, kind = line.partition(b"] ")
            time_ms = self._minute_ms(head.rpartition(b"[")[2])
            article, reason = self._verdict(kind, line) if bracket and time_ms is not None else (None, "bad_line")
            if reason is not None:
                result.reasons[reason] += 1
            if article is not None and time_ms is not None:
                views[time_ms, article] += 1
            elif reason == "spider" and time_ms is not None:
                result.counts.add_filtered(reason, time_ms)
        for (time_ms, article), count in views.items():
            result.counts.add_view(article, time_ms, count)
        return result
