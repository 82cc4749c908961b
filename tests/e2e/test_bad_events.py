"""Events of other senders: what breaks a rule is counted under its reason and kept, what does not is counted."""
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import redis
from confluent_kafka import Message, Producer

from data.event_cases import ACCEPTED_CASES, REJECTED_CASES, AcceptedCase, RejectedCase
from harness.counts import day_of
from harness.event_rules import REJECT_REASONS
from harness.kafka_broker import KafkaBroker
from harness.pipeline import Pipeline
from harness.redis_counts import read_hash
from harness.redis_server import RedisServer
from harness.topic_reader import read_topic

COUNTS = Counter(case.reason for case in REJECTED_CASES)


@dataclass
class Outcome:
    """One run of the aggregator over all cases; `sent` and `rejected` are what the two topics hold."""

    pipeline: Pipeline
    client: redis.Redis
    day: str
    sent: dict[tuple[int, int], Message]
    rejected: list[Message]

    def rejected_for(self, reason: str) -> list[Message]:
        return [message for message in self.rejected if headers(message)["pv-reason"] == reason]


def headers(message: Message) -> dict[str, str]:
    return {name: value.decode() for name, value in message.headers() or []}


@pytest.fixture(scope="module")
def outcome(broker: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    directory = tmp_path_factory.mktemp("bad-events")
    with RedisServer(directory / "redis") as server, Pipeline(directory, broker, server) as pipeline:
        now_ms = int(time.time() * 1000)
        client = Producer({"bootstrap.servers": broker.address})
        # Good and bad in turn, so that each bad one has good neighbours.
        for number, case in enumerate(REJECTED_CASES):
            client.produce(pipeline.topic, case.value, key=b"key\x00\xff", partition=number % 4, timestamp=now_ms)
            good = ACCEPTED_CASES[number % len(ACCEPTED_CASES)]
            client.produce(pipeline.topic, good.value, partition=number % 4, timestamp=now_ms)
        assert client.flush(30) == 0
        pipeline.count()
        sent = {(m.partition(), m.offset()): m for m in read_topic(broker.address, pipeline.topic)}
        rejected = list(read_topic(broker.address, pipeline.rejected_topic))
        yield Outcome(pipeline, server.client(), day_of(now_ms), sent, rejected)


@pytest.mark.parametrize("reason", REJECT_REASONS)
def test_event_that_breaks_a_rule_is_counted_under_its_reason(outcome: Outcome, reason: str) -> None:
    assert read_hash(outcome.client, "pv:totals")[reason] == COUNTS[reason]
    assert read_hash(outcome.client, f"pv:filtered:{outcome.day}")[reason] == COUNTS[reason]


@pytest.mark.parametrize("case", REJECTED_CASES, ids=lambda case: f"{case.reason}: {case.name}")
def test_rejected_event_is_kept_untouched_with_its_origin(outcome: Outcome, case: RejectedCase) -> None:
    copies = [message for message in outcome.rejected_for(case.reason) if message.value() == case.value]
    assert copies, f"no copy under {case.reason}; found {[headers(m) for m in outcome.rejected if m.value() == case.value]}"
    for copy in copies:
        origin = headers(copy)
        assert origin["pv-topic"] == outcome.pipeline.topic
        original = outcome.sent[int(origin["pv-partition"]), int(origin["pv-offset"])]
        assert (copy.value(), copy.key()) == (original.value(), original.key())


def test_each_rejected_event_is_kept_once(outcome: Outcome) -> None:
    origins = Counter((headers(m)["pv-partition"], headers(m)["pv-offset"]) for m in outcome.rejected)
    assert len(origins) == len(REJECTED_CASES)
    assert set(origins.values()) == {1}


@pytest.mark.parametrize("case", ACCEPTED_CASES, ids=lambda case: case.name)
def test_good_event_beside_bad_ones_is_counted(outcome: Outcome, case: AcceptedCase) -> None:
    times = sum(message.value() == case.value for message in outcome.sent.values())
    expected = times if case.agent == "user" else 0
    assert read_hash(outcome.client, "pv:views")[case.article] == expected


def test_all_counts_equal_the_recount_of_the_topic(outcome: Outcome) -> None:
    totals = outcome.pipeline.check().totals
    assert totals.total() == len(outcome.sent) == 2 * len(REJECTED_CASES)
