"""A log that is rotated and compressed several times a second under a producer that is killed at random.

PV_CHAOS_SECONDS (25) is the length of the run, PV_CHAOS_SEED repeats its kills.
"""
from __future__ import annotations

import gzip
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

from harness.log_lines import log_line
from harness.pipeline import Pipeline
from harness.repeated import Repeated
from harness.waiting import pause

ROTATED_EVERY_S = 0.05
LINES_AT_ONCE = 5
RUNS_S = (0.3, 0.8, 1.5, 2.5)
PAUSES_S = (0.0, 0.05, 0.5)


class RotatedLog(Repeated):
    """Writes numbered lines; each rotated file is compressed beside the writing, as Caddy does it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._log = path.open("ab", buffering=0)
        self._compressing: list[threading.Thread] = []
        self.lines = 0

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        for thread in self._compressing:
            thread.join()
        self._log.close()

    def write(self) -> None:
        for _ in range(LINES_AT_ONCE):
            self._log.write(log_line(f"/line/{self.lines}".encode()))
            self.lines += 1

    def turn(self) -> None:
        end = time.monotonic() + ROTATED_EVERY_S
        while time.monotonic() < end:
            self.write()
            pause(0.005)
        number = len(self._compressing)
        rotated = self._path.with_name(f"{self._path.name}-2026-11-24T{number // 1000:02}-00-{number % 1000:03}")
        self._path.rename(rotated)
        self._log.close()
        self._log = self._path.open("ab", buffering=0)
        self._compressing.append(threading.Thread(target=_compress, args=(rotated,), daemon=True))
        self._compressing[-1].start()


def _compress(plain: Path) -> None:
    zipped = gzip.compress(plain.read_bytes())
    with plain.with_name(f"{plain.name}.gz").open("wb", buffering=0) as out:
        out.write(zipped[:100])
        pause(0.003)
        out.write(zipped[100:])
    plain.unlink()


def test_no_file_is_passed_over_while_files_are_renamed_and_compressed(pipeline: Pipeline) -> None:
    seconds = float(os.environ.get("PV_CHAOS_SECONDS", "25"))
    seed = int(os.environ.get("PV_CHAOS_SEED", random.randrange(1 << 30)))
    print(f"PV_CHAOS_SECONDS={seconds:g} PV_CHAOS_SEED={seed}")
    source = random.Random(seed)
    log = RotatedLog(pipeline.log)
    log.write()
    pipeline.ship()  # what is rotated from now on is no history
    with log:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            producer = pipeline.producer()
            pause(source.choice(RUNS_S))
            producer.kill()
            pause(source.choice(PAUSES_S))
    pipeline.ship()
    pipeline.assert_articles_in_topic(Counter(f"/line/{number}" for number in range(log.lines)))
