#!/usr/bin/env python3
"""Measures the pipeline beside raw librdkafka, in one run on one machine: what `./run bench` prints.

    drain    pv-aggregator counts a full topic into Redis (AOF everysec), with visitors, trending and dedupe on, and
             with all of them off; the limit is a consumer that only reads
    ship     pv-producer sends a log, as events and as combined lines; the limit is a producer that only sends;
             GoAccess, which sends nothing, reads the combined lines as well
    http     pv-producer takes views by HTTP, beside nginx which answers 204 and writes its access log
    serve    pv-dashboard-export --serve sends a list, beside nginx
    spool    processes append views to a spool, and pv-producer ships it
    latency  from a line written to its count seen by HGET, unless told otherwise with default options
    ranker   what a refresh of the trending lists costs, by the articles that there are and by those that changed
    export   what pv-dashboard-export's files cost, beside a script with redis-py that writes the same
    memory   the most that pv-aggregator holds with visitors and trending on, by how the articles are read

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

from bench.collector import measure_collector
from bench.export import measure_export
from bench.latency import measure_latency
from bench.measured import Cost, median, run
from bench.ranker import measure_ranker
from bench.serve import measure_serve
from bench.spool import measure_spool
from harness.kafka_broker import KafkaBroker
from harness.lifetime import end_by_signals
from harness.page_view_policy import SPIDERS_FILE
from harness.redis_server import RedisServer

SOURCE_INSIDE = Path("/src/pageviews")  # where ./run debian13 has the source in its root
ALL_OFF = ("--visitors=off", "--trending=off", "--dedupe=0s")
ALL_ON = ("--visitors=on", "--trending=on", "--dedupe=30m")
GOACCESS_TARGET = 2
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

    def new_name(self) -> str:
        self._run_number += 1
        return f"bench-{self._run_number}"

    def fill(self, **options: str | int) -> None:
        """`span-s=600` and so on, for pv-bench-fill."""
        sizes = {"events": self.options.events, "articles": self.options.articles, "readers": self.options.readers}
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

    def redis_commands(self, most: int = 8) -> str:
        """What Redis's commands took since the last CONFIG RESETSTAT. FCALL's time has those that functions call."""
        found = self.server.client().info("commandstats")
        took_s = {name.removeprefix("cmdstat_"): one["usec"] / 1e6 for name, one in found.items()}
        longest = sorted(took_s, key=lambda name: -took_s[name])[:most]
        return ", ".join(f"{name} {took_s[name]:.2f} s ({found[f'cmdstat_{name}']['calls']:,})" for name in longest)

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


def aggregate(bench: Bench, topic: str, *features: str) -> Cost:
    """Counts the topic into an empty Redis, and checks that each event is a view or a repeat."""
    client = bench.server.client()
    client.flushall()
    client.config_resetstat()
    cpu_before_s = bench.redis_cpu_s()
    cost, _ = bench.run(
        "pv-aggregator", f"--brokers={bench.broker.address}", f"--topic={topic}", f"--group={bench.new_name()}",
        f"--redis={bench.server.address}", "--exit-at-end", *features, *bench.options.aggregator_option,
    )
    cost = replace(cost, redis_cpu_s=bench.redis_cpu_s() - cpu_before_s)
    views, repeats = (int(count or 0) for count in client.hmget("pv:totals", "views", "repeat"))
    expect("the sum of pv:views", sum(int(count) for count in client.hvals("pv:views")), views)
    expect("pv:totals views and repeats", views + repeats, bench.options.events)
    return cost


def feature_sets(each: bool) -> dict[str, tuple[str, ...]]:
    """Rows of the drain by name. Of an option given twice the last one counts."""
    sets: dict[str, tuple[str, ...]] = {"all off": ALL_OFF, "all on": ALL_ON}
    if each:
        sets |= {f"only {one.removeprefix('--')}": (*ALL_OFF, one) for one in ALL_ON}
        sets["all but also-read"] = (*ALL_ON, "--also-read=off")
    return sets


def drain(bench: Bench) -> None:
    options, topic = bench.options, "pageviews-drain"
    bench.fill(brokers=bench.broker.address, topic=topic)
    sets = feature_sets(options.each_feature)
    raw: list[Cost] = []
    ours: dict[str, list[Cost]] = {name: [] for name in sets}
    commands: dict[str, str] = {}
    for _ in range(options.runs):
        cost, text = bench.run("pv-bench-raw-consume", f"--brokers={bench.broker.address}", f"--topic={topic}")
        expect("what the raw consumer read", int(json.loads(text)["events"]), options.events)
        raw.append(cost)
        for name, features in sets.items():
            ours[name].append(aggregate(bench, topic, *features))
            commands[name] = bench.redis_commands()
    table = Table(
        f"Drain: {options.events:,} events, {options.articles:,} articles, {options.readers:,} "
        f"readers, 8 partitions, lz4, median of {options.runs}", options.events,
    )
    table.row("raw librdkafka consumer (limit)", raw)
    for name, costs in ours.items():
        table.row(f"pv-aggregator, {name}", costs)
    off, on = median(ours["all off"]), median(ours["all on"])
    print(f"  on is {off.wall_s / on.wall_s:.2f} of off in events/s: on is {' '.join(ALL_ON)}")
    if options.each_feature:
        print("  Redis's commands in the last run of each:")
        for name, text in commands.items():
            print(f"    {name}: {text}")
    bench.delete_topic(topic)


def memory(bench: Bench) -> None:
    """Flat traffic: nearly every article is read, and none much more than another."""
    options = bench.options
    print(f"\nMemory: {options.events:,} events, {options.readers:,} readers, --visitors=on --trending=on\n"
          f"{'':<50}{'articles':>10}{'ranked':>9}{'RSS MiB':>9}{'Redis MiB':>11}")
    for name, span_s in {"30 days": 30 * 86400 - 60, "10 minutes": 600}.items():
        topic = f"pageviews-{bench.new_name()}"
        bench.fill(brokers=bench.broker.address, topic=topic, articles=options.memory_articles, zipf_percent=30,
                   span_s=span_s)
        for also in ((), ALL_ON[2:]):
            cost = aggregate(bench, topic, *ALL_ON[:2], *also)
            client = bench.server.client()
            articles, described = client.hlen("pv:views"), client.hlen("pv:sections")
            expect("articles with a section", described, articles)
            expect("the length of pv:trending:30d", client.zcard("pv:trending:30d"), min(1000, articles))
            print(f"{' '.join(['all read in', name, *also]):<50}{articles:>10,}{described:>9,}{cost.rss_mib:>9.0f}"
                  f"{client.info('memory')['used_memory'] / 2**20:>11.0f}", flush=True)
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


def read_with_goaccess(bench: Bench, log: Path) -> Cost:
    """Checks that each line was a request to it."""
    report = bench.directory / "goaccess.json"
    cost, _ = run(["goaccess", str(log), "--log-format=COMBINED", "--no-global-config", "--no-progress", "-o",
                   str(report)], bench.directory / "goaccess.log")
    found = json.loads(report.read_text("utf-8"))["general"]
    expect("GoAccess's valid requests", int(found["valid_requests"]), bench.options.events)
    return cost


def ship(bench: Bench) -> None:
    for log_format, raw_format in FORMATS.items():
        log, payloads = bench.directory / f"{log_format}.log", bench.directory / f"{raw_format}.ndjson"
        bench.fill(out=bench.seen_inside(log), format=log_format)
        bench.fill(out=bench.seen_inside(payloads), format=raw_format)
        raw: list[Cost] = []
        ours: list[Cost] = []
        others: list[Cost] = []
        for number in range(bench.options.runs):
            topic = bench.new_topic(f"raw-{log_format}-{number}")
            cost, _ = bench.run(
                "pv-bench-raw-produce", f"--brokers={bench.broker.address}", f"--topic={topic}",
                f"--in={bench.seen_inside(payloads)}",
            )
            raw.append(cost)
            bench.delete_topic(topic)
            ours.append(ship_once(bench, log_format, log, number))
            if log_format == "combined":
                others.append(read_with_goaccess(bench, log))
        size = payloads.stat().st_size / bench.options.events - 1
        table = Table(
            f"Ship: {bench.options.events:,} payloads of {size:.0f} bytes, lz4, median of {bench.options.runs}",
            bench.options.events,
        )
        table.row("raw librdkafka producer (limit)", raw)
        table.row(f"pv-producer --format={log_format}", ours)
        if others:
            table.row("GoAccess, reading the same log", others)
            print(f"  pv-producer ships {median(others).wall_s / median(ours).wall_s:.2f} times the lines/s that "
                  f"GoAccess reads (target: at least {GOACCESS_TARGET})")
        log.unlink()
        payloads.unlink()


def latency(bench: Bench) -> None:
    seen_s = measure_latency(bench)
    cuts = statistics.quantiles(seen_s, n=100, method="inclusive")
    given = " ".join(bench.options.producer_option + bench.options.aggregator_option)
    print(f"\nFrom a line written to HGET seen, {len(seen_s)} lines, {given or 'options at their defaults'}:")
    print(f"  p50 {cuts[49]:.2f} s   p90 {cuts[89]:.2f} s   p99 {cuts[98]:.2f} s   max {max(seen_s):.2f} s")


PARTS = {"drain": drain, "ship": ship, "http": measure_collector, "serve": measure_serve, "spool": measure_spool,
         "latency": latency, "ranker": measure_ranker, "export": measure_export, "memory": memory}
SHORT = {"events": 200_000, "articles": 10_000, "readers": 20_000, "runs": 1, "latency_seconds": 5.0,
         "http_seconds": 3, "spool_views": 40_000, "ranked_articles": [10_000], "memory_articles": 10_000,
         "export_articles": 10_000, "export_changed": 1_000}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bin-dir", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--readers", type=int, default=200_000, help="of the events; all read as much")
    parser.add_argument("--runs", type=int, default=3, help="of each; the median is shown (default 3)")
    parser.add_argument("--latency-seconds", type=float, default=30)
    parser.add_argument("--http-seconds", type=int, default=10, metavar="N",
                        help="of each run of the parts http and serve")
    parser.add_argument("--spool-views", type=int, default=400_000, metavar="N")
    parser.add_argument("--each-feature", action="store_true",
                        help="drain with each feature on alone, too, and say what Redis did")
    parser.add_argument("--ranked-articles", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N",
                        help="the ranker's articles, for a table of each")
    parser.add_argument("--changed-articles", type=int, nargs="+", default=[1_000, 10_000], metavar="N",
                        help="articles that change between two refreshes, for a row of each")
    parser.add_argument("--export-articles", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--export-changed", type=int, default=10_000, metavar="N", help="of them, in a minute")
    parser.add_argument("--memory-articles", type=int, default=100_000, metavar="N")
    parser.add_argument("--short", action="store_true", help="small sizes and one run of each, where not given")
    parser.add_argument("--only", choices=PARTS, action="append", help="repeatable; default: all parts")
    parser.add_argument("--programs-root", type=Path, metavar="DIR",
                        help="run the programs inside this root, as ./run debian13 DIR built them")
    parser.add_argument("--aggregator-option", action="append", default=[], metavar="OPTION",
                        help="one more argument for pv-aggregator, e.g. --aggregator-option=--pipelines=2")
    parser.add_argument("--producer-option", action="append", default=[], metavar="OPTION",
                        help="the same for pv-producer")
    if parser.parse_known_args()[0].short:
        parser.set_defaults(**SHORT)
    options = parser.parse_args()
    if options.programs_root:
        options.programs_root = options.programs_root.resolve()
        options.bin_dir = SOURCE_INSIDE / "build/release/bin"
    return options


def main() -> None:
    options = parse_options()
    end_by_signals()
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
