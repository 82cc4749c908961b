"""Eight days of an access log, up to now: what today is held against.

The lines follow the hours of a day and the days of a week, and are the same for the same moment and seed.
"""
from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

from demo.news_site import Article, Newspaper, behind_the_time, time_local
from demo.people import BROWSERS, REFERRERS, SPIDERS, people
from demo.popularity import Popularity

DAYS = 8
# Readers in each hour of a day on the site's clock, and on a day of the weekend beside one of the week.
HOURS = (2.0, 1.2, 0.8, 0.6, 0.6, 1.0, 2.2, 4.2, 5.4, 5.0, 4.8, 5.0, 5.6, 5.0, 4.6, 4.6, 4.8, 5.2, 5.6, 6.0, 6.4, 6.2,
         5.0, 3.4)
WEEKEND = 0.72
# Of all lines. What is left are views of articles by people.
SPIDER_SHARE, FRONT_SHARE, STYLE_SHARE, MISSING_SHARE = 0.04, 0.03, 0.03, 0.01
PEOPLE = 20_000
VARIANTS = 24  # of the lines of one article
_MINUTE = timedelta(minutes=1)


def busy(when: datetime) -> float:
    """How busy the site is at a moment of its own time."""
    hour = when.hour + when.minute / 60 - 0.5
    before, after = HOURS[int(hour // 1) % 24], HOURS[int(hour // 1 + 1) % 24]
    level = before + (after - before) * (hour % 1)
    return level * (WEEKEND if when.weekday() >= 5 else 1.0)


def minutes_until(now: datetime) -> list[datetime]:
    """From the midnight that begins the first day; the last one is over."""
    local = now.astimezone()
    begin = (local - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    count = int((now - begin) / _MINUTE)
    return [(begin + number * _MINUTE).astimezone(timezone.utc) for number in range(count)]


def _of_article(article: Article, rng: random.Random) -> list[bytes]:
    """What may stand behind the time in lines of one article."""
    return [behind_the_time(f"GET {article.path} HTTP/1.1", 200, rng.randrange(6000, 9000), rng.choice(REFERRERS),
                            rng.choice(BROWSERS), article.title, article.section) for _ in range(VARIANTS)]


def _others(paper: Newspaper) -> list[tuple[float, list[bytes]]]:
    """Lines that are no views of articles, by their share."""
    robots = [behind_the_time(f"GET {article.path} HTTP/1.1", 200, 7000, "", agent, article.title, article.section)
              for agent in SPIDERS for article in paper.articles]

    def read(path: str, status: int, size: int) -> list[bytes]:
        return [behind_the_time(f"GET {path} HTTP/1.1", status, size, "", agent, "", "") for agent in BROWSERS]

    return [(SPIDER_SHARE, robots), (FRONT_SHARE, read("/", 200, 8000)), (STYLE_SHARE, read("/style.css", 200, 5000)),
            (MISSING_SHARE, read("/wp-login.php", 404, 1200))]


class History:
    """Lines in the order of their times, about `lines` of them."""

    def __init__(self, paper: Newspaper, popularity: Popularity, now: datetime, lines: int, seed: int) -> None:
        self._rng = random.Random(seed)
        self._popularity = popularity
        self._minutes = minutes_until(now)
        level = [busy(minute.astimezone()) for minute in self._minutes]
        self._expected = [lines * one / sum(level) for one in level]
        others = _others(paper)
        self._pools = [_of_article(article, self._rng) for article in popularity.articles]
        self._pools += [pool for _, pool in others]
        self._shares = [share for share, _ in others]
        self._addresses = [reader.address.encode() for reader in people(PEOPLE, seed)]

    def _cumulated(self, when: datetime) -> list[float]:
        weights = self._popularity.weights(when)
        of_articles = (1 - sum(self._shares)) / sum(weights)
        return list(itertools.accumulate([weight * of_articles for weight in weights] + self._shares))

    def _count(self, expected: float) -> int:
        """As many as come in a minute in which so many are expected."""
        return max(0, round(self._rng.gauss(expected, expected**0.5)))

    def chunks(self) -> Iterator[list[bytes]]:
        """The lines of a minute at a time."""
        rng, hour, bounds = self._rng, -1, [1.0]
        for minute, expected in zip(self._minutes, self._expected):
            if minute.hour != hour:
                hour, bounds = minute.hour, self._cumulated(minute)
            front = b" - - [" + time_local(minute)[:-8]
            seconds = sorted(rng.randrange(60) for _ in range(self._count(expected)))
            yield [
                b"%s%s%02d +0000%s" % (rng.choice(self._addresses), front, second, rng.choice(
                    self._pools[min(bisect.bisect(bounds, rng.random()), len(bounds) - 1)]))
                for second in seconds
            ]


def write(history: History, append: Callable[[bytes], object], at_once: int, wait: Callable[[int], None]) -> int:
    """Appends all, in pieces of some `at_once` lines, and calls `wait` with the lines so far before each piece.
    Returns how many lines there were."""
    lines, pieces, held = 0, b"", 0
    for chunk in history.chunks():
        pieces += b"".join(chunk)
        held += len(chunk)
        if held >= at_once:
            wait(lines)
            append(pieces)
            lines, pieces, held = lines + held, b"", 0
    append(pieces)
    return lines + held
