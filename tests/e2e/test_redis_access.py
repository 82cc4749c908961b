"""Ways to reach Redis, names in it, and how long it keeps what: each with exact counts."""
from __future__ import annotations

from pathlib import Path

import pytest

from harness.kafka_broker import KafkaBroker
from harness.page_view_policy import REPOSITORY
from harness.pipeline import Pipeline
from harness.redis_counts import DAY_S, HOUR_S, Retention
from harness.redis_server import RedisServer
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


def test_shipped_acl_file_allows_what_the_programs_need(tmp_path: Path, broker: KafkaBroker) -> None:
    users = tmp_path / "users.acl"
    users.write_text((REPOSITORY / "etc" / "redis" / "pageviews.acl").read_text(encoding="utf-8"))
    for name in ("aggregator", "reader"):
        (tmp_path / name).write_text(f"change-this-{name}\n")
    server = RedisServer(tmp_path / "redis", {"aclfile": str(users)}, "change-this-admin", "pv-admin")
    with server, Pipeline(tmp_path, broker, server) as pipeline:
        write_log(pipeline)
        aggregator = {"redis_user": "pv-aggregator", "redis_password_file": tmp_path / "aggregator"}
        pipeline.redis().set("pv:ranker", "another", px=600_000)
        pipeline.count(**aggregator)
        pipeline.count(clock="event", **aggregator)
        pipeline.count(rebuild=True, **aggregator)
        pipeline.check()
        pipeline.exporter(once=True, redis_user="pv-reader", redis_password_file=tmp_path / "reader").finish()
        refused = pipeline.aggregator(redis_user="pv-reader", redis_password_file=tmp_path / "reader")
        refused.wait_text(r"NOPERM|permission")


@pytest.mark.parametrize("limit", [100, 777])
def test_small_batches_count_the_same(pipeline: Pipeline, limit: int) -> None:
    write_log(pipeline)
    pipeline.count(max_batch_articles=limit)
    pipeline.check()
