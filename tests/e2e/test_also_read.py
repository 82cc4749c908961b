"""Readers in Kafka become "also read" in Redis and in files, whoever counts them."""
from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from harness.also_read_reference import Scores, best, cosines
from harness.event_traffic import event_client, view
from harness.json_schemas import check_file
from harness.kafka_broker import KafkaBroker
from harness.page_view_policy import REPOSITORY
from harness.pipeline import Pipeline
from harness.programs import Program
from harness.reader_traffic import ReaderTraffic
from harness.redis_server import RedisServer
from harness.waiting import wait_until

THOUSANDTH = 0.001  # scores are told in these, and a reader of a minute ago counts a bit less
READERS = 55  # whose visits fit in what an aggregator tells at once, so none is left out
SECTIONS = {"/topic-0": "news", "/topic-1": "sport", "/topic-2": "news"}

Visits = list[tuple[int, str]]


def read(pipeline: Pipeline, visits: Visits, ago_ms: int = 0) -> None:
    """Sends them as views, each with its visitor, into the partitions of their articles."""
    client = event_client(pipeline.broker.address)
    for reader, article in visits:
        fields = {"section": section} if (section := SECTIONS.get(article[:8])) else {}
        ts_ms = int(time.time() * 1000) - ago_ms
        client.produce(pipeline.topic, view(article, ts_ms, visitor=f"reader-{reader}", **fields), key=article.encode())
        client.poll(0)
    assert client.flush(60) == 0, "Kafka did not take the events"


def told(pipeline: Pipeline) -> dict[str, Scores]:
    client = pipeline.redis()
    return {key.decode().removeprefix("pv:also:"): {other.decode(): score
                                                    for other, score in client.zrange(key, 0, -1, withscores=True)}
            for key in client.scan_iter("pv:also:*", count=1000)}


def is_told(pipeline: Pipeline, expected: dict[str, Scores]) -> bool:
    lists = told(pipeline)
    return lists.keys() == expected.keys() and all(
        len(lists[article]) == min(10, len(scores))
        and all(math.isclose(score, scores.get(other, 0), abs_tol=THOUSANDTH)
                for other, score in lists[article].items())
        for article, scores in expected.items())


def wait_told(pipeline: Pipeline, expected: dict[str, Scores]) -> None:
    wait_until(lambda: is_told(pipeline, expected), "Redis says what readers also read", explain=pipeline.describe)


def counting(pipeline: Pipeline, *aggregators: Program) -> None:
    """Waits until each has partitions: what is read before is spread over fewer."""
    for aggregator in aggregators:
        aggregator.wait_text(r"event=assigned")


def some_visits(seed: int) -> Visits:
    return ReaderTraffic(seed, topics=3, articles_of_topic=6).visits(READERS)


def test_two_aggregators_tell_what_all_readers_also_read(pipeline: Pipeline) -> None:
    counting(pipeline, pipeline.aggregator(), pipeline.aggregator())
    visits = some_visits(1)
    read(pipeline, visits)
    expected = cosines(visits)
    assert len(expected) > 10
    wait_told(pipeline, expected)
    pipeline.exporter(once=True).finish()
    out = pipeline.directory / "out" / "also-read"
    for article, scores in expected.items():
        if article == "/":
            continue
        content = check_file(out / f"{article[1:]}.json")
        by_readers = [item["article"] for item in content["items"] if item["by"] == "readers"]
        assert len(by_readers) == min(10, len(scores))
        lowest = min(scores[other] for other in by_readers)
        assert all(scores[other] <= lowest + 2 * THOUSANDTH for other in set(best(scores)) - set(by_readers))
        assert article not in by_readers


def test_lists_go_on_when_the_counting_process_is_killed(pipeline: Pipeline) -> None:
    aggregators = [pipeline.aggregator(), pipeline.aggregator()]
    counting(pipeline, *aggregators)
    visits = some_visits(2)
    read(pipeline, visits)
    wait_told(pipeline, cosines(visits))
    first = pipeline.redis().get("pv:also_counter")
    aggregators[0].kill()
    aggregators[1].kill()
    counting(pipeline, pipeline.aggregator())
    more = [(reader + READERS, article) for reader, article in some_visits(3)]
    read(pipeline, more)
    wait_told(pipeline, cosines(visits + more))
    assert pipeline.redis().get("pv:also_counter") != first


def test_little_known_articles_show_what_is_hot_in_their_section(pipeline: Pipeline) -> None:
    visits = [(10 * article + reader, f"/topic-1/{article}") for article in range(4) for reader in range(2)]
    visits += [(100 * article + reader, f"/topic-0/{article}") for article in range(8) for reader in range(3)]
    read(pipeline, visits)
    pipeline.count()
    pipeline.exporter(once=True).finish()
    content = check_file(pipeline.directory / "out" / "also-read" / "topic-1" / "0.json")
    items = [(item["article"], item["section"], item["by"]) for item in content["items"]]
    assert items[:3] == [(f"/topic-1/{article}", "sport", "section") for article in (3, 2, 1)]
    assert len(items) == 5, "the site's follow"
    assert all(section == "news" and by == "section" for _, section, by in items[3:])


@pytest.mark.parametrize("options", [{"also_read": "off"}, {"visitors": "off"}])
def test_switched_off_nothing_is_kept_of_who_reads_what(pipeline: Pipeline, options: dict[str, str]) -> None:
    read(pipeline, some_visits(4))
    pipeline.count(**options)
    client = pipeline.redis()
    assert not client.exists("pv:visits", "pv:visits_key", "pv:also_changed", "pv:also_counter")
    assert not told(pipeline)


def test_a_log_that_is_caught_up_with_tells_nothing(pipeline: Pipeline) -> None:
    read(pipeline, some_visits(5), ago_ms=3_700_000)
    pipeline.count()
    assert not pipeline.redis().exists("pv:visits")
    read(pipeline, some_visits(6), ago_ms=3_500_000)
    pipeline.count(clock="event")
    assert pipeline.redis().exists("pv:visits")


def test_a_replay_by_the_clock_of_events_tells_all(pipeline: Pipeline) -> None:
    visits = some_visits(7)
    read(pipeline, visits, ago_ms=400 * 86_400_000)
    aggregator = pipeline.aggregator(clock="event")
    counting(pipeline, aggregator)
    wait_told(pipeline, cosines(visits))


def test_visitors_of_events_are_not_in_the_stream(pipeline: Pipeline) -> None:
    visits = some_visits(8)
    read(pipeline, visits)
    pipeline.count()
    entries = pipeline.redis().xrange("pv:visits")
    assert entries
    assert not any(b"reader-" in value for _, fields in entries for value in fields.values())


def test_shipped_acl_file_allows_it(tmp_path: Path, broker: KafkaBroker) -> None:
    users = tmp_path / "users.acl"
    users.write_text((REPOSITORY / "etc" / "redis" / "pageviews.acl").read_text(encoding="utf-8"))
    for name in ("aggregator", "reader"):
        (tmp_path / name).write_text(f"change-this-{name}\n")
    server = RedisServer(tmp_path / "redis", {"aclfile": str(users)}, "change-this-admin", "pv-admin")
    with server, Pipeline(tmp_path, broker, server) as pipeline:
        read(pipeline, some_visits(9))
        pipeline.count(redis_user="pv-aggregator", redis_password_file=tmp_path / "aggregator")
        assert told(pipeline)
        pipeline.exporter(once=True, redis_user="pv-reader", redis_password_file=tmp_path / "reader").finish()
        files = [check_file(path) for path in (tmp_path / "out" / "also-read").rglob("*.json")]
        assert any(item["by"] == "readers" for content in files for item in content["items"])
