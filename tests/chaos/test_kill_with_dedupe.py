"""kill -9 of the aggregator at random moments with --dedupe: every count equals the recount of the log.

PV_CHAOS_KILLS (20) and PV_CHAOS_SEED as in test_kill.
"""
from __future__ import annotations

import os
import random
import time

from harness.dedupe_check import assert_counts_without_repeats
from harness.kill_run import Victim, random_marks
from harness.pipeline import Pipeline
from harness.reload_traffic import HOUR_MS, WINDOW_MS, send_reloads
from harness.redis_counts import read_offsets
from harness.waiting import wait_until

PIECE = 2000


def test_no_kill_makes_a_repeat_a_view_or_a_view_a_repeat(pipeline: Pipeline) -> None:
    kills = int(os.environ.get("PV_CHAOS_KILLS", "20"))
    seed = int(os.environ.get("PV_CHAOS_SEED", random.randrange(1 << 30)))
    print(f"PV_CHAOS_KILLS={kills} PV_CHAOS_SEED={seed}")
    source = random.Random(seed)
    client = pipeline.redis()
    pieces = kills + 2
    events = PIECE * pieces
    start_ms = int(time.time() * 1000) - 12 * HOUR_MS

    def counted() -> int:
        return sum(read_offsets(client, pipeline.topic).values())

    victim = Victim(lambda: pipeline.aggregator(dedupe="30m"), counted, random_marks(kills, events, source), source)
    for piece in range(pieces):
        send_reloads(pipeline, PIECE, source, start_ms + piece * HOUR_MS // 2, HOUR_MS // 2)

        def step() -> bool:
            victim.look(piece < pieces - 1)
            return counted() >= (piece - 1) * PIECE and (piece < pieces - 1 or victim.is_done)

        wait_until(step, f"piece {piece} is counted", deadline_s=300, poll_interval_s=0.005,
                   explain=pipeline.describe)
    victim.running.stop()
    assert victim.kills == kills
    pipeline.count(dedupe="30m")
    expected = assert_counts_without_repeats(pipeline, WINDOW_MS)
    assert expected.totals["repeat"] > 0
