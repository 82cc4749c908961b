"""A served directory with one article, three times viewed. Test modules import the fixture."""
from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
import redis

from harness.exporter_server import ExporterServer
from harness.http_collector import Answer
from harness.json_schemas import check
from harness.redis_server import RedisServer
from harness.waiting import wait_until

ARTICLE = "/2026/11/24/slug"


def count(client: redis.Redis, article: str = ARTICLE, views: int = 1) -> None:
    """As the aggregator does: counts and offset in one step."""
    minute = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M")
    transaction = client.pipeline(transaction=True)
    for key in ("views", f"views:{minute[:10]}", f"views:{minute[:13]}", f"views:{minute}"):
        transaction.hincrby(f"pv:{key}", article, views)
    transaction.hincrby(f"pv:site:{minute[:10]}", minute[11:], views)
    transaction.hincrby("pv:totals", "views", views)
    transaction.hincrby("pv:offsets", "pageviews/0", views)
    transaction.hset("pv:meta", "last_commit_ms", int(time.time() * 1000))
    transaction.execute()


@pytest.fixture
def server(redis_server: RedisServer, tmp_path: Path) -> Iterator[ExporterServer]:
    count(redis_server.client(), views=3)
    with ExporterServer(tmp_path, redis_server.address, full=True) as started:
        started.wait_file("/index.json")
        wait_until(lambda: (started.out / "articles" / f"{ARTICLE[1:]}.json").exists(), "the article's file")
        yield started


def total(answer: Answer) -> int:
    content = json.loads(answer.body)
    check(content, "an answer")
    return int(content["total"])
