"""Whatever happens to Redis or on the way to it, its counts are the recount of the topic."""
from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.event_traffic import Traffic, send_views
from harness.pipeline import Pipeline
from harness.redis_counts import read_offsets
from harness.tcp_proxy import Lose, TcpProxy
from harness.waiting import wait_until


@pytest.fixture
def proxy(pipeline: Pipeline) -> Iterator[TcpProxy]:
    def calls() -> int:
        return int(pipeline.redis().info("commandstats").get("cmdstat_fcall", {}).get("calls", 0))

    between = TcpProxy(pipeline.server.port, b"pv_commit", calls)
    yield between
    between.close()


@pytest.mark.parametrize("lost", list(Lose), ids=lambda lost: lost.value)
def test_commit_whose_request_or_reply_is_lost_counts_once(pipeline: Pipeline, proxy: TcpProxy, lost: Lose) -> None:
    aggregator = pipeline.aggregator(redis=proxy.address)
    send_views(pipeline.broker.address, pipeline.topic, 2000, seed=1)
    pipeline.wait_all_counted()
    for round_number in range(5):
        already_lost = proxy.lost
        proxy.lose(lost)
        send_views(pipeline.broker.address, pipeline.topic, 2000, seed=2 + round_number)
        wait_until(lambda: proxy.lost > already_lost, f"a {lost.value} is lost", explain=pipeline.describe)
        pipeline.wait_all_counted()
    aggregator.stop()
    assert pipeline.check().totals["views"] == 12_000


def test_redis_killed_and_restarted_from_its_aof_under_traffic_stays_exact(pipeline: Pipeline) -> None:
    aggregator = pipeline.aggregator()
    with Traffic(pipeline.broker.address, pipeline.topic):
        for _ in range(3):
            pipeline.wait_views_counted(1000)
            pipeline.server.kill()
            pipeline.server.start()
        pipeline.wait_views_counted(1000)
    pipeline.wait_all_counted()
    aggregator.stop()
    pipeline.check()


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.97])
def test_redis_that_forgot_the_end_of_its_aof_is_told_again(pipeline: Pipeline, kept: float) -> None:
    """As after a power cut: the file ends somewhere in the middle of a write."""
    aggregator = pipeline.aggregator()
    for seed in range(5):
        send_views(pipeline.broker.address, pipeline.topic, 1000, seed)
        pipeline.wait_all_counted()
    pipeline.server.kill()
    size = pipeline.server.append_only_file.stat().st_size
    os.truncate(pipeline.server.append_only_file, int(size * kept))
    pipeline.server.start()
    pipeline.wait_all_counted()
    aggregator.stop()
    assert pipeline.check().totals["views"] == 5000


def test_flushed_redis_is_filled_again_from_the_topic_without_new_traffic(pipeline: Pipeline) -> None:
    aggregator = pipeline.aggregator()
    send_views(pipeline.broker.address, pipeline.topic, 5000)
    pipeline.wait_all_counted()
    pipeline.redis().flushall()
    wait_until(lambda: pipeline.views_counted() == 5000, "all is counted again", explain=pipeline.describe)
    pipeline.wait_all_counted()
    aggregator.stop()
    pipeline.check()


def test_redis_that_lost_its_functions_gets_them_again(pipeline: Pipeline) -> None:
    aggregator = pipeline.aggregator()
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=1)
    pipeline.wait_all_counted()
    pipeline.redis().function_flush()
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=2)
    pipeline.wait_all_counted()
    aggregator.stop()
    pipeline.check()


def test_offsets_and_counts_move_together_at_any_moment(pipeline: Pipeline) -> None:
    """Looked at while traffic flows: the total equals the events below the offsets, each time."""
    aggregator = pipeline.aggregator()
    client = pipeline.redis()
    with Traffic(pipeline.broker.address, pipeline.topic):
        for _ in range(10):
            pipeline.wait_views_counted(500)
            with client.pipeline(transaction=True) as moment:
                moment.hgetall("pv:offsets")
                moment.hget("pv:totals", "views")
                moment.hvals("pv:views")
                offsets, total, views = moment.execute()
            # Nothing here is transactional, so that offsets have no holes and count events.
            assert sum(map(int, offsets.values())) == int(total) == sum(map(int, views))
    aggregator.stop()
    assert set(read_offsets(client, pipeline.topic)) <= set(range(4))
