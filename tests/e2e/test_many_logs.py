"""Several logs at once: by patterns, of several sites, and without their history."""
from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from harness.log_lines import log_line
from harness.pipeline import Pipeline
from harness.waiting import wait_until

LOGS_MAX = 128


def append(path: Path, lines: bytes) -> None:
    with path.open("ab") as log:
        log.write(lines)


def views(name: str, count: int) -> bytes:
    return log_line(f"/{name}".encode()) * count


def test_logs_of_a_pattern_are_counted_once_and_new_ones_are_picked_up(pipeline: Pipeline) -> None:
    logs = pipeline.directory / "logs"
    logs.mkdir()
    append(logs / "access-a.log", views("a", 100))
    append(logs / "error.txt", views("not-a-log", 100))
    producer = pipeline.producer(None, tail=str(logs / "access*"))
    pipeline.wait_articles_in_topic(Counter({"/a": 100}))
    append(logs / "access-b.log", views("b", 200))
    pipeline.wait_articles_in_topic(Counter({"/a": 100, "/b": 200}))
    (logs / "access-a.log").rename(logs / "access-a.log.1")  # matches the pattern, and is no log of its own
    append(logs / "access-a.log.1", views("a", 1))
    append(logs / "access-a.log", views("a2", 50))
    pipeline.wait_articles_in_topic(Counter({"/a": 101, "/b": 200, "/a2": 50}))
    producer.kill()
    append(logs / "access-c.log", views("c", 30))
    append(logs / "access-b.log", views("b", 5))
    producer = pipeline.producer(None, tail=str(logs / "access*"))
    expected = Counter({"/a": 101, "/b": 205, "/a2": 50, "/c": 30})
    pipeline.wait_articles_in_topic(expected)
    producer.stop()
    pipeline.count()
    assert pipeline.check().articles == expected


def test_logs_of_long_paths_that_end_differently_have_a_position_each(pipeline: Pipeline) -> None:
    logs = pipeline.directory.joinpath(*["deep" * 50] * 7)
    logs.mkdir(parents=True)
    append(logs / "a.log", views("a", 3))
    append(logs / "b.log", views("b", 5))
    for _ in range(2):
        producer = pipeline.ship(tail=str(logs / "*.log"))
        pipeline.assert_articles_in_topic(Counter({"/a": 3, "/b": 5}))
    assert " warn " not in producer.text(), producer.describe()


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
def test_as_many_logs_as_one_producer_follows_are_shipped_in_one_delivery(pipeline: Pipeline, delivery: str) -> None:
    logs = pipeline.directory / "logs"
    logs.mkdir()
    expected = Counter({f"/{number}": 1 for number in range(LOGS_MAX)})
    for number in range(LOGS_MAX):
        append(logs / f"{number}.log", views(str(number), 1))
    for _ in range(2):
        pipeline.ship(tail=str(logs / "*.log"), delivery=delivery)
        pipeline.assert_articles_in_topic(expected)


def test_from_end_skips_what_is_there_and_nothing_that_comes(pipeline: Pipeline) -> None:
    logs = pipeline.directory / "logs"
    logs.mkdir()
    append(logs / "old.log", views("history", 100))
    producer = pipeline.producer(None, tail=str(logs / "*.log"), from_="end")
    # Its start is saved as its position: until then a line is history.
    wait_until(lambda: list((pipeline.directory / "state").glob("*/*.position")), "the start is kept",
               explain=producer.describe)
    append(logs / "old.log", views("old", 10))
    append(logs / "new.log", views("new", 20))
    expected = Counter({"/old": 10, "/new": 20})
    pipeline.wait_articles_in_topic(expected)
    producer.kill()
    producer = pipeline.producer(None, tail=str(logs / "*.log"), from_="end")
    append(logs / "new.log", views("new", 1))
    pipeline.wait_articles_in_topic(expected + Counter({"/new": 1}))
    producer.stop()


def line_of(path: str, time: datetime, site: str | None = None) -> bytes:
    host = f"{site} ".encode() if site else b""
    return host + log_line(path.encode(), time=time)


def test_since_leaves_history_out_by_name(pipeline: Pipeline) -> None:
    now = datetime.now(timezone.utc)
    append(pipeline.log, b"".join(line_of(f"/{hours}", now - timedelta(hours=hours)) for hours in (50, 25, 23, 1)))
    producer = pipeline.ship(since=(now - timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert pipeline.articles_in_topic() == Counter({"/23": 1, "/1": 1})
    assert producer.closing() | {"hits": 4, "views": 2, "history": 2} == producer.closing()


def test_one_site_of_several_in_a_log_is_counted(pipeline: Pipeline) -> None:
    now = datetime.now(timezone.utc)
    sites = ["news.example:443", "shop.example:443", "NEWS.example", "xnews.example:80"]
    append(pipeline.log, b"".join(line_of(f"/{number}", now, site) for number, site in enumerate(sites)))
    producer = pipeline.ship(format="vcombined", site="news.example")
    assert pipeline.articles_in_topic() == Counter({"/0": 1, "/2": 1})
    assert producer.closing()["other_site"] == 2
