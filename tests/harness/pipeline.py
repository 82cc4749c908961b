"""The names that belong to one test, and the programs started under them."""
from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import redis

from harness.counts import Counts, assert_same, differences
from harness.kafka_broker import KafkaBroker
from harness.oracle import assert_redis_equals_topic, recount_topic, redis_equals_topic
from harness.programs import AGGREGATOR, EXPORTER, PRODUCER, OptionValue, Program, arguments
from harness.redis_counts import Retention, read_hash
from harness.redis_server import RedisServer
from harness.waiting import wait_until

PARTITIONS = 4

# Short waits of the programs themselves, so that tests are quick; what they promise does not depend on them.
_BRISK_PRODUCER: dict[str, OptionValue] = {"commit_interval": "100ms", "rotate_wait": "1s"}
_BRISK_AGGREGATOR: dict[str, OptionValue] = {"flush_interval": "100ms", "partitions": PARTITIONS}
# A killed consumer is missed soon, and its partitions move on.
BRISK_GROUP = {"session.timeout.ms": "3000", "heartbeat.interval.ms": "500"}


class Pipeline:
    """A topic, an instance and a group of its own on a broker shared with other tests."""

    def __init__(self, directory: Path, broker: KafkaBroker, server: RedisServer) -> None:
        name = uuid.uuid4().hex[:8]
        self.directory = directory
        self.broker = broker
        self.server = server
        self.topic = f"pageviews-{name}"
        self.rejected_topic = f"{self.topic}.rejected"
        self.instance = f"web-{name}"
        self.group = f"aggregators-{name}"
        self.log = directory / "access.log"
        self._programs: list[Program] = []

    def __enter__(self) -> Pipeline:
        self.create_topic()
        return self

    def __exit__(self, *_: object) -> None:
        for program in self._programs:
            program.kill()

    def run(self, program: str, options: dict[str, OptionValue], kafka: dict[str, str] | None = None) -> Program:
        output = self.directory / f"{program}-{len(self._programs)}.log"
        started = Program(program, arguments(options, kafka), output)
        self._programs.append(started)
        return started

    def producer(self, kafka: dict[str, str] | None = None, **options: OptionValue) -> Program:
        return self.run(PRODUCER, {
            "brokers": self.broker.address, "topic": self.topic, "instance": self.instance,
            "state_dir": self.directory / "state", "tail": self.log, **_BRISK_PRODUCER, **options,
        }, kafka)

    def aggregator(self, kafka: dict[str, str] | None = None, **options: OptionValue) -> Program:
        return self.run(AGGREGATOR, {
            "brokers": self.broker.address, "topic": self.topic, "group": self.group,
            "redis": self.server.address, **_BRISK_AGGREGATOR, **options,
        }, kafka or BRISK_GROUP)

    def exporter(self, **options: OptionValue) -> Program:
        return self.run(EXPORTER, {"redis": self.server.address, "out": self.directory / "out", **options})

    def ship(self, **options: OptionValue) -> Program:
        """Sends everything up to the end of the log."""
        producer = self.producer(None, exit_at_end=True, **options)
        producer.finish()
        return producer

    def count(self, **options: OptionValue) -> Program:
        """Counts everything up to the end of the topic."""
        aggregator = self.aggregator(None, exit_at_end=True, **options)
        aggregator.finish()
        return aggregator

    def create_topic(self) -> None:
        self.broker.create_topic(self.topic, PARTITIONS)

    def redis(self) -> redis.Redis:
        return self.server.client()

    def check(self, prefix: str = "pv:", retention: Retention = Retention()) -> Counts:
        """Redis equals the recount of the whole topic."""
        return assert_redis_equals_topic(self.redis(), self.broker.address, self.topic, prefix, retention)

    def wait_all_counted(self) -> None:
        """Until Redis equals the recount of the whole topic; for running aggregators."""
        wait_until(
            lambda: redis_equals_topic(self.redis(), self.broker.address, self.topic),
            "Redis equals the recount", deadline_s=90, poll_interval_s=0.2, explain=self.describe,
        )

    def views_counted(self) -> int:
        return read_hash(self.redis(), "pv:totals")["views"]

    def wait_views_counted(self, more: int) -> None:
        """Until `more` views than now are counted."""
        wanted = self.views_counted() + more
        wait_until(lambda: self.views_counted() >= wanted, f"{wanted} views counted", explain=self.describe)

    def articles_in_topic(self) -> Counter[str]:
        return recount_topic(self.broker.address, self.topic).counts.articles

    def wait_articles_in_topic(self, expected: Counter[str]) -> None:
        """Until the topic holds at least as many views; then they must be the expected ones."""
        wait_until(
            lambda: self.articles_in_topic().total() >= expected.total(),
            f"{expected.total()} views in the topic",
            explain=lambda: "\n".join([*differences("topic", self.articles_in_topic(), expected), self.describe()]),
        )
        self.assert_articles_in_topic(expected)

    def assert_articles_in_topic(self, expected: Mapping[str, int]) -> None:
        assert_same("topic", self.articles_in_topic(), expected)

    def describe(self) -> str:
        return "\n".join(program.describe() for program in self._programs)
