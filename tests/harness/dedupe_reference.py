"""Which views of a topic are repeats, by the rule of docs/policy.md, from all its events in memory."""
from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from harness.counts import VIEWS, Counts
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
        if before is None or before <= self._watermark_ms - self._window_ms:
            self._latest[pair] = event.ts_ms
            return False
        self._latest[pair] = max(event.ts_ms, before)
        return abs(event.ts_ms - before) < self._window_ms


@dataclass(frozen=True)
class Verdict:
    """What one message of a topic counts as; `event` None: it was rejected."""

    partition: int
    offset: int
    ts_ms: int
    counts_as: str
    event: ValidEvent | None = None

    def __str__(self) -> str:
        who = f" {self.event.article} by {self.event.visitor or 'nobody'}" if self.event else ""
        return f"partition {self.partition} offset {self.offset} ts {self.ts_ms}{who}: {self.counts_as}"


def judge_topic(brokers: str, topic: str, window_ms: int) -> list[Verdict]:
    """By partition, in the order of offsets."""
    now_ms = int(time.time() * 1000)
    by_partition: defaultdict[int, list[Message]] = defaultdict(list)
    for message in read_topic(brokers, topic):
        by_partition[message.partition()].append(message)
    verdicts = []
    for partition, messages in by_partition.items():
        rule = PartitionRule(window_ms)
        for message in sorted(messages, key=lambda one: one.offset()):
            kind, timestamp = message.timestamp()
            message_ts_ms = None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp
            try:
                event = validate(message.value(), message_ts_ms, now_ms)
            except Rejected as reason:
                verdicts.append(Verdict(partition, message.offset(), message_ts_ms or 0, str(reason)))
                continue
            repeat = rule.is_repeat(event)
            counts_as = event.agent if event.agent != "user" else "repeat" if repeat else VIEWS
            verdicts.append(Verdict(partition, message.offset(), event.ts_ms, counts_as, event))
    return verdicts


def counts_of(verdicts: list[Verdict]) -> Counts:
    counts = Counts()
    for verdict in verdicts:
        if verdict.event is not None and verdict.counts_as == VIEWS:
            counts.add_view(verdict.event.article, verdict.ts_ms)
        else:
            counts.add_filtered(verdict.counts_as, verdict.ts_ms)
    return counts


def recount_with_dedupe(brokers: str, topic: str, window_ms: int) -> Counts:
    return counts_of(judge_topic(brokers, topic, window_ms))
