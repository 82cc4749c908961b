"""A writer of counts that is no aggregator: it keeps the rules of docs/redis-schema.md, as fast as it can."""
from __future__ import annotations

import random
import time
from typing import Self

import redis

from harness.counts import minute_of
from harness.repeated import Repeated
from harness.trending_reference import LISTS

ARTICLES = 300
SECTIONS = ("news", "sport", "a/b", "Ä & Ö")


class CountsWriter(Repeated):
    """`with CountsWriter(client): files are made`. Each turn is one MULTI: counts, lists and offsets together."""

    def __init__(self, client: redis.Redis, seed: int = 1) -> None:
        super().__init__()
        self._client = client
        self._source = random.Random(seed)
        self.turns = 0

    def __enter__(self) -> Self:
        self.turn()
        return super().__enter__()

    def turn(self) -> None:
        now_ms = int(time.time() * 1000)
        minute = minute_of(now_ms)
        self.turns += 1
        transaction = self._client.pipeline(transaction=True)
        for _ in range(20):
            number = int(self._source.paretovariate(0.7)) % ARTICLES
            article = f"/{number}/{'x' * (number % 40)}"
            for key in ("views", f"views:{minute[:10]}", f"views:{minute[:13]}", f"views:{minute}"):
                transaction.hincrby(f"pv:{key}", article, 1)
            transaction.hincrby(f"pv:site:{minute[:10]}", minute[11:], 1)
            transaction.hincrby("pv:totals", "views", 1)
            transaction.pfadd(f"pv:visitors:{minute}", self._source.randrange(1000))
            section = SECTIONS[number % len(SECTIONS)]
            transaction.hset(f"pv:article:{article}", mapping={"title": f'Title "{number}"\n', "section": section})
            other = f"/{number + 1}/{'x' * ((number + 1) % 40)}"
            transaction.zadd(f"pv:also:{article}", {other: self._source.randint(1, 1000) / 1000})
            transaction.zadd("pv:also_changed", {article: now_ms})
            for name in LISTS:
                self._raise_score(transaction, f"trending:{name}", article)
                self._raise_score(transaction, f"trending:{name}:section:{section}", article)
        transaction.hincrby(f"pv:filtered:{minute[:10]}", "spider", 1)
        transaction.hincrby("pv:totals", "spider", 1)
        transaction.hset("pv:offsets", "pageviews/0", 21 * self.turns)
        transaction.hset("pv:meta", mapping={"last_commit_ms": now_ms, "last_ranking_ms": now_ms,
                                             "ranking_clock_ms": now_ms})
        transaction.execute()

    def _raise_score(self, transaction: "redis.client.Pipeline[bytes]", name: str, article: str) -> None:
        transaction.zincrby(f"pv:{name}", 1 + self._source.random(), article)
        transaction.hset("pv:rankings", name, f"writer:{self.turns}")
