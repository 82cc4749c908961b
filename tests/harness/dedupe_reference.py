"""Which views of a topic are repeats, by the rule of docs/policy.md, from all its events in memory."""
from __future__ import annotations

import time
from collections import defaultdict

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from harness.counts import Counts
from harness.event_rules import Rejected, ValidEvent, validate
from harness.topic_reader import read_topic


class PartitionRule:
    """Events of one partition, in the order of their offsets."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._watermark_ms = -1
        self._latest: dict[tuple[str, str], int] = {}

    def is_repeat(self, event: ValidEvent) -> bool:
        self._watermark_ms = max(self._watermark_ms, event.ts_ms)
        if event.agent != "user" or not event.visitor:
            return False
        pair = (event.article, event.visitor)
        before = self._latest.get(pair)
        remembered = before is not None and before > self._watermark_ms - self._window_ms
        repeat = remembered and abs(event.ts_ms - before) < self._window_ms  # type: ignore[operator]
        self._latest[pair] = max(event.ts_ms, before) if remembered else event.ts_ms  # type: ignore[type-var]
        return repeat


def recount_with_dedupe(brokers: str, topic: str, window_ms: int) -> Counts:
    now_ms = int(time.time() * 1000)
    counts = Counts()
    by_partition: defaultdict[int, list[Message]] = defaultdict(list)
    for message in read_topic(brokers, topic):
        by_partition[message.partition()].append(message)
    for messages in by_partition.values():
        rule = PartitionRule(window_ms)
        for message in sorted(messages, key=lambda one: one.offset()):
            kind, timestamp = message.timestamp()
            message_ts_ms = None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp
            try:
                event = validate(message.value(), message_ts_ms, now_ms)
            except Rejected as reason:
                counts.add_filtered(str(reason), message_ts_ms or 0)
                continue
            repeat = rule.is_repeat(event)
            if event.agent != "user":
                counts.add_filtered(event.agent, event.ts_ms)
            elif repeat:
                counts.add_filtered("repeat", event.ts_ms)
            else:
                counts.add_view(event.article, event.ts_ms)
    return counts
