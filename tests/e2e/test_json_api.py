"""The JSON files equal a recount of the events, and each is what its schema says."""
from __future__ import annotations

import csv
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.counts import minute_of
from harness.event_traffic import event_client, view
from harness.json_schemas import check_file, json_files
from harness.kafka_broker import KafkaBroker
from harness.oracle import recount_topic
from harness.pipeline import Pipeline
from harness.redis_counts import read_offsets
from harness.redis_server import RedisServer
from harness.trending_run import HOUR_MS, MINUTE_MS, Lists, SimulatedSite
from harness.waiting import wait_until

HOURS = 5
# A section that is a path would leave the directory; one is a file's name.
WILD_SECTIONS = {"/wild/1": "../../up", "/wild/2": "a/b", "/wild/3": "news.json", "/wild/4": "Ä ö"}
TITLES = {"/wild/1": 'Say "hi" & <go>', "/wild/2": "Zwölf"}
VISITORS = 7


@pytest.fixture(scope="module")
def site(broker: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedSite]:
    """Some hours of a site up to now, counted; nothing comes any more."""
    directory = tmp_path_factory.mktemp("json-api")
    with RedisServer(directory / "redis") as server, Pipeline(directory, broker, server) as pipeline:
        simulated = SimulatedSite(pipeline, random.Random(11), int(time.time() * 1000) - HOURS * HOUR_MS)
        simulated.live(HOURS * HOUR_MS - 2 * MINUTE_MS, 4000)
        client = event_client(broker.address)
        for article, section in WILD_SECTIONS.items():
            for number in range(VISITORS):
                fields = {"section": section, "visitor": f"{number:016x}"}
                if article in TITLES:
                    fields["title"] = TITLES[article]
                client.produce(pipeline.topic, view(article, simulated.now_ms, **fields), key=article.encode())
                simulated.events.append((simulated.now_ms, article, 1))
            simulated.sections[article] = (simulated.now_ms // HOUR_MS, section)
        client.produce(pipeline.topic, b"not json", key=b"x")
        assert client.flush(60) == 0
        pipeline.count(clock="event")
        yield simulated


@pytest.fixture(scope="module")
def out(site: SimulatedSite) -> Path:
    directory = site.pipeline.directory / "out"
    site.pipeline.exporter(once=True, csv=True, out=directory, hours=HOURS + 1).finish()
    return directory


@pytest.fixture(scope="module")
def files(out: Path) -> dict[str, Any]:
    return {str(path.relative_to(out)): check_file(path) for path in json_files(out)}


def clock_ms(site: SimulatedSite) -> int:
    return int(site.pipeline.redis().hget("pv:meta", "ranking_clock_ms") or 0)


def exported_lists(files: dict[str, Any]) -> Lists:
    found: Lists = {}
    for name, content in files.items():
        if name.startswith("trending/"):
            found.setdefault(content["list"], {})[content["section"]] = [
                (item["article"], item["score"]) for item in content["items"]]
    return found


def test_trending_files_equal_the_reference(site: SimulatedSite, files: dict[str, Any]) -> None:
    expected = site.expected(clock_ms(site))
    exported = exported_lists(files)
    assert exported == {name: {section: entries for section, entries in scopes.items() if entries or section is None}
                        for name, scopes in expected.items()}
    assert set(WILD_SECTIONS.values()) < exported["1h"].keys()


def test_entries_say_rank_views_title_and_section(site: SimulatedSite, files: dict[str, Any]) -> None:
    views = Counter(article for _, article, _ in site.events)
    seen: set[str] = set()
    for name, content in files.items():
        if not name.startswith("trending/"):
            continue
        assert [item["rank"] for item in content["items"]] == list(range(1, len(content["items"]) + 1))
        for item in content["items"]:
            article = item["article"]
            assert item["views"] == views[article], name
            assert item["title"] == TITLES.get(article), name
            assert item["section"] == site.sections.get(article, (0, None))[1], name
            assert item["change"] is None, "nobody looked an hour ago"
            seen.add(article)
    assert seen >= set(WILD_SECTIONS)


def test_files_of_sections_stay_in_their_directory(out: Path, files: dict[str, Any]) -> None:
    assert not (out.parent / "up.json").exists() and not (out / "up.json").exists()
    assert files["trending/1h/a/b.json"]["section"] == "a/b"
    assert all(len(part) < 256 and not part.startswith(".") for name in files for part in name.split("/"))


def test_live_equals_the_recount(site: SimulatedSite, out: Path, files: dict[str, Any]) -> None:
    minutes = Counter(minute_of(ts_ms) for ts_ms, _, _ in site.events)
    live = files["live.json"]
    times = [item["time"][:16] for item in live["items"]]
    # The clock of events goes on with the wall's from the last ranking.
    first_ms = clock_ms(site) // MINUTE_MS
    assert any(times == [minute_of((first_ms + later - 59 + i) * MINUTE_MS) for i in range(60)] for later in range(10))
    assert [item["views"] for item in live["items"]] == [minutes[name] for name in times]
    assert live["now"]["views"] == sum(minutes[name] for name in times[-5:])


def test_site_by_the_hour_and_the_day_equals_the_recount(site: SimulatedSite, files: dict[str, Any]) -> None:
    minutes = Counter(minute_of(ts_ms) for ts_ms, _, _ in site.events)
    for size, count, length, step_ms in (("hours", 336, 13, HOUR_MS), ("days", 60, 10, 24 * HOUR_MS)):
        expected: Counter[str] = Counter()
        for minute, views in minutes.items():
            expected[minute[:length]] += views
        series = files[f"site/{size}.json"][size]
        last_ms = clock_ms(site) // step_ms * step_ms
        names = [minute_of(last_ms - (count - 1 - i) * step_ms)[:length] for i in range(count)]
        if series["to"] != names[-1]:  # the clock went on over its end
            names = [*names[1:], minute_of(last_ms + step_ms)[:length]]
        assert series == {"to": names[-1], "views": [expected[name] for name in names]}, size


def test_same_day_last_week_has_its_minutes(pipeline: Pipeline) -> None:
    now_ms = int(time.time() * 1000)
    client = event_client(pipeline.broker.address)
    for days in (0, 1, 6, 7, 8):
        for number in range(days + 1):
            client.produce(pipeline.topic, view(f"/{number}", now_ms - days * 24 * HOUR_MS))
    assert client.flush(60) == 0
    pipeline.count()
    pipeline.exporter(once=True).finish()
    sites = {path.stem: check_file(path)["items"] for path in (pipeline.directory / "out" / "site").glob("2*.json")}
    assert sites == {minute_of(now_ms - days * 24 * HOUR_MS)[:10]: [
        {"time": minute_of(now_ms - days * 24 * HOUR_MS)[11:], "views": days + 1}] for days in (0, 1, 7)}


def test_index_tells_zone_and_names_of_sections(site: SimulatedSite, files: dict[str, Any], tmp_path: Path) -> None:
    index = files["index.json"]
    assert index["timezone"] is None and index["days"] == 2 and index["hours"] == HOURS + 1
    named = {content["section"]: name for name, content in files.items() if name.startswith("trending/24h/")}
    assert {section: f"trending/24h/{name}.json" for section, name in index["names"]["sections"].items()} == named
    assert set(WILD_SECTIONS.values()) <= named.keys()
    site.pipeline.exporter(once=True, out=tmp_path / "out", timezone="Europe/Berlin").finish()
    assert check_file(tmp_path / "out" / "index.json")["timezone"] == "Europe/Berlin"


def test_people_of_the_last_minutes_are_counted(pipeline: Pipeline) -> None:
    client = event_client(pipeline.broker.address)
    for number in range(40):
        client.produce(pipeline.topic, view(f"/{number % 3}", visitor=f"{number % 20:016x}"))
    assert client.flush(60) == 0
    pipeline.count()
    pipeline.exporter(once=True).finish()
    live = check_file(pipeline.directory / "out" / "live.json")
    assert live["now"] == {"minutes": 5, "views": 40, "people": 20}


def test_filtered_days_equal_the_recount(site: SimulatedSite, files: dict[str, Any]) -> None:
    recount = recount_topic(site.pipeline.broker.address, site.pipeline.topic).counts
    days = {name: content for name, content in files.items() if name.startswith("filtered/")}
    for name, content in days.items():
        assert name == f"filtered/{content['date']}.json"
        assert content["reasons"] == recount.filtered[content["date"]]
        assert content["events"] == recount.filtered[content["date"]].total()
    assert {content["date"] for content in days.values()} == recount.filtered.keys()
    assert recount.totals["not_json"] == 1 and recount.totals["spider"] > 0


def test_every_file_tells_how_far_and_how_late_it_is(site: SimulatedSite, files: dict[str, Any]) -> None:
    pipeline = site.pipeline
    offsets = {f"{pipeline.topic}/{n}": offset for n, offset in read_offsets(pipeline.redis(), pipeline.topic).items()}
    times = pipeline.redis().hmget("pv:meta", "last_commit_ms", "caught_up_ms")
    committed_s = max(int(time_ms or 0) for time_ms in times) / 1000
    for name, content in files.items():
        assert content.get("counted_to", offsets) == offsets, name
        generated_s = time.mktime(time.strptime(content["generated_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        assert abs(generated_s - committed_s - content["lag_seconds"]) <= 2, name


def test_csv_says_what_the_json_says(out: Path, files: dict[str, Any]) -> None:
    tables = sorted(out.rglob("*.csv"))
    assert {path.parent.name for path in tables} == {"day", "hour", "site"}
    for path in tables:
        content = files[str(path.with_suffix(".json").relative_to(out))]
        with path.open(newline="", encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
        if path.stem in ("hours", "days"):
            views = content[path.stem]["views"]
            assert [int(row["views"]) for row in rows] == views and rows[-1]["time"] == content[path.stem]["to"]
        elif path.parent.name == "site":
            assert rows == [{"time": item["time"], "views": str(item["views"])} for item in content["items"]]
        else:
            assert rows == [{"rank": str(item["rank"]), "article": item["article"], "views": str(item["views"])}
                            for item in content["items"][0]["articles"]]


def test_files_of_sections_that_are_no_more_are_removed(site: SimulatedSite, out: Path, tmp_path: Path) -> None:
    pipeline = site.pipeline
    directory = tmp_path / "out"
    exporter = pipeline.exporter(interval="50ms", out=directory)
    gone = directory / "trending" / "24h" / "sport.json"
    gone_below = directory / "trending" / "24h" / "a"  # of the section a/b
    wait_until((directory / "index.json").exists, "the first round ends", explain=exporter.describe)
    assert gone.exists() and gone_below.is_dir()
    foreign = directory / "trending" / "24h" / "mine.json"
    foreign.write_text("{}")
    stamp = pipeline.redis().hget("pv:rankings", "trending:24h:section:sport")
    pipeline.redis().hdel("pv:rankings", "trending:24h:section:sport", "trending:24h:section:a/b")
    wait_until(lambda: not gone.exists(), "the file of the section is removed", explain=exporter.describe)
    wait_until(lambda: not gone_below.exists(), "its directory is removed", explain=exporter.describe)
    wait_until(lambda: "24h/sport.json" not in (directory / "index.json").read_text(), "the index knows")
    pipeline.redis().hset("pv:rankings", "trending:24h:section:sport", stamp)
    wait_until(gone.exists, "the section is back", explain=exporter.describe)
    exporter.stop()
    assert foreign.exists()
    assert json.loads(gone.read_text())["items"] == check_file(out / "trending" / "24h" / "sport.json")["items"]


def test_limit_cuts_trending_lists(site: SimulatedSite, out: Path, tmp_path: Path) -> None:
    site.pipeline.exporter(once=True, out=tmp_path / "out", limit=3).finish()
    for path in (tmp_path / "out" / "trending").rglob("*.json"):
        whole = check_file(out / path.relative_to(tmp_path / "out"))["items"]
        assert check_file(path)["items"] == whole[:3]
