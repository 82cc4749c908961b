"""Reads a whole topic as it stands, committed messages only, with a client that is not ours."""
from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from harness.waiting import wait_until


def _consumer(brokers: str) -> Consumer:
    return Consumer({
        "bootstrap.servers": brokers,
        "group.id": "independent-recount",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "fetch.wait.max.ms": 10,
        "log_level": 0,
    })


def partitions_of(consumer: Consumer, topic: str) -> list[int]:
    """Empty when the topic does not exist; asking for all topics does not create it."""
    found = consumer.list_topics(timeout=30).topics.get(topic)
    return sorted(found.partitions) if found else []


def read_topic(brokers: str, topic: str) -> Iterator[Message]:
    """Every committed message from the start of each partition to its end at the time of reading."""
    consumer = _consumer(brokers)
    try:
        starts, unfinished = [], set()
        for partition in partitions_of(consumer, topic):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
            if high > low:
                starts.append(TopicPartition(topic, partition, low))
                unfinished.add(partition)
        if starts:
            consumer.assign(starts)
        while unfinished:
            # A call returns only when it is full or its time is up, so the time is short.
            batch = wait_until(lambda: consumer.consume(10_000, timeout=0.05), f"more of {topic}")
            for message in batch:
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    unfinished.discard(message.partition())
                else:
                    raise AssertionError(f"{topic}: {error}")
    finally:
        consumer.close()


class EndOffsets:
    """High watermarks of a topic, asked often: control records and open transactions are below them as well."""

    def __init__(self, brokers: str, topic: str) -> None:
        self._consumer = _consumer(brokers)
        self._topic = topic
        self._partitions = partitions_of(self._consumer, topic)

    def total(self) -> int:
        return sum(
            self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=30)[1]
            for partition in self._partitions
        )

    def close(self) -> None:
        self._consumer.close()
