"""Kafka killed under load, and events that Kafka deleted before they were counted."""
from __future__ import annotations

from confluent_kafka import TopicPartition

from harness.event_traffic import send_views
from harness.pipeline import Pipeline
from harness.redis_counts import read_offsets
from harness.topic_reader import read_topic
from harness.web_server import WebServer


def test_kafka_killed_and_restarted_under_load_loses_and_doubles_nothing(own_pipeline: Pipeline) -> None:
    server = WebServer(own_pipeline.log)
    producer, aggregator = own_pipeline.producer(), own_pipeline.aggregator()
    for _ in range(2):
        server.write_views(2000)
        own_pipeline.wait_views_counted(200)
        server.write_views(2000)
        own_pipeline.broker.kill()
        server.write_views(2000)
        own_pipeline.broker.restart()
    own_pipeline.wait_articles_in_topic(server.written())
    own_pipeline.wait_all_counted()
    producer.stop()
    aggregator.stop()
    assert own_pipeline.check().articles == server.written()
    server.close()


def test_stop_while_kafka_is_gone_ends_well_and_the_next_start_goes_on(own_pipeline: Pipeline) -> None:
    server = WebServer(own_pipeline.log)
    producer, aggregator = own_pipeline.producer(), own_pipeline.aggregator()
    server.write_views(2000)
    own_pipeline.wait_views_counted(2000)
    own_pipeline.broker.kill()
    server.write_views(2000)
    producer.wait_text("kafka_away|event=waiting")
    producer.stop()
    aggregator.stop()
    own_pipeline.broker.restart()
    own_pipeline.ship()
    own_pipeline.count()
    assert own_pipeline.check().articles == server.written()
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
