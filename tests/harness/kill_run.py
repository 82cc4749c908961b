"""One run in which producer and aggregator are killed again and again while the log is being written."""
from __future__ import annotations

import random
import signal
from collections.abc import Callable
from pathlib import Path

from harness.page_view_policy import Policy
from harness.pipeline import Pipeline
from harness.programs import Program
from harness.redis_counts import assert_redis_holds, read_offsets
from harness.topic_reader import EndOffsets
from harness.waiting import wait_until
from harness.weblog_generate import WeblogGenerator
from harness.weblog_recount import WeblogCounts, recount_files, recount_lines

# Small pieces, often: so the programs are at work all along, and a kill meets them in any state.
LARGEST_PIECE_BYTES = 32_000
# A kill waits for a random number of looks after its mark, so that it is not tied to a commit just seen.
MOST_LOOKS = 20
SHARE_KILLED_AT_WORK = 0.8


class GrowingLog:
    """Writes prepared lines in pieces that end anywhere, also in the middle of a line."""

    def __init__(self, path: Path, lines: list[bytes], source: random.Random) -> None:
        self._log = path.open("ab", buffering=0)
        self._data = b"".join(lines)
        self._at = 0
        self._source = source

    @property
    def is_complete(self) -> bool:
        return self._at == len(self._data)

    def write_some(self, allowed: float) -> None:
        """A piece more, as long as that is less than `allowed`, a share of the whole."""
        if self._at <= allowed * len(self._data):
            end = self._at + self._source.randrange(1, LARGEST_PIECE_BYTES)
            self._log.write(self._data[self._at : end])
            self._at = min(end, len(self._data))


class Victim:
    """A program that is killed once its progress is past each of its marks, and started again at once."""

    def __init__(self, start: Callable[[], Program], progress: Callable[[], int], marks: list[int],
                 source: random.Random) -> None:
        self._start = start
        self._progress = progress
        self._marks = marks
        self._source = source
        self.kills = 0
        self._run()

    def _run(self) -> None:
        self.running = self._start()
        self._looks_left = self._source.randrange(MOST_LOOKS)
        # Most runs are killed at work, some while they start.
        self._at_start = self._progress() if self._source.random() < SHARE_KILLED_AT_WORK else -1

    @property
    def is_done(self) -> bool:
        return self.kills == len(self._marks)

    def look(self, more_to_come: bool) -> None:
        assert self.running.is_running, f"ended by itself\n{self.running.describe()}"
        if self.is_done:
            return
        progress = self._progress()
        if progress < self._marks[self.kills] or (progress <= self._at_start and more_to_come):
            return
        self._looks_left -= 1
        if self._looks_left < 0:
            self.running.kill()
            assert self.running.exit_code == -signal.SIGKILL
            self.kills += 1
            self._run()


def lines_with_events(events: int, seed: int) -> tuple[list[bytes], WeblogCounts]:
    """A log that makes at least `events` events, and its recount."""
    lines = list(WeblogGenerator(events + events // 4, seed))
    expected = recount_lines((line[:-1] for line in lines), Policy())
    assert expected.counts.events >= events
    return lines, expected


def random_marks(kills: int, events: int, source: random.Random) -> list[int]:
    """One at random in each of `kills` equal parts of the run; a last part is free of them."""
    part = events / (kills + 1)
    return [int((number + source.random()) * part) for number in range(kills)]


def assert_exact_under_kills(pipeline: Pipeline, kills: int, events: int, seed: int) -> None:
    """Kills each program `kills` times on the way, then lets both finish and recounts topic and log."""
    source = random.Random(seed)
    lines, expected = lines_with_events(events, seed)
    log = GrowingLog(pipeline.log, lines, source)
    client = pipeline.redis()
    ends = EndOffsets(pipeline.broker.address, pipeline.topic)

    def counted() -> int:
        return sum(read_offsets(client, pipeline.topic).values())

    producer = Victim(pipeline.producer, ends.total, random_marks(kills, events, source), source)
    aggregator = Victim(pipeline.aggregator, counted, random_marks(kills, events, source), source)

    def step() -> bool:
        # Written to one part beyond the next kill: there is work for as long as there are kills.
        log.write_some((max(producer.kills, aggregator.kills) + 2) / (kills + 1))
        producer.look(not log.is_complete)
        aggregator.look(not log.is_complete)
        return log.is_complete and producer.is_done and aggregator.is_done

    try:
        wait_until(step, "the log is written and all kills are done", deadline_s=1200, poll_interval_s=0.005,
                   explain=pipeline.describe)
    finally:
        ends.close()
    producer.running.stop()
    aggregator.running.stop()
    assert (producer.kills, aggregator.kills) == (kills, kills)
    assert recount_files(pipeline.log).counts == expected.counts, "the log was not written whole"
    pipeline.ship()
    pipeline.count()
    pipeline.check()
    assert_redis_holds(client, expected.counts)
