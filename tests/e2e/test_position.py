"""The position of a log: where it is kept, who may move it, and what happens when what it points at is gone."""
from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.pipeline import Pipeline
from harness.waiting import wait_until
from harness.web_server import WebServer


@pytest.fixture
def server(pipeline: Pipeline) -> Iterator[WebServer]:
    """A log whose first lines are shipped."""
    writer = WebServer(pipeline.log)
    writer.write_views()
    pipeline.ship()
    yield writer
    writer.close()


def position_group(pipeline: Pipeline) -> str:
    return f"pv-producer.{pipeline.instance}.{pipeline.log}"


def test_position_is_kept_in_the_group_of_instance_and_path(pipeline: Pipeline, server: WebServer) -> None:
    groups = [group.group_id for group in pipeline.broker.admin.list_consumer_groups().result(30).valid]
    assert position_group(pipeline) in groups


def test_position_that_kafka_forgot_is_taken_from_the_state_directory(pipeline: Pipeline, server: WebServer) -> None:
    group = position_group(pipeline)
    pipeline.broker.admin.delete_consumer_groups([group])[group].result(30)
    server.write_views()
    producer = pipeline.ship()
    assert " warn " in producer.text(), producer.describe()
    pipeline.assert_articles_in_topic(server.written())


def test_second_producer_of_the_same_name_fences_the_first(pipeline: Pipeline, server: WebServer) -> None:
    first = pipeline.producer()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    second = pipeline.producer()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    server.write_views()
    first.expect_exit(1)
    assert "fenced" in first.text().lower(), first.describe()
    pipeline.wait_articles_in_topic(server.written())
    second.stop()
    pipeline.assert_articles_in_topic(server.written())


def test_rotated_log_that_was_deleted_unread_is_reported_and_the_rest_is_shipped(
        pipeline: Pipeline, server: WebServer) -> None:
    before = server.written()
    server.write_views()
    lost = server.written() - before
    server.rotate()
    server.rotated(".1").unlink()
    server.write_views()
    producer = pipeline.ship()
    assert list(producer.events("log_part_lost")), producer.describe()
    pipeline.assert_articles_in_topic(server.written() - lost)


def test_rotated_logs_named_by_date_are_found(pipeline: Pipeline, server: WebServer) -> None:
    for suffix in ("-20261122", "-20261123", "-20261124"):
        server.write_views()
        server.rename(suffix)
        server.reopen()
    server.compress("-20261122")
    server.write_views()
    pipeline.ship()
    pipeline.assert_articles_in_topic(server.written())


def test_several_logs_each_have_their_own_position(pipeline: Pipeline, server: WebServer) -> None:
    other = WebServer(pipeline.directory / "other.log")
    for _ in range(2):
        server.write_views(7)
        other.write(b"".join(line.replace(b"/page-", b"/other-", 1) + b"\n" for line in
                             pipeline.log.read_bytes().splitlines()[-7:]))
        pipeline.ship(tail=[pipeline.log, other.path])
    other.close()
    pipeline.assert_articles_in_topic(server.written() + other.written())


def test_at_least_once_delivery_ships_everything(pipeline: Pipeline, server: WebServer) -> None:
    producer = pipeline.producer(delivery="at-least-once")
    for _ in range(3):
        server.write_views()
        pipeline.wait_articles_in_topic(server.written())
    producer.stop()
    pipeline.ship(delivery="at-least-once")
    pipeline.assert_articles_in_topic(server.written())


def test_nothing_is_sent_twice_when_the_producer_is_stopped_in_mid_flow(pipeline: Pipeline, server: WebServer) -> None:
    for _ in range(3):
        server.write_views(3000)
        before = pipeline.articles_in_topic().total()
        producer = pipeline.producer()
        wait_until(lambda: pipeline.articles_in_topic().total() > before, "something is sent",
                   explain=producer.describe)
        producer.stop()
    pipeline.ship()
    pipeline.assert_articles_in_topic(server.written())
