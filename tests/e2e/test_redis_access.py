"""Ways to reach Redis, names in it, and how long it keeps what: each with exact counts."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.kafka_broker import KafkaBroker
from harness.page_view_policy import REPOSITORY
from harness.pipeline import Pipeline
from harness.redis_counts import DAY_S, HOUR_S, Retention
from harness.redis_server import RedisServer
from harness.waiting import wait_until
from harness.weblog_generate import WeblogGenerator


def write_log(pipeline: Pipeline) -> None:
    pipeline.log.write_bytes(b"".join(WeblogGenerator(5000, seed=31)))
    pipeline.ship()


def test_buckets_are_kept_as_long_as_the_options_say(pipeline: Pipeline) -> None:
    write_log(pipeline)
    pipeline.count(keep_minutes="30m", keep_hours="1h", keep_days="1d", trending="off")
    pipeline.check(retention=Retention(HOUR_S // 2, HOUR_S, DAY_S))


def test_prefix_is_on_every_key(pipeline: Pipeline) -> None:
    write_log(pipeline)
    pipeline.count(prefix="other:site:")
    pipeline.check(prefix="other:site:")
    assert all(key.startswith(b"other:site:") for key in pipeline.redis().scan_iter())


def test_aggregator_with_another_prefix_counts_all_again(pipeline: Pipeline) -> None:
    write_log(pipeline)
    for prefix in ("pv:", "again:"):
        pipeline.count(prefix=prefix, group=f"{pipeline.group}-{prefix}")
        pipeline.check(prefix=prefix)


def test_unix_socket_is_as_good_as_a_port(tmp_path: Path, broker: KafkaBroker) -> None:
    socket = tmp_path / "redis.sock"
    server = RedisServer(tmp_path / "redis", {"unixsocket": str(socket)})
    with server, Pipeline(tmp_path, broker, server) as pipeline:
        write_log(pipeline)
        pipeline.count(redis=f"unix:{socket}")
        pipeline.check()
        pipeline.exporter(once=True, redis=f"unix:{socket}").finish()


@contextmanager
def pipeline_with_shipped_users(directory: Path, broker: KafkaBroker) -> Iterator[Pipeline]:
    """On a Redis with the users of the ACL file in etc/."""
    users = directory / "users.acl"
    users.write_text((REPOSITORY / "etc" / "redis" / "pageviews.acl").read_text(encoding="utf-8"))
    server = RedisServer(directory / "redis", {"aclfile": str(users)}, "change-this-admin", "pv-admin")
    with server, Pipeline(directory, broker, server) as pipeline:
        yield pipeline


def as_user(directory: Path, name: str) -> dict[str, Any]:
    """Options with which a program logs in as this user of that file."""
    password = directory / f"{name}.password"
    password.write_text(f"change-this-{name}\n")
    return {"redis_user": f"pv-{name}", "redis_password_file": password}


def test_shipped_acl_file_allows_what_the_programs_need(tmp_path: Path, broker: KafkaBroker) -> None:
    aggregator, reader = as_user(tmp_path, "aggregator"), as_user(tmp_path, "reader")
    with pipeline_with_shipped_users(tmp_path, broker) as pipeline:
        write_log(pipeline)
        pipeline.redis().set("pv:ranker", "another", px=600_000)
        pipeline.count(**aggregator)
        pipeline.count(clock="event", **aggregator)
        pipeline.count(rebuild=True, **aggregator)
        pipeline.check()
        pipeline.exporter(once=True, **reader).finish()
        refused = pipeline.aggregator(**reader)
        refused.wait_text(r"NOPERM|permission")


def test_shipped_acl_file_allows_what_two_aggregators_need(tmp_path: Path, broker: KafkaBroker) -> None:
    """They hand the partitions and the ranker's lock over, and find the end of the log."""
    with pipeline_with_shipped_users(tmp_path, broker) as pipeline:
        programs = [pipeline.aggregator(dedupe="30m", **as_user(tmp_path, "aggregator")) for _ in range(2)]
        for program in programs:
            program.wait_text("assigned.*partitions=2")
        write_log(pipeline)
        pipeline.wait_all_counted()
        programs[0].stop()
        programs[1].wait_text("assigned.*partitions=4")
        counted_ms = int(pipeline.redis().hget("pv:meta", "last_commit_ms"))
        wait_until(lambda: int(pipeline.redis().hget("pv:meta", "caught_up_ms") or 0) > counted_ms,
                   "the end of the log is found", explain=pipeline.describe)
        programs[1].stop()
        for program in programs:
            assert not re.search("NOPERM|can't run", program.text()), program.describe()


@pytest.mark.parametrize("limit", [100, 777])
def test_small_batches_count_the_same(pipeline: Pipeline, limit: int) -> None:
    write_log(pipeline)
    pipeline.count(max_batch_articles=limit)
    pipeline.check()
