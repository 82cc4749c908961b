"""Reads a whole topic as it stands, committed messages only, with a client that is not ours."""
from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from harness.waiting import wait_until

# For a moment after a partition was made, or its broker came back.
_NO_LEADER_YET = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError._TRANSPORT)


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


def watermarks(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """First and next offset, control records and open transactions included."""

    def ask() -> tuple[int, int] | None:
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        except KafkaException as failure:
            if failure.args[0].code() not in _NO_LEADER_YET:
                raise
            return None

    found = wait_until(ask, f"{topic}/{partition} has a leader")
    assert found is not None
    return found


def read_topic(brokers: str, topic: str) -> Iterator[Message]:
    """Every committed message from the start of each partition to its end at the time of the call. It waits for
    transactions: the broker tells the producer that one is committed a little before readers see it."""
    consumer = _consumer(brokers)
    try:
        starts: list[TopicPartition] = []
        ends: dict[int, int] = {}
        for partition in partitions_of(consumer, topic):
            low, high = watermarks(consumer, topic, partition)
            if high > low:
                starts.append(TopicPartition(topic, partition, low))
                ends[partition] = high
        if starts:
            consumer.assign(starts)
        while ends:
            # A call returns only when it is full or its time is up, so the time is short.
            batch = wait_until(lambda: consumer.consume(10_000, timeout=0.05), f"more of {topic}, up to {ends}")
            for message in batch:
                error = message.error()
                if error is None:
                    yield message
                elif error.code() != KafkaError._PARTITION_EOF:
                    raise AssertionError(f"{topic}: {error}")
                elif message.offset() >= ends.get(message.partition(), 0):
                    ends.pop(message.partition(), None)
    finally:
        consumer.close()


class EndOffsets:
    """High watermarks of a topic, asked often: control records and open transactions are below them as well."""

    def __init__(self, brokers: str, topic: str) -> None:
        self._consumer = _consumer(brokers)
        self._topic = topic
        self._partitions = partitions_of(self._consumer, topic)

    def total(self) -> int:
        return sum(watermarks(self._consumer, self._topic, partition)[1] for partition in self._partitions)

    def close(self) -> None:
        self._consumer.close()
