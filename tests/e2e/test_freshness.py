"""How far the counts are behind: nearly nothing on a site where nothing happens, and more and more when Kafka is gone."""
from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from harness.event_traffic import send_views
from harness.pipeline import PARTITIONS, Pipeline
from harness.redis_counts import read_hash
from harness.waiting import wait_until

# A member keeps its partitions for longer than any test waits, though it sleeps, or Kafka is gone.
PATIENT_GROUP = {"session.timeout.ms": "300000"}
BEHIND_MS = 8000  # well over the few seconds between two looks at the log's end


def meta_ms(pipeline: Pipeline, field: str) -> int:
    """A time in `pv:meta`, 0 before there is one."""
    return int(pipeline.redis().hget("pv:meta", field) or 0)


def caught_up_ms(pipeline: Pipeline) -> int:
    return meta_ms(pipeline, "caught_up_ms")


def lag_ms(pipeline: Pipeline) -> float:
    return time.time() * 1000 - max(meta_ms(pipeline, "last_commit_ms"), caught_up_ms(pipeline))


def wait_caught_up(pipeline: Pipeline, times: int = 1) -> None:
    """Until all partitions were found at their end so many times more."""
    for _ in range(times):
        before = caught_up_ms(pipeline)
        wait_until(lambda: caught_up_ms(pipeline) > before, "all is known to be counted", explain=pipeline.describe)


def wait_behind(pipeline: Pipeline) -> None:
    wait_until(lambda: lag_ms(pipeline) > BEHIND_MS, "the counts are behind", explain=pipeline.describe)


def exported_lag_s(pipeline: Pipeline, out: Path) -> int:
    pipeline.exporter(once=True, out=out).finish()
    return int(json.loads((out / "totals.json").read_text(encoding="utf-8"))["lag_seconds"])


def test_counts_of_an_idle_site_are_not_behind(pipeline: Pipeline, tmp_path: Path) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=1)
    aggregator = pipeline.aggregator()
    pipeline.wait_all_counted()
    committed_ms = meta_ms(pipeline, "last_commit_ms")
    wait_caught_up(pipeline, times=3)
    assert meta_ms(pipeline, "last_commit_ms") == committed_ms
    assert read_hash(pipeline.redis(), "pv:caught_up").keys() == {f"{pipeline.topic}/{n}" for n in range(PARTITIONS)}
    idle_s = (time.time() * 1000 - committed_ms) / 1000
    assert exported_lag_s(pipeline, tmp_path / "idle") < idle_s - 1
    aggregator.stop()
    pipeline.check()


def test_counts_of_a_topic_without_events_are_not_behind(pipeline: Pipeline, tmp_path: Path) -> None:
    aggregator = pipeline.aggregator()
    wait_caught_up(pipeline)
    assert exported_lag_s(pipeline, tmp_path / "idle") >= 0
    aggregator.stop()


def test_counts_are_more_and_more_behind_while_kafka_is_gone(own_pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline, broker = own_pipeline, own_pipeline.broker
    send_views(broker.address, pipeline.topic, 1000, seed=1)
    aggregator = pipeline.aggregator(PATIENT_GROUP)
    pipeline.wait_all_counted()
    wait_caught_up(pipeline)
    broker.kill()
    wait_behind(pipeline)
    assert exported_lag_s(pipeline, tmp_path / "behind") >= BEHIND_MS // 1000
    broker.restart()
    wait_caught_up(pipeline)
    aggregator.stop()


def test_an_aggregator_that_sleeps_on_its_partitions_leaves_the_counts_behind(pipeline: Pipeline) -> None:
    first, second = (pipeline.aggregator(PATIENT_GROUP) for _ in range(2))
    first.wait_text(f"assigned.*partitions={PARTITIONS // 2}")
    second.wait_text(f"assigned.*partitions={PARTITIONS // 2}")
    wait_caught_up(pipeline, times=2)
    second.send_signal(signal.SIGSTOP)
    wait_behind(pipeline)
    second.send_signal(signal.SIGCONT)
    wait_caught_up(pipeline)
    first.stop()
    second.stop()
