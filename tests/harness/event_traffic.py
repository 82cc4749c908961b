"""Events sent straight to the topic, as another team's client would send them."""
from __future__ import annotations

import json
import random
import time

from confluent_kafka import Producer

from harness.repeated import Repeated
from harness.waiting import pause


def event_client(brokers: str) -> Producer:
    return Producer({
        "bootstrap.servers": brokers, "partitioner": "murmur2_random", "enable.idempotence": True,
        "linger.ms": 5, "log_level": 0,
    })


def view(article: str, ts_ms: int | None = None, **fields: str) -> bytes:
    return json.dumps({"article": article, "ts": ts_ms or int(time.time() * 1000), **fields}).encode()


def send_views(brokers: str, topic: str, count: int, seed: int = 1, articles: int = 100) -> None:
    """`count` views of now, all delivered when this returns."""
    client, source = event_client(brokers), random.Random(seed)
    for _ in range(count):
        article = f"/traffic/{source.randrange(articles)}"
        client.produce(topic, view(article), key=article.encode())
        client.poll(0)
    assert client.flush(60) == 0, "Kafka did not take the events"


class Traffic(Repeated):
    """Sends a steady trickle of views from a thread until left: `with Traffic(...): faults happen`."""

    def __init__(self, brokers: str, topic: str, seed: int = 1) -> None:
        super().__init__()
        self._arguments = (brokers, topic)
        self._source = random.Random(seed)

    def turn(self) -> None:
        brokers, topic = self._arguments
        send_views(brokers, topic, 500, seed=self._source.randrange(1 << 30))
        pause(0.05)
