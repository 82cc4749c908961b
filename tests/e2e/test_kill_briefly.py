"""The short form of the chaos run, for every test run."""
from __future__ import annotations

import random

from harness.kill_run import assert_exact_under_kills
from harness.pipeline import Pipeline

KILLS = 5
EVENTS = 40_000


def test_five_kills_of_each_program_lose_and_double_nothing(pipeline: Pipeline) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    assert_exact_under_kills(pipeline, KILLS, EVENTS, seed)
