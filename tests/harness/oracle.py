"""The oracle: at any moment Redis holds the recount of the topic below `pv:offsets`, no more and no less."""
from __future__ import annotations

import time
from dataclasses import dataclass, field

import redis
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from harness.counts import Counts
from harness.event_rules import Rejected, validate
from harness.redis_counts import RedisComparison, Retention, assert_redis_holds, read_offsets
from harness.topic_reader import read_topic


@dataclass
class TopicRecount:
    """`ahead` is how many events lie at or above the given offsets, not yet counted."""

    counts: Counts = field(default_factory=Counts)
    ahead: int = 0

    def add(self, message: Message, now_ms: int) -> None:
        kind, timestamp = message.timestamp()
        message_ts_ms = None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp
        try:
            event = validate(message.value(), message_ts_ms, now_ms)
        except Rejected as reason:
            self.counts.add_filtered(str(reason), message_ts_ms or 0)
            return
        if event.agent == "user":
            self.counts.add_view(event.article, event.ts_ms)
        else:
            self.counts.add_filtered(event.agent, event.ts_ms)


def recount_topic(brokers: str, topic: str, below: dict[int, int] | None = None) -> TopicRecount:
    """Recounts the events below the offsets; a partition without one counts as nothing. None: the whole topic."""
    now_ms = int(time.time() * 1000)
    result = TopicRecount()
    for message in read_topic(brokers, topic):
        if below is not None and message.offset() >= below.get(message.partition(), 0):
            result.ahead += 1
        else:
            result.add(message, now_ms)
    return result


def assert_redis_equals_topic(client: redis.Redis, brokers: str, topic: str, prefix: str = "pv:",
                              retention: Retention = Retention(), complete: bool = True) -> Counts:
    """`complete`: everything in the topic has been counted as well. The aggregators should be idle or stopped:
    the offsets are read first and again at the end, and must not have moved meanwhile."""
    offsets = read_offsets(client, topic, prefix)
    recount = recount_topic(brokers, topic, offsets)
    assert_redis_holds(client, recount.counts, prefix, retention)
    assert read_offsets(client, topic, prefix) == offsets, "the offsets moved while Redis was compared"
    if complete:
        assert recount.ahead == 0, f"{recount.ahead} events of {topic} are not counted yet; offsets {offsets}"
    return recount.counts


def redis_equals_topic(client: redis.Redis, brokers: str, topic: str, prefix: str = "pv:") -> bool:
    """For waiting: whether all is counted, and counted right."""
    recount = recount_topic(brokers, topic, read_offsets(client, topic, prefix))
    return recount.ahead == 0 and not RedisComparison(client, prefix).run(recount.counts)
