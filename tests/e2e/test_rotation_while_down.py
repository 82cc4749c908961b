"""A log that was rotated while the producer was down, or across its restart, is shipped once and whole."""
from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.log_lines import log_line
from harness.pipeline import Pipeline
from harness.web_server import WebServer


@pytest.fixture
def server(pipeline: Pipeline) -> Iterator[WebServer]:
    """A log of which the first lines are shipped and the last ones are not, and no producer is running."""
    writer = WebServer(pipeline.log)
    writer.write_views()
    pipeline.ship()
    writer.write_views()
    yield writer
    writer.close()


def renamed(server: WebServer) -> None:
    server.rotate()
    server.write_views()


def renamed_twice(server: WebServer) -> None:
    for _ in range(2):
        server.rotate()
        server.write_views()


def renamed_and_compressed(server: WebServer) -> None:
    server.rotate()
    server.compress(".1")
    server.write_views()


def renamed_twice_and_compressed(server: WebServer) -> None:
    renamed_twice(server)
    server.compress(".2")


def renamed_twice_and_both_compressed(server: WebServer) -> None:
    renamed_twice(server)
    server.compress(".1")
    server.compress(".2")


def renamed_and_no_successor_yet(server: WebServer) -> None:
    server.rename()
    server.write_views()


def copied_and_truncated(server: WebServer) -> None:
    server.copy_and_truncate()
    server.write_views(5)


def copied_truncated_and_grown_past_the_old_size(server: WebServer) -> None:
    server.copy_and_truncate()
    server.write_views(200)


def copied_truncated_and_still_empty(server: WebServer) -> None:
    server.copy_and_truncate()


@pytest.mark.parametrize("rotation", [
    renamed, renamed_twice, renamed_and_compressed, renamed_twice_and_compressed, renamed_twice_and_both_compressed,
    renamed_and_no_successor_yet, copied_and_truncated, copied_truncated_and_grown_past_the_old_size,
    copied_truncated_and_still_empty,
], ids=lambda rotation: rotation.__name__)
def test_rotation_while_down_loses_and_doubles_nothing(
        pipeline: Pipeline, server: WebServer, rotation: Callable[[WebServer], None]) -> None:
    rotation(server)
    pipeline.ship()
    pipeline.assert_articles_in_topic(server.written())
    pipeline.ship()
    pipeline.assert_articles_in_topic(server.written())


def test_rotation_across_a_restart_of_a_following_producer(pipeline: Pipeline, server: WebServer) -> None:
    producer = pipeline.producer()
    pipeline.wait_articles_in_topic(server.written())
    server.write_views()
    producer.stop()
    server.rotate()
    server.write_views()
    producer = pipeline.producer()
    server.write_views()
    pipeline.wait_articles_in_topic(server.written())
    producer.stop()


def test_old_rotated_logs_of_before_the_first_start_are_left_alone(pipeline: Pipeline) -> None:
    writer = WebServer(pipeline.log)
    writer.write_views()
    before = writer.written()
    writer.rotate()
    writer.write_views()
    pipeline.ship()
    pipeline.assert_articles_in_topic(writer.written() - before)
    writer.close()


def test_half_written_last_line_is_left_and_counted_once_when_whole(pipeline: Pipeline, server: WebServer) -> None:
    line = log_line(b"/half/then/whole")
    server.write(line[:70])
    assert pipeline.ship().closing()["bad_line"] == 0
    pipeline.assert_articles_in_topic(server.written())
    server.write(line[70:])
    assert pipeline.ship().closing()["bad_line"] == 0
    assert pipeline.articles_in_topic()["/half/then/whole"] == 1
    pipeline.assert_articles_in_topic(server.written())


def test_half_line_whose_rest_goes_to_the_renamed_log_is_counted_once(pipeline: Pipeline, server: WebServer) -> None:
    line = log_line(b"/half/then/whole")
    server.write(line[:70])
    pipeline.ship()
    server.rename()
    server.write(line[70:])
    server.reopen()
    server.write_views()
    pipeline.ship()
    pipeline.assert_articles_in_topic(server.written())
