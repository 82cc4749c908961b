"""The exporter's files say what Redis says, are never half written, and are left alone when nothing changed."""
from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from harness.counts import Counts
from harness.event_traffic import Traffic
from harness.kafka_broker import KafkaBroker
from harness.pipeline import Pipeline
from harness.redis_counts import read_offsets
from harness.redis_server import RedisServer
from harness.waiting import wait_until
from harness.weblog_generate import WeblogGenerator


@pytest.fixture(scope="module")
def counted(broker: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline that has counted a log of the last three hours, and stands still."""
    directory = tmp_path_factory.mktemp("snapshot")
    with RedisServer(directory / "redis") as server, Pipeline(directory, broker, server) as pipeline:
        pipeline.log.write_bytes(b"".join(WeblogGenerator(20_000, seed=17)))
        pipeline.ship()
        pipeline.count()
        yield pipeline


@pytest.fixture(scope="module")
def counts(counted: Pipeline) -> Counts:
    return counted.check()


@pytest.fixture
def snapshot(counted: Pipeline, tmp_path: Path) -> Path:
    out = tmp_path / "out"
    counted.exporter(once=True, out=out).finish()
    return out


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def ranked(views: dict[str, int], limit: int) -> list[dict[str, Any]]:
    """Most viewed first; among equals the higher id first, as Redis's sorted sets give them."""
    order = sorted(views.items(), key=lambda item: (item[1], item[0].encode()), reverse=True)
    return [{"article": article, "views": n, "rank": rank} for rank, (article, n) in enumerate(order[:limit], 1)]


# The dashboard and the script for pages, and what is kept for the next exporter: no snapshots.
BESIDE = {"index.html", "views.js", ".ranks.state"}


def files_of(directory: Path) -> set[str]:
    names = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
    return {name for name in names - BESIDE if not name.startswith("dashboard/")}


def exported_views(out: Path) -> int:
    """0 before the first snapshot is complete."""
    return int(load(out / "totals.json")["views"]) if (out / "index.json").exists() else 0


def test_top_of_each_day_and_hour_equals_the_recount(snapshot: Path, counts: Counts) -> None:
    for kind in ("day", "hour"):
        files = list((snapshot / "top" / kind).glob("*.json"))
        assert files
        for path in files:
            (item,) = load(path)["items"]
            assert item["articles"] == ranked(counts.buckets[path.stem], 1000), path


def test_days_and_hours_asked_for_are_there(counted: Pipeline, counts: Counts, tmp_path: Path) -> None:
    before = datetime.now(timezone.utc)
    counted.exporter(once=True, out=tmp_path, days=1, hours=2).finish()
    after = datetime.now(timezone.utc)
    days = {path.stem for path in (tmp_path / "top" / "day").glob("*.json")}
    hours = {path.stem for path in (tmp_path / "top" / "hour").glob("*.json")}
    possible_days = {f"{now:%Y-%m-%d}" for now in (before, after)}
    possible_hours = {f"{now - timedelta(hours=back):%Y-%m-%dT%H}" for now in (before, after) for back in (0, 1)}
    assert len(days) == 1 and days <= possible_days
    assert len(hours) == 2 and hours <= possible_hours


def test_limit_cuts_the_lists(counted: Pipeline, counts: Counts, tmp_path: Path) -> None:
    counted.exporter(once=True, out=tmp_path, limit=7).finish()
    for path in (tmp_path / "top").rglob("*.json"):
        (item,) = load(path)["items"]
        assert item["articles"] == ranked(counts.buckets[path.stem], 7)


def test_archive_has_every_counter(snapshot: Path, counts: Counts) -> None:
    lines = [json.loads(line) for line in gzip.decompress((snapshot / "articles.ndjson.gz").read_bytes()).splitlines()]
    articles = [line for line in lines if "article" in line]
    assert len(articles) == len(counts.articles)
    assert {line["article"]: line["views"] for line in articles} == counts.articles
    (about,) = (line for line in lines if "article" not in line)
    assert {"generated_at", "lag_seconds", "schema", "counted_to", "exact"} == about.keys() - {"articles"}


def test_totals_and_site_equal_the_recount(snapshot: Path, counts: Counts) -> None:
    totals = load(snapshot / "totals.json")
    assert totals["views"] == counts.totals["views"]
    assert {reason: n for reason, n in totals["filtered"].items() if n} == {
        reason: n for reason, n in counts.totals.items() if reason != "views"
    }
    files = list((snapshot / "site").glob("2*.json"))
    assert files
    for path in files:
        minutes = [(item["time"], item["views"]) for item in load(path)["items"]]
        assert minutes == sorted(counts.site[path.stem].items())


def test_every_file_tells_when_it_was_made_and_what_it_includes(snapshot: Path, counted: Pipeline) -> None:
    offsets = read_offsets(counted.redis(), counted.topic)
    for path in snapshot.rglob("*.json"):
        content = load(path)
        if path.name != "index.json":  # which has no counts
            assert content["counted_to"] == {f"{counted.topic}/{number}": offset for number, offset in offsets.items()}
            assert content["exact"] is True
        age = datetime.now(timezone.utc) - datetime.fromisoformat(content["generated_at"])
        assert timedelta(0) <= age < timedelta(minutes=10)


def test_index_lists_every_file_but_those_of_articles(snapshot: Path) -> None:
    text = json.dumps(load(snapshot / "index.json"))
    others = {name for name in files_of(snapshot) if not name.startswith(("articles/", "also-read/"))}
    others -= {"index.json"}
    assert {"totals.json", "articles.ndjson.gz"} < others
    assert all(f'"{name}"' in text for name in others)


def test_unchanged_files_are_left_alone(counted: Pipeline, snapshot: Path) -> None:
    def identities() -> dict[str, tuple[int, int]]:
        return {name: ((snapshot / name).stat().st_ino, (snapshot / name).stat().st_mtime_ns)
                for name in files_of(snapshot)}

    before = identities()
    counted.exporter(once=True, out=snapshot).finish()
    assert identities() == before


def test_reader_never_sees_half_a_file_while_counts_move(pipeline: Pipeline) -> None:
    out = pipeline.directory / "out"
    aggregator = pipeline.aggregator()
    with Traffic(pipeline.broker.address, pipeline.topic):
        exporter = pipeline.exporter(interval="100ms")
        wait_until((out / "totals.json").exists, "the first snapshot", explain=exporter.describe)
        seen: set[int] = set()

        def read_everything() -> bool:
            for name in files_of(out):
                if name.endswith(".json"):
                    load(out / name)
                elif name.endswith(".gz"):
                    assert gzip.decompress((out / name).read_bytes()).endswith(b"\n")
            seen.add(load(out / "totals.json")["views"])
            return len(seen) >= 15

        wait_until(read_everything, "fifteen snapshots are read", explain=exporter.describe)
    pipeline.wait_all_counted()
    views = pipeline.check().totals["views"]
    wait_until(lambda: load(out / "totals.json")["views"] == views, "the last count is exported")
    exporter.stop()
    aggregator.stop()
    assert {Path(name).suffix for name in files_of(out)} == {".json", ".gz", ".svg"}


def test_exporter_killed_at_any_moment_leaves_whole_files(pipeline: Pipeline) -> None:
    out = pipeline.directory / "out"
    aggregator = pipeline.aggregator()
    with Traffic(pipeline.broker.address, pipeline.topic):
        pipeline.wait_views_counted(1000)
        seen = 0
        for _ in range(20):
            exporter = pipeline.exporter(interval="10ms")
            wait_until(lambda: exported_views(out) > seen, "a newer snapshot", explain=exporter.describe)
            exporter.kill()
            seen = exported_views(out)
            for path in out.rglob("*.json"):
                load(path)
            assert gzip.decompress((out / "articles.ndjson.gz").read_bytes()).endswith(b"\n")
    pipeline.wait_all_counted()
    aggregator.stop()
    pipeline.exporter(once=True).finish()
    assert load(out / "totals.json")["views"] == pipeline.check().totals["views"]
    assert {Path(name).suffix for name in files_of(out)} == {".json", ".gz", ".svg"}
