"""kill -9 at random moments: not one view is lost or doubled.

PV_CHAOS_KILLS (20) is how often each program is killed, PV_CHAOS_EVENTS (200000) the length of the run,
PV_CHAOS_SEED repeats a run.
"""
from __future__ import annotations

import os
import random

from harness.kill_run import assert_exact_under_kills
from harness.pipeline import Pipeline


def test_no_view_is_lost_or_doubled_when_both_programs_are_killed_at_random(pipeline: Pipeline) -> None:
    kills = int(os.environ.get("PV_CHAOS_KILLS", "20"))
    events = int(os.environ.get("PV_CHAOS_EVENTS", "200000"))
    seed = int(os.environ.get("PV_CHAOS_SEED", random.randrange(1 << 30)))
    print(f"PV_CHAOS_KILLS={kills} PV_CHAOS_EVENTS={events} PV_CHAOS_SEED={seed}")
    assert_exact_under_kills(pipeline, kills, events, seed)
