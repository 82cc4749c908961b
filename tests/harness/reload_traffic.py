"""Readers who load the same pages again and again, as events on a topic."""
from __future__ import annotations

import random

from harness.event_traffic import event_client, view
from harness.pipeline import Pipeline

WINDOW_MS = 30 * 60_000
HOUR_MS = 3_600_000


def send_reloads(pipeline: Pipeline, count: int, source: random.Random, start_ms: int, span_ms: int) -> None:
    """Few readers of few articles, again and again; some events come late, some readers have no name."""
    client = event_client(pipeline.broker.address)
    for number in range(count):
        ts_ms = start_ms + span_ms * number // count
        if source.random() < 0.1:
            ts_ms -= source.randrange(2 * WINDOW_MS)
        article = f"/{source.randrange(20)}"
        who = {} if source.random() < 0.1 else {"visitor": f"v{source.randrange(60)}"}
        agent = "spider" if source.random() < 0.05 else "user"
        client.produce(pipeline.topic, view(article, ts_ms, agent=agent, **who), key=article.encode())
        client.poll(0)
    assert client.flush(60) == 0, "Kafka did not take the events"
