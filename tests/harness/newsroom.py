"""A news site's counts, written to Redis as docs/redis-schema.md has them, for tests of what is shown: the same ones
every time, but for the clock. There is a diurnal curve, a weekend, and headlines of all lengths."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass

import redis

from harness.counts import minute_of

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DAYS = 15
LISTS = ("1h", "24h", "7d", "30d", "hot", "rising")

HEADLINES = {
    "news": ("Council votes for the new tram line after nine hours of debate",
             "Storm over the coast: what is closed, and until when", "Rents rise again",
             "“We were not asked”: villages against the reservoir, a report in four parts from the valley itself"),
    "sport": ("Late goal sends the city to the final", "Marathon: the course, the roads, the weather",
              "Coach leaves after one season", "Live: the second day in the stadium"),
    "business": ("Shipyard takes on 400 people", "Why bread costs more", "The bank on the corner closes"),
    "culture": ("The opera opens with a quarrel", "Eleven books for the winter", "A museum counts its visitors"),
    "Wirtschaft & Börse": ("Dax schließt im Plus", "Zinsen: was Sparer jetzt wissen müssen"),
    "science": ("A comet that can be seen without a glass", "Ice older than thought"),
}


@dataclass(frozen=True)
class Article:
    id: str
    title: str | None
    section: str | None
    weight: float
    is_rising: bool


def slug(title: str) -> str:
    return title[:18].lower().strip("“” :").replace(" ", "-")


def articles() -> list[Article]:
    """The most read first; the last two are what nobody described."""
    source = random.Random(7)
    found = [Article(f"/2026/{section.split()[0].lower()}/{number}-{slug(title)}", title, section, source.paretovariate(1.8), source.random() < 0.25)
             for section, titles in HEADLINES.items() for number, title in enumerate(titles)]
    found.sort(key=lambda article: -article.weight)
    plain = [("/about", 0.4), ("/search?q=tram line&page=2", 0.3)]
    return found + [Article(article, None, None, weight, False) for article, weight in plain]


def rate(at_ms: int) -> float:
    """Views a minute of the site: few at night, a peak at noon and one in the evening, fewer at weekends."""
    hour = at_ms % DAY_MS / HOUR_MS
    day = 0.25 + 0.75 * max(0.0, math.sin(math.pi * (hour - 5) / 19)) + 0.5 * math.exp(-((hour - 19.5) ** 2) / 4)
    return 42 * day * (0.7 if at_ms // DAY_MS % 7 in (2, 3) else 1.0)


class Newsroom:
    """Its counts up to `now_ms`. The sums are kept, so that tests can compare what is shown with them."""

    def __init__(self, client: redis.Redis, now_ms: int) -> None:
        self.client = client
        self.now_ms = now_ms
        self.articles = articles()
        self.site: dict[int, int] = {}  # views by the start of their minute
        self._source = random.Random(3)

    def write(self) -> None:
        self._write_site()
        self._write_articles()
        self._write_lists()
        self._write_rest()

    def _write_site(self) -> None:
        first = (self.now_ms // DAY_MS - DAYS) * DAY_MS
        pipe = self.client.pipeline(transaction=False)
        for at in range(first, self.now_ms, MINUTE_MS):
            views = max(0, round(self._source.gauss(rate(at), math.sqrt(rate(at)))))
            if views:
                self.site[at] = views
                pipe.hset(f"pv:site:{minute_of(at)[:10]}", minute_of(at)[11:16], views)
        pipe.execute()

    def _write_articles(self) -> None:
        pipe = self.client.pipeline(transaction=False)
        whole = sum(article.weight for article in self.articles)
        for article in self.articles:
            share = article.weight / whole
            total = 0
            for hour in range(self.now_ms // HOUR_MS - 47, self.now_ms // HOUR_MS + 1):
                recent = 2.5 if article.is_rising and hour >= self.now_ms // HOUR_MS - 1 else 1.0
                views = round(60 * rate(hour * HOUR_MS) * share * recent * self._source.uniform(0.6, 1.4))
                name = minute_of(hour * HOUR_MS)
                if views:
                    pipe.hincrby(f"pv:views:{name[:13]}", article.id, views)
                    pipe.hincrby(f"pv:views:{name[:10]}", article.id, views)
                total += views
            pipe.hset("pv:views", article.id, total)
            described = {"title": article.title, "section": article.section}
            if article.title:
                pipe.hset(f"pv:article:{article.id}", mapping=described)
            day = minute_of(self.now_ms)[:10]
            pipe.pfadd(f"pv:visitors:{day}:{article.id}", *(f"{n}" for n in range(1 + total // 9)))
        pipe.execute()

    def _write_lists(self) -> None:
        pipe = self.client.pipeline(transaction=False)
        scores = {"1h": 60.0, "24h": 900.0, "7d": 5000.0, "30d": 16000.0, "hot": 400.0}
        for name in LISTS:
            for at, article in enumerate(self.articles):
                if name == "rising" and not article.is_rising:
                    continue
                # Lists differ: what rises is further up in the short ones.
                weight = article.weight * (1.6 if article.is_rising and name in ("1h", "hot") else 1.0)
                views = round(scores.get(name, 0) * weight / 3) + len(self.articles) - at
                score = 9.5 / (1 + at) if name == "rising" else views
                pipe.zadd(f"pv:trending:{name}", {article.id: score})
                if article.section:
                    pipe.zadd(f"pv:trending:{name}:section:{article.section}", {article.id: score})
                    pipe.hset("pv:rankings", f"trending:{name}:section:{article.section}", "newsroom:1")
            pipe.hset("pv:rankings", f"trending:{name}", "newsroom:1")
        pipe.execute()

    def _write_rest(self) -> None:
        pipe = self.client.pipeline(transaction=False)
        today, yesterday = minute_of(self.now_ms)[:10], minute_of(self.now_ms - DAY_MS)[:10]
        reasons = {"spider": 4210, "repeat": 1377, "automated": 88, "not_json": 3, "bad_field": 1}
        always = {name: 9 * count for name, count in reasons.items()}
        pipe.hset("pv:totals", mapping={"views": sum(self.site.values()), **always})
        pipe.hset(f"pv:filtered:{today}", mapping=reasons)
        pipe.hset(f"pv:filtered:{yesterday}", mapping={name: n + 5 for name, n in reasons.items()})
        for minute in range(5):
            pipe.pfadd(f"pv:visitors:{minute_of(self.now_ms - minute * MINUTE_MS)}", *(f"{n}" for n in range(137)))
        pipe.hset("pv:offsets", mapping={"pageviews/0": 100, "pageviews/1": 200})
        pipe.execute()
        self.touch(self.now_ms)

    def view(self, at_ms: int, people: int = 0, article: str | None = None, committed_ms: int | None = None) -> None:
        """One view more, and so many new people in that minute; counted at once, or at `committed_ms`."""
        minute = at_ms // MINUTE_MS * MINUTE_MS
        name = minute_of(at_ms)
        self.site[minute] = self.site.get(minute, 0) + 1
        self.client.hincrby(f"pv:site:{name[:10]}", name[11:16], 1)
        self.client.hincrby("pv:totals", "views", 1)
        if article is not None:
            for key in ("views", f"views:{name[:10]}", f"views:{name[:13]}", f"views:{name}"):
                self.client.hincrby(f"pv:{key}", article, 1)
        if people:
            self.client.pfadd(f"pv:visitors:{name}", *(f"{at_ms}-{n}" for n in range(people)))
        self.touch(committed_ms or at_ms)

    def touch(self, at_ms: int) -> None:
        """As if the aggregator had committed then, and ranked."""
        self.client.hset("pv:meta", mapping={"last_commit_ms": at_ms, "caught_up_ms": at_ms, "last_ranking_ms": at_ms,
                                             "ranking_clock_ms": at_ms})
