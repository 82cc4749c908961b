"""Kafka away for a minute while views come by HTTP: each that was accepted is counted in the end.

PV_KAFKA_AWAY_S (60) is for how many seconds' views it is away, at 2,000 a second.
"""
from __future__ import annotations

import os

from harness.collector_run import assert_counted_though_kafka_was_away
from harness.pipeline import Pipeline


def test_views_accepted_in_a_minute_without_kafka_are_counted_in_the_end(own_pipeline: Pipeline) -> None:
    seconds = float(os.environ.get("PV_KAFKA_AWAY_S", "60"))
    assert_counted_though_kafka_was_away(own_pipeline, seconds)
