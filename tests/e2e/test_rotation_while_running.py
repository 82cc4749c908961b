"""A log that is rotated under a running producer is shipped once and whole."""
from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.log_lines import log_line
from harness.pipeline import Pipeline
from harness.web_server import WebServer


@pytest.fixture
def server(pipeline: Pipeline) -> Iterator[WebServer]:
    writer = WebServer(pipeline.log)
    yield writer
    writer.close()


def test_renamed_log_and_its_successor_are_both_shipped(pipeline: Pipeline, server: WebServer) -> None:
    producer = pipeline.producer()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    server.rotate()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    server.rotate()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    producer.stop()
    pipeline.assert_articles_in_topic(server.written())


def test_lines_written_late_to_the_renamed_log_are_shipped(pipeline: Pipeline, server: WebServer) -> None:
    """A web server goes on writing to the old file until it reopens its log."""
    producer = pipeline.producer(rotate_wait="5m")
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    server.rename()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    successor = WebServer(pipeline.log)
    successor.write(b"")
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    server.reopen()
    server.write_views()
    successor.close()
    producer.stop()
    pipeline.ship()
    pipeline.assert_articles_in_topic(server.written())


def test_log_that_is_missing_for_a_while_is_found_again(pipeline: Pipeline, server: WebServer) -> None:
    producer = pipeline.producer()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    server.rename()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    server.reopen()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    producer.stop()


def test_truncated_log_is_read_from_its_new_start(pipeline: Pipeline, server: WebServer) -> None:
    producer = pipeline.producer()
    server.write_views(30)
    pipeline.wait_articles_in_topic(server.written())
    server.copy_and_truncate()
    server.write_views(5)
    pipeline.wait_articles_in_topic(server.written())
    producer.stop()


def test_truncated_log_that_grew_past_its_old_size_is_read_from_its_new_start(
        pipeline: Pipeline, server: WebServer) -> None:
    producer = pipeline.producer()
    server.write_views(5)
    pipeline.wait_articles_in_topic(server.written())
    server.copy_and_truncate()
    server.write_views(200)
    pipeline.wait_articles_in_topic(server.written())
    producer.stop()


def test_half_line_is_shipped_once_and_only_when_it_is_whole(pipeline: Pipeline, server: WebServer) -> None:
    producer = pipeline.producer()
    server.write_views()
    whole = server.written()
    line = log_line(b"/half/then/whole")
    server.write(line[:60])
    pipeline.wait_articles_in_topic(whole)
    server.write(line[60:])
    pipeline.wait_articles_in_topic(server.written())
    producer.stop()
    assert producer.closing()["bad_line"] == 0
