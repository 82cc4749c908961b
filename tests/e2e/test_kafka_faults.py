"""Kafka killed under load, and events that Kafka deleted before they were counted."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from harness.event_traffic import send_views
from harness.kafka_broker import KafkaBroker
from harness.pipeline import Pipeline
from harness.redis_counts import read_offsets
from harness.redis_server import RedisServer
from harness.topic_reader import read_topic
from harness.web_server import WebServer


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker that a test may kill."""
    with KafkaBroker(tmp_path / "kafka") as kafka:
        yield kafka


def test_kafka_killed_and_restarted_under_load_loses_and_doubles_nothing(
        tmp_path: Path, own_broker: KafkaBroker, redis_server: RedisServer) -> None:
    with Pipeline(tmp_path, own_broker, redis_server) as pipeline:
        server = WebServer(pipeline.log)
        producer, aggregator = pipeline.producer(), pipeline.aggregator()
        for _ in range(2):
            server.write_views(2000)
            pipeline.wait_views_counted(200)
            server.write_views(2000)
            own_broker.kill()
            server.write_views(2000)
            own_broker.restart()
        pipeline.wait_articles_in_topic(server.written())
        pipeline.wait_all_counted()
        producer.stop()
        aggregator.stop()
        assert pipeline.check().articles == server.written()
        server.close()


def test_stop_while_kafka_is_gone_ends_well_and_the_next_start_goes_on(
        tmp_path: Path, own_broker: KafkaBroker, redis_server: RedisServer) -> None:
    with Pipeline(tmp_path, own_broker, redis_server) as pipeline:
        server = WebServer(pipeline.log)
        producer, aggregator = pipeline.producer(), pipeline.aggregator()
        server.write_views(2000)
        pipeline.wait_views_counted(2000)
        own_broker.kill()
        server.write_views(2000)
        producer.wait_text("kafka_away|event=waiting")
        producer.stop()
        aggregator.stop()
        own_broker.restart()
        pipeline.ship()
        pipeline.count()
        assert pipeline.check().articles == server.written()
        server.close()


def test_events_deleted_before_they_were_counted_are_reported_and_the_rest_is_counted(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=1)
    pipeline.count()
    stored = read_offsets(pipeline.redis(), pipeline.topic)
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=2)
    cuts = [TopicPartition(pipeline.topic, partition, offset + 20) for partition, offset in stored.items()]
    for done in pipeline.broker.admin.delete_records(cuts).values():
        done.result(30)
    left = sum(1 for _ in read_topic(pipeline.broker.address, pipeline.topic))
    assert left == 1000 - 20 * len(stored)
    aggregator = pipeline.count()
    assert list(aggregator.events("offset_below_log_start")), aggregator.describe()
    assert pipeline.views_counted() == 1000 + left
