#!/usr/bin/env python3
"""Measures the pipeline beside raw librdkafka, in one run on one machine: what `./run bench` prints.

    drain    pv-aggregator counts a full topic into Redis (AOF everysec); the limit is a consumer that only reads
    ship     pv-producer sends a log, as events and as combined lines; the limit is a producer that only sends
    latency  from a line written to its count seen by HGET, unless told otherwise with default options

Runs alternate and medians are shown. A wrong count is an error; a slow run is not.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.latency import measure_latency
from bench.measured import Cost, median, run
from harness.kafka_broker import KafkaBroker
from harness.page_view_policy import SPIDERS_FILE
from harness.redis_server import RedisServer

SOURCE_INSIDE = Path("/src/pageviews")  # where ./run debian13 has the source in its root
FORMATS = {"event": "event", "combined": "log-event"}  # pv-producer's format → the raw producer's same payloads


class Bench:
    def __init__(self, options: argparse.Namespace, directory: Path) -> None:
        self.options = options
        self.directory = directory
        self.broker = KafkaBroker(directory / "kafka")
        self.server = RedisServer(directory / "redis")
        self._run_number = 0

    def start(self) -> None:
        self.server.start()
        self.broker.start()

    def stop(self) -> None:
        self.broker.kill()
        self.server.kill()

    def command(self, program: str, *arguments: str) -> list[str]:
        """The program as built for this machine, or inside the other root."""
        root = self.options.programs_root
        return [*(["chroot", str(root)] if root else []), str(self.options.bin_dir / program), *arguments]

    @property
    def spiders(self) -> str:
        """The source tree's list, since the programs need not be installed."""
        return f"--spiders={SOURCE_INSIDE / 'etc/spiders.txt' if self.options.programs_root else SPIDERS_FILE}"

    def seen_inside(self, path: Path) -> str:
        root = self.options.programs_root
        return f"/{path.relative_to(root)}" if root else str(path)

    def run(self, program: str, *arguments: str) -> tuple[Cost, str]:
        self._run_number += 1
        output = self.directory / f"{self._run_number:03}-{program}.log"
        return run(self.command(program, *arguments), output)

    def fill(self, **options: str | int) -> None:
        """`span-s=600` and so on, for pv-bench-fill."""
        sizes = {"events": self.options.events, "articles": self.options.articles}
        self.run("pv-bench-fill", *(f"--{name.replace('_', '-')}={value}" for name, value in (sizes | options).items()))

    def new_topic(self, name: str) -> str:
        self.fill(brokers=self.broker.address, topic=name, events=0)
        return name

    def delete_topic(self, name: str) -> None:
        """Disks are finite, and the broker's log of each run is as large as the traffic."""
        self.broker.delete_topic(name)

    def events_in(self, topic: str) -> int:
        """Committed events, counted by a consumer that is not ours."""
        _, text = self.run("pv-bench-raw-consume", f"--brokers={self.broker.address}", f"--topic={topic}")
        return int(json.loads(text)["events"])

    def redis_cpu_s(self) -> float:
        found = self.server.client().info("cpu")
        return float(found["used_cpu_user"]) + float(found["used_cpu_sys"])


    def describe_machine(self) -> str:
        """Figures are only worth what else the machine did: they go down fast when its processors are taken."""
        _, text = self.run("pv-bench-fill", f"--out={self.seen_inside(self.directory / 'nothing')}", "--events=0")
        return (f"librdkafka {json.loads(text)['librdkafka']}, {os.cpu_count()} processors, "
                f"{os.getloadavg()[0]:.1f} of them busy over the last minute")


def expect(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        sys.exit(f"bench: WRONG COUNT: {what} is {found}, should be {wanted}")


class Table:
    """Rows beside the limit that stands first."""

    HEAD = f"{'':<34}{'events/s':>11}{'ratio':>7}{'wall s':>8}{'CPU s':>8}{'µs/event':>9}{'RSS MiB':>9}{'Redis CPU s':>13}"

    def __init__(self, title: str, events: int) -> None:
        self._events = events
        self._limit_s = 0.0
        print(f"\n{title}\n{self.HEAD}")

    def row(self, name: str, costs: list[Cost]) -> None:
        cost = median(costs)
        self._limit_s = self._limit_s or cost.wall_s
        redis = f"{cost.redis_cpu_s:>13.2f}" if cost.redis_cpu_s else f"{'-':>13}"
        print(
            f"{name:<34}{self._events / cost.wall_s:>11,.0f}{self._limit_s / cost.wall_s:>7.2f}{cost.wall_s:>8.2f}"
            f"{cost.cpu_s:>8.2f}{cost.cpu_s / self._events * 1e6:>9.2f}{cost.rss_mib:>9.0f}{redis}",
            flush=True,
        )


def aggregate(bench: Bench, topic: str, number: int) -> Cost:
    """Counts the topic into an empty Redis, and checks every view."""
    client = bench.server.client()
    client.flushall()
    cpu_before_s = bench.redis_cpu_s()
    cost, _ = bench.run(
        "pv-aggregator", f"--brokers={bench.broker.address}", f"--topic={topic}", f"--group=bench-{number}",
        f"--redis={bench.server.address}", "--exit-at-end", *bench.options.aggregator_option,
    )
    cost = replace(cost, redis_cpu_s=bench.redis_cpu_s() - cpu_before_s)
    expect("the sum of pv:views", sum(int(count) for count in client.hvals("pv:views")), bench.options.events)
    expect("pv:totals views", int(client.hget("pv:totals", "views") or 0), bench.options.events)
    return cost


def drain(bench: Bench) -> None:
    topic = "pageviews-drain"
    bench.fill(brokers=bench.broker.address, topic=topic)
    raw, ours = [], []
    for number in range(bench.options.runs):
        cost, text = bench.run("pv-bench-raw-consume", f"--brokers={bench.broker.address}", f"--topic={topic}")
        expect("what the raw consumer read", int(json.loads(text)["events"]), bench.options.events)
        raw.append(cost)
        ours.append(aggregate(bench, topic, number))
    table = Table(
        f"Drain: {bench.options.events:,} events, {bench.options.articles:,} articles, 8 partitions, lz4, "
        f"median of {bench.options.runs}", bench.options.events,
    )
    table.row("raw librdkafka consumer (limit)", raw)
    table.row("pv-aggregator into Redis", ours)
    bench.delete_topic(topic)


def ship_once(bench: Bench, log_format: str, log: Path, number: int) -> Cost:
    """Sends the log into a topic of its own, and checks that each line arrived once."""
    name = f"ship-{log_format}-{number}"
    topic = bench.new_topic(name)
    cost, text = bench.run(
        "pv-producer", f"--brokers={bench.broker.address}", f"--topic={topic}", f"--instance={name}",
        f"--state-dir={bench.seen_inside(bench.directory / name)}", f"--tail={bench.seen_inside(log)}",
        f"--format={log_format}", bench.spiders, "--exit-at-end", *bench.options.producer_option,
    )
    closing = re.search(r"event=closing .*\bviews=(\d+)", text)
    expect("views= of the producer's closing line", int(closing[1]) if closing else -1, bench.options.events)
    expect(f"the events in topic {topic}", bench.events_in(topic), bench.options.events)
    bench.delete_topic(topic)
    return cost


def ship(bench: Bench) -> None:
    for log_format, raw_format in FORMATS.items():
        log, payloads = bench.directory / f"{log_format}.log", bench.directory / f"{raw_format}.ndjson"
        bench.fill(out=bench.seen_inside(log), format=log_format)
        bench.fill(out=bench.seen_inside(payloads), format=raw_format)
        raw, ours = [], []
        for number in range(bench.options.runs):
            topic = bench.new_topic(f"raw-{log_format}-{number}")
            cost, _ = bench.run(
                "pv-bench-raw-produce", f"--brokers={bench.broker.address}", f"--topic={topic}",
                f"--in={bench.seen_inside(payloads)}",
            )
            raw.append(cost)
            bench.delete_topic(topic)
            ours.append(ship_once(bench, log_format, log, number))
        size = payloads.stat().st_size / bench.options.events - 1
        table = Table(
            f"Ship: {bench.options.events:,} payloads of {size:.0f} bytes, lz4, median of {bench.options.runs}",
            bench.options.events,
        )
        table.row("raw librdkafka producer (limit)", raw)
        table.row(f"pv-producer --format={log_format}", ours)
        log.unlink()
        payloads.unlink()


def latency(bench: Bench) -> None:
    seen_s = measure_latency(bench)
    cuts = statistics.quantiles(seen_s, n=100, method="inclusive")
    given = " ".join(bench.options.producer_option + bench.options.aggregator_option)
    print(f"\nFrom a line written to HGET seen, {len(seen_s)} lines, {given or 'options at their defaults'}:")
    print(f"  p50 {cuts[49]:.2f} s   p90 {cuts[89]:.2f} s   p99 {cuts[98]:.2f} s   max {max(seen_s):.2f} s")


PARTS = {"drain": drain, "ship": ship, "latency": latency}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bin-dir", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3, help="of each; the median is shown (default 3)")
    parser.add_argument("--latency-seconds", type=float, default=30)
    parser.add_argument("--only", choices=PARTS, action="append", help="repeatable; default: all parts")
    parser.add_argument("--programs-root", type=Path, metavar="DIR",
                        help="run the programs inside this root, as ./run debian13 DIR built them")
    parser.add_argument("--aggregator-option", action="append", default=[], metavar="OPTION",
                        help="one more argument for pv-aggregator, e.g. --aggregator-option=--pipelines=2")
    parser.add_argument("--producer-option", action="append", default=[], metavar="OPTION",
                        help="the same for pv-producer")
    options = parser.parse_args()
    if options.programs_root:
        options.programs_root = options.programs_root.resolve()
        options.bin_dir = SOURCE_INSIDE / "build/release/bin"
    return options


def main() -> None:
    options = parse_options()
    parent = options.programs_root / "tmp" if options.programs_root else None
    directory = Path(tempfile.mkdtemp(prefix="pv-bench-", dir=parent))
    bench = Bench(options, directory)
    try:
        print(bench.describe_machine())
        bench.start()
        for part in options.only or PARTS:
            PARTS[part](bench)
    finally:
        bench.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
