"""The spool: how fast processes append to it, one write a view, and how fast what they wrote is shipped."""
from __future__ import annotations

import re
import shutil
import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.bench import Bench

PROCESSES = (1, 8)
SYNCS = {"100ms": 1, "each": 20}  # by how much fewer views are appended, as each waits for the disk
_MAX_BYTES = 1 << 30
_SAID = re.compile(r"(\d+) lines, ([\d.]+) s, (\d+)/s, (\d+) full")


@dataclass(frozen=True)
class Spooled:
    appended_per_s: float
    shipped_per_s: float
    rss_mib: float


def _once(bench: Bench, sync: str, processes: int) -> Spooled:
    name = bench.new_name()
    topic, directory = bench.new_topic(name), bench.directory / f"{name}-spool"
    spool, state = bench.seen_inside(directory), bench.seen_inside(bench.directory / f"{name}-state")
    lines = bench.options.spool_views // SYNCS[sync] // processes
    _, text = bench.run("pv-spool-append", spool, sync, str(processes), str(lines), str(_MAX_BYTES))
    said = _SAID.search(text)
    if said is None or int(said[1]) != lines * processes or said[4] != "0":
        sys.exit(f"bench: not all views were appended: {text}")
    cost, _ = bench.run(
        "pv-producer", f"--spool={spool}", f"--brokers={bench.broker.address}", f"--topic={topic}",
        f"--instance={name}", f"--state-dir={state}", bench.spiders, "--exit-at-end", *bench.options.producer_option,
    )
    found = bench.events_in(topic)
    if found != lines * processes:
        sys.exit(f"bench: WRONG COUNT: {found} events in topic {topic}, should be {lines * processes}")
    bench.delete_topic(topic)
    shutil.rmtree(directory)
    return Spooled(float(said[3]), found / cost.wall_s, cost.rss_mib)


def measure_spool(bench: Bench) -> None:
    print(f"\nSpool: {bench.options.spool_views:,} views, a twentieth of them where each waits for the disk, "
          f"median of {bench.options.runs}\n{'':<34}{'appends/s':>11}{'shipped/s':>11}{'RSS MiB':>9}")
    for sync in SYNCS:
        for processes in PROCESSES:
            runs = [_once(bench, sync, processes) for _ in range(bench.options.runs)]
            name = f"--spool-sync={sync}, {processes} process{'es' if processes > 1 else ''}"
            print(f"{name:<34}{statistics.median(one.appended_per_s for one in runs):>11,.0f}"
                  f"{statistics.median(one.shipped_per_s for one in runs):>11,.0f}"
                  f"{max(one.rss_mib for one in runs):>9.0f}", flush=True)
