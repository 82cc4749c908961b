"""A topic that is not the one whose offsets are stored stops the aggregator, with an explanation."""
from __future__ import annotations

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import NewPartitions

from harness.event_traffic import send_views, view
from harness.pipeline import Pipeline
from harness.redis_counts import read_hash
from harness.waiting import wait_until


def test_missing_topics_are_created_with_the_wanted_partitions(pipeline: Pipeline) -> None:
    missing = f"{pipeline.topic}-missing"
    pipeline.count(topic=missing, partitions=3)
    topics = pipeline.broker.admin.list_topics(timeout=10).topics
    assert len(topics[missing].partitions) == 3
    assert f"{missing}.rejected" in topics


def test_recreated_topic_stops_the_aggregator_with_an_explanation(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 2000)
    pipeline.count()
    before = read_hash(pipeline.redis(), "pv:views")
    pipeline.broker.delete_topic(pipeline.topic)
    pipeline.create_topic()
    send_views(pipeline.broker.address, pipeline.topic, 10)
    aggregator = pipeline.aggregator()
    aggregator.expect_exit(1)
    assert "recreated" in aggregator.text(), aggregator.describe()
    assert read_hash(pipeline.redis(), "pv:views") == before


@pytest.mark.parametrize("rebuild", [False, True], ids=["count", "rebuild"])
@pytest.mark.parametrize(("field", "word"), [("topic", "topic"), ("cluster_id", "cluster")])
def test_counts_of_another_log_are_left_alone_with_an_explanation(
    pipeline: Pipeline, field: str, word: str, rebuild: bool
) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 100)
    pipeline.count()
    pipeline.redis().hset("pv:meta", field, "another")
    before = pipeline.redis().hgetall("pv:offsets")
    send_views(pipeline.broker.address, pipeline.topic, 100)
    aggregator = pipeline.aggregator(rebuild=rebuild)
    aggregator.expect_exit(2)
    assert f"are of Kafka's {word} another" in aggregator.text(), aggregator.describe()
    assert pipeline.redis().hget("pv:meta", field) == b"another"
    assert pipeline.redis().hgetall("pv:offsets") == before
    assert pipeline.views_counted() == 100


def test_partitions_added_while_running_are_counted(pipeline: Pipeline) -> None:
    aggregator = pipeline.aggregator({"topic.metadata.refresh.interval.ms": "500", "session.timeout.ms": "3000"})
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=1)
    pipeline.wait_all_counted()
    pipeline.broker.admin.create_partitions([NewPartitions(pipeline.topic, 7)])[pipeline.topic].result(30)
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=2)
    wait_until(lambda: pipeline.views_counted() == 2000, "old and new partitions are counted", explain=pipeline.describe)
    aggregator.stop()
    assert pipeline.check().totals["views"] == 2000


def test_aborted_transactions_are_not_counted(pipeline: Pipeline) -> None:
    client = Producer({"bootstrap.servers": pipeline.broker.address, "transactional.id": pipeline.instance})
    client.init_transactions(30)
    for number in range(6):
        client.begin_transaction()
        for article in range(50):
            client.produce(pipeline.topic, view(f"/{'odd' if number % 2 else 'even'}/{article}"), str(article))
        client.flush(30)
        if number % 2:
            client.abort_transaction(30)
        else:
            client.commit_transaction(30)
    pipeline.count()
    articles = pipeline.check().articles
    assert articles.total() == 150 and all(article.startswith("/even/") for article in articles)
