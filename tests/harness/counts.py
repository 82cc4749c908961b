"""What a set of events should leave in Redis: one object, filled by every recount, compared by every test."""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache

VIEWS = "views"
_SHOWN = 12


@lru_cache(maxsize=65536)
def _minute_name(minute: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M")


def minute_of(ts_ms: int) -> str:
    """`2026-11-24T13:05`: the name of the UTC minute that holds `ts_ms`."""
    return _minute_name(ts_ms // 60_000)


def hour_of(ts_ms: int) -> str:
    return minute_of(ts_ms)[:13]


def day_of(ts_ms: int) -> str:
    return minute_of(ts_ms)[:10]


def bucket_end_s(bucket: str) -> int:
    """Unix second at which a day, hour or minute bucket ends, from its name."""
    form, length = {
        10: ("%Y-%m-%d", timedelta(days=1)),
        13: ("%Y-%m-%dT%H", timedelta(hours=1)),
        16: ("%Y-%m-%dT%H:%M", timedelta(minutes=1)),
    }[len(bucket)]
    start = datetime.strptime(bucket, form).replace(tzinfo=timezone.utc)
    return int((start + length).timestamp())


def _counters() -> defaultdict[str, Counter[str]]:
    return defaultdict(Counter)


@dataclass
class Counts:
    """`buckets` holds days, hours and minutes side by side: their names tell them apart."""

    articles: Counter[str] = field(default_factory=Counter)
    buckets: defaultdict[str, Counter[str]] = field(default_factory=_counters)
    site: defaultdict[str, Counter[str]] = field(default_factory=_counters)
    filtered: defaultdict[str, Counter[str]] = field(default_factory=_counters)
    totals: Counter[str] = field(default_factory=Counter)

    def add_view(self, article: str, ts_ms: int, views: int = 1) -> None:
        minute = minute_of(ts_ms)
        self.articles[article] += views
        for bucket in (minute, minute[:13], minute[:10]):
            self.buckets[bucket][article] += views
        self.site[minute[:10]][minute[11:]] += views
        self.totals[VIEWS] += views

    def add_filtered(self, reason: str, ts_ms: int) -> None:
        """An event that is in the topic but is not a view."""
        self.filtered[day_of(ts_ms)][reason] += 1
        self.totals[reason] += 1

    @property
    def events(self) -> int:
        return self.totals.total()


def differences(name: str, actual: Mapping[str, int], expected: Mapping[str, int]) -> list[str]:
    """At most a screenful of lines on how two hashes differ; none when they are equal."""
    wrong = [
        f"{name}: {field!r} is {actual.get(field, 0)}, should be {expected.get(field, 0)}"
        for field in sorted(actual.keys() | expected.keys())
        if actual.get(field, 0) != expected.get(field, 0)
    ]
    hidden = len(wrong) - _SHOWN
    return wrong[:_SHOWN] + ([f"{name}: and {hidden} more fields differ"] if hidden > 0 else [])


def assert_same(name: str, actual: Mapping[str, int], expected: Mapping[str, int]) -> None:
    wrong = differences(name, actual, expected)
    assert not wrong, "\n".join(wrong)
