"""The trending lists in Redis are those that a brute-force reference makes of all events in memory."""
from __future__ import annotations

import os
import random
import time

from harness.pipeline import Pipeline
from harness.redis_counts import read_offsets
from harness.trending_run import HOUR_MS, MINUTE_MS, SimulatedSite, differences, read_lists
from harness.waiting import wait_until

BY_EVENTS = {"clock": "event"}


def clock_ms(pipeline: Pipeline) -> int:
    return int(pipeline.redis().hget("pv:clock", "now") or 0)


def assert_lists(pipeline: Pipeline, site: SimulatedSite) -> None:
    """For aggregators that run: until the lists are right, at the time of the latest event."""
    now_ms = max(ts_ms for ts_ms, _, _ in site.events)
    wait_until(lambda: clock_ms(pipeline) >= now_ms, "the clock of events is at the end", explain=pipeline.describe)
    expected = site.expected(clock_ms(pipeline))
    wait_until(lambda: not differences(read_lists(pipeline.redis()), expected), "the lists are those of the reference",
               deadline_s=40, poll_interval_s=0.2,
               explain=lambda: "\n".join(differences(read_lists(pipeline.redis()), expected)[:12]) + "\n"
               + pipeline.describe())


def roll_back(pipeline: Pipeline, saved: dict[bytes, bytes]) -> None:
    transaction = pipeline.redis().pipeline(transaction=True)
    transaction.flushall()
    for key, value in saved.items():
        transaction.restore(key, 0, value)
    transaction.execute()


def test_lists_equal_the_reference_over_48_hours_of_restarts_rollback_and_two_aggregators(pipeline: Pipeline) -> None:
    seed = int(os.environ.get("PV_TRENDING_SEED", random.randrange(1 << 30)))
    print(f"PV_TRENDING_SEED={seed}")
    site = SimulatedSite(pipeline, random.Random(seed), int(time.time() * 1000) - 72 * HOUR_MS)
    end_ms = site.now_ms + 48 * HOUR_MS
    first, second = pipeline.aggregator(None, **BY_EVENTS), pipeline.aggregator(None, **BY_EVENTS)
    saved: dict[bytes, bytes] = {}
    turn = 0
    while site.now_ms < end_ms:
        site.live(site.source.choice((20_000, MINUTE_MS, 13 * MINUTE_MS, 2 * HOUR_MS, 8 * HOUR_MS)), 600)
        turn += 1
        assert_lists(pipeline, site)
        if turn % 4 == 0:
            first.kill() if turn % 8 else first.stop()
            first = pipeline.aggregator(None, **BY_EVENTS)
        elif turn % 4 == 1:
            saved = {key: pipeline.redis().dump(key) for key in pipeline.redis().keys("pv:*")}
        elif turn % 4 == 3:
            roll_back(pipeline, {key: value for key, value in saved.items() if value})
            second.kill()
            second = pipeline.aggregator(None, **BY_EVENTS)
    assert_lists(pipeline, site)
    first.stop()
    second.stop()


def test_a_month_of_history_leaves_the_lists_and_buckets_as_at_its_end(pipeline: Pipeline) -> None:
    site = SimulatedSite(pipeline, random.Random(3), int(time.time() * 1000) - 90 * 24 * HOUR_MS)
    for _ in range(30):
        site.live(24 * HOUR_MS, 300)
    pipeline.count(clock="event")
    now_ms = max(ts_ms for ts_ms, _, _ in site.events)
    assert clock_ms(pipeline) == now_ms
    assert not differences(read_lists(pipeline.redis()), site.expected(now_ms))
    kept = {key.decode()[len("pv:views:"):] for key in pipeline.redis().scan_iter("pv:views:*", count=1000)}
    minute = max(ts_ms for ts_ms, _, _ in site.events) // MINUTE_MS
    minutes = {name for name in kept if len(name) == 16}
    wanted = {time.strftime("%Y-%m-%dT%H:%M", time.gmtime(ts_ms // MINUTE_MS * 60)) for ts_ms, _, _ in site.events
              if ts_ms // MINUTE_MS + 1 + 120 > minute}
    assert {name for name in minutes if name in wanted} == wanted
    assert len(minutes) <= 122
    assert pipeline.redis().hgetall("pv:totals")[b"views"] == b"%d" % len(site.events)


def test_lists_by_the_wall_clock_are_those_of_the_events_of_now(pipeline: Pipeline) -> None:
    now_ms = int(time.time() * 1000)
    site = SimulatedSite(pipeline, random.Random(4), now_ms - 30 * MINUTE_MS)
    site.live(20 * MINUTE_MS, 3000)
    aggregator = pipeline.aggregator()

    def is_right() -> bool:
        """The clock may cross a minute between two looks: the lists say which time they are of."""
        before = pipeline.redis().hget("pv:meta", "ranking_clock_ms")
        found = read_lists(pipeline.redis())
        after = pipeline.redis().hget("pv:meta", "ranking_clock_ms")
        same = before is not None and int(before) // MINUTE_MS == int(after) // MINUTE_MS
        return same and not differences(found, site.expected(int(before)))

    wait_until(is_right, "the lists are those of the reference", poll_interval_s=0.3, explain=pipeline.describe)
    aggregator.stop()


def test_no_list_is_kept_when_trending_is_off(pipeline: Pipeline) -> None:
    site = SimulatedSite(pipeline, random.Random(5), int(time.time() * 1000) - HOUR_MS)
    site.live(MINUTE_MS, 500)
    pipeline.count(trending="off")
    assert sum(read_offsets(pipeline.redis(), pipeline.topic).values()) == 500
    assert read_lists(pipeline.redis()) == {}


def test_list_of_a_section_that_vanished_is_removed(pipeline: Pipeline) -> None:
    site = SimulatedSite(pipeline, random.Random(6), int(time.time() * 1000) - 5 * HOUR_MS)
    site.live(HOUR_MS, 500)
    pipeline.redis().zadd("pv:trending:1h:section:gone", {"/old": 1})
    pipeline.redis().hset("pv:rankings", "trending:1h:section:gone", "another:1")
    pipeline.count(clock="event")
    assert not pipeline.redis().exists("pv:trending:1h:section:gone")
