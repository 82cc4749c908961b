"""From a line in the log to its count in Redis, seen as a reader sees it: by HGET."""
from __future__ import annotations

import signal
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from harness.access_log_line import format_time
from harness.child_process import ChildProcess
from harness.programs import clean_environment
from harness.waiting import pause, wait_until

if TYPE_CHECKING:
    from bench.bench import Bench

LINES_A_SECOND = 25
_LOOK_INTERVAL_S = 0.005
_LAST_DEADLINE_S = 60.0


def _line(article: str) -> bytes:
    when = format_time(datetime.now(timezone.utc))
    return b'198.51.100.7 - - [%s] "GET %s HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n' % (
        when, article.encode()
    )


class _Watch:
    """Writes each line for an article of its own, and looks for all that were not seen yet."""

    def __init__(self, bench: Bench) -> None:
        self._client = bench.server.client()
        self._log = (bench.directory / "latency.log").open("ab", buffering=0)
        self._written_s: dict[str, float] = {}
        self._number = 0
        self.seen_s: list[float] = []

    def write(self) -> None:
        article = f"/latency/{self._number}"
        self._number += 1
        self._written_s[article] = time.monotonic()
        self._log.write(_line(article))

    def look(self) -> bool:
        """True when nothing is awaited."""
        articles = list(self._written_s)
        if articles:
            counts = self._client.hmget("pv:views", articles)
            now_s = time.monotonic()
            self.seen_s += [now_s - self._written_s.pop(one) for one, count in zip(articles, counts) if count]
        return not self._written_s

    def settle(self) -> None:
        wait_until(self.look, "every line is counted", _LAST_DEADLINE_S, _LOOK_INTERVAL_S)


def measure_latency(bench: Bench) -> list[float]:
    """Seconds for each line, first ones left out: they also waited for the programs to start."""
    bench.server.client().flushall()
    topic = bench.new_topic("pageviews-latency")
    watch = _Watch(bench)
    kafka = (f"--brokers={bench.broker.address}", f"--topic={topic}")
    log = bench.seen_inside(bench.directory / "latency.log")
    state = bench.seen_inside(bench.directory / "latency-state")
    programs = [
        bench.command(
            "pv-producer", *kafka, f"--tail={log}", f"--state-dir={state}", "--instance=latency", bench.spiders,
            *bench.options.producer_option,
        ),
        bench.command(
            "pv-aggregator", *kafka, f"--redis={bench.server.address}", "--group=latency",
            *bench.options.aggregator_option,
        ),
    ]
    children = [
        ChildProcess(command, bench.directory / f"latency-{number}.log", clean_environment())
        for number, command in enumerate(programs)
    ]
    try:
        watch.write()
        watch.settle()
        watch.seen_s.clear()
        started_s = next_s = time.monotonic()
        while time.monotonic() - started_s < bench.options.latency_seconds:
            if time.monotonic() >= next_s:
                watch.write()
                next_s += 1 / LINES_A_SECOND
            watch.look()
            pause(_LOOK_INTERVAL_S)
        watch.settle()
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait_exit(30)
    return watch.seen_s
