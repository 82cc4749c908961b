"""Redis beside the recount with repeats. When they differ, it says all that is needed to find out why: the events of
the wrong buckets with their verdicts, where each partition stands, the times of the comparison, what the programs said.
"""
from __future__ import annotations

import time
from collections.abc import Iterator

import redis

from harness.counts import Counts, minute_of
from harness.dedupe_reference import Verdict, counts_of, judge_topic
from harness.pipeline import Pipeline
from harness.redis_counts import RedisComparison

_BUCKETS_SHOWN, _EVENTS_SHOWN = 5, 400


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _places(client: redis.Redis) -> Iterator[str]:
    for name in ("offsets", "repeats", "watermarks", "origins", "totals", "meta"):
        yield f"pv:{name}: {client.hgetall(f'pv:{name}')}"
    seconds, micros = client.time()
    yield f"Redis's clock: {seconds}.{micros:06}"


def _events(verdicts: list[Verdict], bucket: str) -> Iterator[str]:
    """The events of the bucket, and those before by the same visitors of the same articles."""
    inside = [one for one in verdicts if one.event and minute_of(one.ts_ms).startswith(bucket)]
    pairs = {(one.event.article, one.event.visitor) for one in inside if one.event}
    yield f"{len(inside)} events in {bucket}, with all of the same article and visitor:"
    related = [one for one in verdicts if one.event and (one.event.article, one.event.visitor) in pairs]
    yield from (f"  {one}" for one in related[:_EVENTS_SHOWN])
    if len(related) > _EVENTS_SHOWN:
        yield f"  and {len(related) - _EVENTS_SHOWN} more"


def _explanation(pipeline: Pipeline, comparison: RedisComparison, verdicts: list[Verdict], began: str) -> Iterator[str]:
    yield f"compared from {began} to {_now()}"
    yield from _places(pipeline.redis())
    smallest = sorted(comparison.wrong_buckets, key=lambda bucket: (-len(bucket), bucket))
    for bucket in smallest[:_BUCKETS_SHOWN]:
        yield from _events(verdicts, bucket)
    yield pipeline.describe()


def assert_counts_without_repeats(pipeline: Pipeline, window_ms: int) -> Counts:
    """Redis equals the recount; returns that."""
    verdicts = judge_topic(pipeline.broker.address, pipeline.topic, window_ms)
    expected = counts_of(verdicts)
    began = _now()
    comparison = RedisComparison(pipeline.redis())
    wrong = comparison.run(expected)
    assert not wrong, "\n".join(["Redis differs from the recount:", *wrong[:60],
                                 *_explanation(pipeline, comparison, verdicts, began)])
    return expected
