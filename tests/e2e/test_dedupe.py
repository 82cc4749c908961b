"""--dedupe: reloads are repeats, and what is a repeat depends on the log alone, whatever is killed."""
from __future__ import annotations

import random
import time

from harness.dedupe_check import assert_counts_without_repeats
from harness.dedupe_reference import recount_with_dedupe
from harness.event_traffic import event_client, view
from harness.pipeline import Pipeline
from harness.reload_traffic import HOUR_MS, WINDOW_MS, send_reloads
from harness.redis_counts import read_offsets
from harness.waiting import wait_until

def check(pipeline: Pipeline) -> None:
    expected = assert_counts_without_repeats(pipeline, WINDOW_MS)
    assert expected.totals["repeat"] > 0 and expected.totals["views"] > 0


def test_reload_within_the_window_is_a_repeat_and_not_a_view(pipeline: Pipeline) -> None:
    now = int(time.time() * 1000) - 2 * HOUR_MS
    client = event_client(pipeline.broker.address)
    for minutes, who in ((0, "anna"), (29, "anna"), (30, "bert"), (58, "anna"), (90, "anna")):
        client.produce(pipeline.topic, view("/a", now + minutes * 60_000, visitor=who), key=b"/a")
    assert client.flush(30) == 0
    pipeline.count(dedupe="30m")
    assert pipeline.redis().hgetall("pv:totals") == {b"views": b"3", b"repeat": b"2"}
    check(pipeline)


def test_reloads_are_views_when_it_is_off(pipeline: Pipeline) -> None:
    send_reloads(pipeline, 2000, random.Random(1), int(time.time() * 1000) - HOUR_MS, HOUR_MS)
    pipeline.count()
    assert "repeat" not in pipeline.check().totals


def test_repeats_are_the_same_after_restarts_and_kills(pipeline: Pipeline) -> None:
    source = random.Random(7)
    start_ms = int(time.time() * 1000) - 6 * HOUR_MS
    client = pipeline.redis()
    for turn in range(6):
        send_reloads(pipeline, 1500, source, start_ms + turn * HOUR_MS, HOUR_MS)
        before = sum(read_offsets(client, pipeline.topic).values())
        aggregator = pipeline.aggregator(dedupe="30m")
        wait_until(lambda: sum(read_offsets(client, pipeline.topic).values()) > before, "something is counted",
                   explain=pipeline.describe)
        aggregator.kill() if turn % 2 else aggregator.stop()
    pipeline.count(dedupe="30m")
    check(pipeline)


def test_repeats_are_the_same_when_redis_forgets_its_last_commits(pipeline: Pipeline) -> None:
    source = random.Random(8)
    start_ms = int(time.time() * 1000) - 3 * HOUR_MS
    aggregator = pipeline.aggregator(dedupe="30m")
    send_reloads(pipeline, 2000, source, start_ms, HOUR_MS)
    wait_until(lambda: pipeline.views_counted() > 0, "something is counted", explain=pipeline.describe)
    client = pipeline.redis()
    keys = {key: client.dump(key) for key in client.keys("pv:*")}
    send_reloads(pipeline, 2000, source, start_ms + HOUR_MS, HOUR_MS)
    wait_until(lambda: sum(read_offsets(client, pipeline.topic).values()) >= 4000, "all is counted",
               explain=pipeline.describe)
    transaction = client.pipeline(transaction=True)
    transaction.flushall()
    for key, value in keys.items():
        transaction.restore(key, 0, value)
    transaction.execute()
    wait_until(lambda: sum(read_offsets(client, pipeline.topic).values()) >= 4000, "all is counted again",
               explain=pipeline.describe)
    aggregator.stop()
    expected = recount_with_dedupe(pipeline.broker.address, pipeline.topic, WINDOW_MS)
    assert {name.decode(): int(count) for name, count in client.hgetall("pv:totals").items()} == expected.totals
    assert {name.decode(): int(count) for name, count in client.hgetall("pv:views").items()} == expected.articles
