#!/usr/bin/env python3
"""The whole pipeline on one machine, on replayed traffic: what `./run demo` shows.

Broker, Redis and the three programs run from a private directory, on free ports. An access log begins with
the lines of a real web server's log spread over the day before; then they are appended over and over, with
the time of now, and with bursts of views of some articles (demo_traffic.py). At the end a reader that shares
no code with the programs counts the log again, and the counts and the lists in Redis have to be equal.
Only the standard library is used, unless --kafka asks for a real Apache Kafka.
"""
from __future__ import annotations

import argparse
import itertools
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo_traffic import Replayer
from harness.child_process import ChildProcess
from harness.counts import bucket_end_s
from harness.page_view_policy import SPIDERS_FILE
from harness.ports import free_port
from harness.trending_reference import LISTS, lists
from harness.waiting import DeadlineExceeded, pause, wait_until
from harness.weblog_recount import WeblogCounts, recount_files

TICK_S = 0.1
FINAL_DEADLINE_S = 30.0
SHOWN_LISTS = ("1h", "hot", "rising")
MOVED_SINCE_S = 5.0


def shortened(article: str, width: int) -> str:
    """The end of an article tells more than its beginning."""
    return article if len(article) <= width else "…" + article[len(article) - width + 1:]


class TrendingBoard:
    """Lists side by side, each article with how far it moved in the last seconds."""

    def __init__(self, read: Callable[[str, int], list[tuple[str, float]]]) -> None:
        self._read = read
        self._seen: deque[tuple[float, dict[str, dict[str, int]]]] = deque()

    @staticmethod
    def mark(rank: int, before: int | None) -> str:
        if before is None:
            return "new"
        return "" if before == rank else f"{'▲' if before > rank else '▼'}{abs(before - rank)}"

    def lines(self, columns: int, rows: int) -> list[str]:
        width = (columns - 4) // 3
        # A list is read further than it is shown: an article may come from below.
        read = {name: self._read(name, 100) for name in SHOWN_LISTS}
        before = self._earlier({name: {one: at for at, (one, _) in enumerate(entries)}
                                for name, entries in read.items()})
        shown = [
            [f"{self.mark(rank, before[name].get(article) if before[name] else rank):>3}{score:>7.1f} "
             f"{shortened(article, width - 11)}"
             for rank, (article, score) in enumerate(read[name][:rows])]
            for name in SHOWN_LISTS
        ]
        heads = [f"    score trending {name}" for name in SHOWN_LISTS]
        body = itertools.islice(itertools.zip_longest(*shown, fillvalue=""), rows)
        table = ["  ".join(f"{cell:<{width}.{width}}" for cell in row).rstrip() for row in (heads, *body)]
        return table + [""] * (rows + 1 - len(table))

    def _earlier(self, ranks: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """The ranks of some seconds ago, or the oldest there are."""
        now_s = time.monotonic()
        self._seen.append((now_s, ranks))
        while len(self._seen) > 1 and self._seen[1][0] <= now_s - MOVED_SINCE_S:
            self._seen.popleft()
        return self._seen[0][1]


class Demo:
    def __init__(self, options: argparse.Namespace, directory: Path) -> None:
        self._options = options
        self.directory = directory
        self.log = directory / "access.log"
        self.snapshots = directory / "snapshots"
        self.redis_port = free_port()
        self._children: list[ChildProcess] = []  # in the order in which they are to end
        self._servers: list[ChildProcess] = []
        self._stop_broker: Callable[[], None] = lambda: None
        self._board = TrendingBoard(self.trending)

    def start(self) -> None:
        self._start_redis()
        brokers = self._start_kafka() if self._options.kafka else self._start_mock_kafka()
        self.log.touch()
        redis = f"--redis=127.0.0.1:{self.redis_port}"
        self._producer = self._program(
            "pv-producer", f"--brokers={brokers}", f"--tail={self.log}", "--instance=demo",
            f"--state-dir={self.directory / 'state'}", f"--spiders={SPIDERS_FILE}", "--commit-interval=500ms",
        )
        self._program("pv-aggregator", f"--brokers={brokers}", redis, "--flush-interval=500ms")
        self._program("pv-dashboard-export", redis, f"--out={self.snapshots}", "--interval=1s")

    def _child(self, name: str, command: list[str]) -> ChildProcess:
        # Even a demo that is killed outright leaves no child behind.
        return ChildProcess(["setpriv", "--pdeathsig=TERM", *command], self.directory / f"{name}.log")

    def _program(self, name: str, *arguments: str) -> ChildProcess:
        child = self._child(name, [str(self._options.bin_dir / name), *arguments])
        self._children.append(child)
        return child

    def _start_redis(self) -> None:
        data = self.directory / "redis"
        data.mkdir()
        server = self._child("redis-server", [
            "redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(data),
            "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction",
        ])
        self._servers.append(server)
        wait_until(lambda: self.redis("PING") == ["PONG"], "Redis answers", explain=server.describe)

    def _start_mock_kafka(self) -> str:
        address = self.directory / "brokers"
        server = self._child(
            "pv-mock-kafka", [str(self._options.bin_dir / "pv-mock-kafka"), f"--address-file={address}"]
        )
        self._servers.append(server)
        wait_until(address.exists, "the mock broker answers", explain=server.describe)
        return address.read_text().strip()

    def _start_kafka(self) -> str:
        from harness.kafka_broker import KafkaBroker  # needs packages beyond the standard library

        broker = KafkaBroker(self.directory / "kafka")
        self._stop_broker = broker.kill
        broker.start()
        return broker.address

    def redis(self, *command: str) -> list[str]:
        """The lines that redis-cli prints; none when Redis does not answer."""
        done = subprocess.run(
            ["redis-cli", "-p", str(self.redis_port), *command], capture_output=True, text=True, check=False
        )
        return done.stdout.splitlines() if done.returncode == 0 else []

    def redis_hash(self, key: str) -> dict[str, int]:
        lines = self.redis("HGETALL", key)
        return {field: int(value) for field, value in zip(lines[::2], lines[1::2])}

    def trending(self, name: str, count: int = 0) -> list[tuple[str, float]]:
        """The first articles of a list with their scores, or all."""
        lines = self.redis("ZREVRANGE", f"pv:trending:{name}", "0", str(count - 1), "WITHSCORES")
        return list(zip(lines[::2], map(float, lines[1::2])))

    def ranking_clock_ms(self) -> int:
        """The time that the lists are of; -1 before there are any."""
        clock = self.redis("HGET", "pv:meta", "ranking_clock_ms")
        return int(clock[0]) if clock and clock[0] else -1

    def check_alive(self) -> None:
        for child in self._children + self._servers:
            if not child.is_running:
                raise SystemExit(f"one of the programs ended:\n{child.describe()}")

    def top_ten(self) -> list[tuple[int, str, int]]:
        """(rank, article, views) from the newest daily snapshot; empty before there is one."""
        days = sorted((self.snapshots / "top" / "day").glob("*.json"))
        if not days:
            return []
        articles = json.loads(days[-1].read_text())["items"][0]["articles"]
        return [(one["rank"], one["article"], one["views"]) for one in articles[:10]]

    def screen(self, lines: int, burst: str | None = None) -> list[str]:
        totals = self.redis_hash("pv:totals")
        views = totals.pop("views", 0)
        rows = [f"{rank:>4}  {count:>7,}  {article[:60]}" for rank, article, count in self.top_ten()]
        terminal = shutil.get_terminal_size((120, 40))
        return [
            "",
            f"{datetime.now(timezone.utc):%H:%M:%S} UTC   log lines {lines:,}   views {views:,}   "
            f"spiders filtered {totals.get('spider', 0):,}",
            f"burst: {burst or '(none just now)'}",
            # All of it must stay in sight to be drawn over.
            *self._board.lines(max(terminal.columns - 1, 60), min(max(terminal.lines - 17, 3), 10)),
            "rank    views  article, today",
            *(rows or ["        (the first snapshot is not there yet)"]),
        ]

    def where_to_look(self) -> str:
        cli = f"redis-cli -p {self.redis_port}"
        return "\n".join([
            "The pipeline runs on lines of a real log: once spread over the last 24 hours, then replayed as of now.",
            "Added to them are bursts: in turn one article gets more views, made up from its line in that log,",
            f"so that the lists move. Marks show moves in the last {MOVED_SINCE_S:g} s.",
            "In another terminal, look with",
            f"  {cli} HGET pv:views /projects/xdotool",
            f"  {cli} HGETALL pv:totals",
            f"  {cli} ZREVRANGE pv:trending:rising 0 9 WITHSCORES",
            f"  ls -R {self.snapshots}",
            f"  tail -f {self.log} {self.directory}/pv-*.log",
            "Ctrl-C stops everything." if not self._options.seconds
            else f"It stops by itself after {self._options.seconds:g} s, or by Ctrl-C.",
        ])

    def settle(self) -> WeblogCounts:
        """Waits until Redis accounts for every line of the log, or as long as that may take at most."""
        recount = recount_files(self.log)
        due = recount.views + recount.reasons["spider"]
        try:
            wait_until(lambda: sum(self.redis_hash("pv:totals").values()) >= due, "all is counted", FINAL_DEADLINE_S)
            counted_ms = time.time() * 1000
            wait_until(lambda: self.ranking_clock_ms() > counted_ms, "all is ranked", FINAL_DEADLINE_S)
        except DeadlineExceeded:
            pass  # the comparison that follows says what is missing
        return recount

    def compare(self, recount: WeblogCounts) -> bool:
        articles, totals = self.redis_hash("pv:views"), self.redis_hash("pv:totals")
        for child in self._children:
            child.send_signal(signal.SIGTERM)
            child.wait_exit(15)
        reasons = " + ".join(f"{name} {count:,}" for name, count in sorted(recount.reasons.items()))
        closing = re.search(r"event=closing (.*)", self._producer.text())
        views, spiders = totals.get("views", 0), totals.get("spider", 0)
        equal = articles == dict(recount.counts.articles) and spiders == recount.reasons["spider"]
        print(f"\nlog, counted again in Python:  {recount.hits:,} lines = views {recount.views:,} + {reasons}")
        print(f"pv-producer's closing line:    {closing[1] if closing else '(none)'}")
        print(f"Redis:                         views {views:,} of {len(articles):,} articles, spiders {spiders:,}")
        print("Every article's count is equal." if equal else "THE COUNTS DIFFER.")
        return self.compare_lists(recount) and equal

    def compare_lists(self, recount: WeblogCounts) -> bool:
        """Once the aggregator has ended, which leaves lists and their time as they are."""
        views = [((bucket_end_s(minute) - 60) * 1000, article, count)
                 for minute, articles in recount.counts.buckets.items() if len(minute) == 16
                 for article, count in articles.items()]
        expected = lists(views, {}, self.ranking_clock_ms())
        found = {name: self.trending(name) for name in LISTS}
        wrong = [name for name in LISTS if found[name] != expected[name][None]]
        lengths = ", ".join(f"{name} {len(found[name])}" for name in LISTS)
        print(f"Trending lists in Redis:       {lengths} articles")
        for name in wrong:
            print(f"pv:trending:{name} differs: {found[name][:3]}, should begin {expected[name][None][:3]}")
        if not wrong:
            print("pv:trending:1h and every other list is what the recount gives, in order and score.")
        return not wrong

    def stop(self) -> None:
        for child in self._children + self._servers:
            child.send_signal(signal.SIGTERM)
        for child in self._children + self._servers:
            try:
                child.wait_exit(10)
            except DeadlineExceeded:
                child.kill()
        self._stop_broker()


def show(lines: list[str], drawn: int) -> int:
    """Prints the block, over the last one of `drawn` lines where there is a terminal. Returns its height."""
    if drawn and sys.stdout.isatty():
        sys.stdout.write(f"\x1b[{drawn}F\x1b[J")
    print("\n".join(lines), flush=True)
    return len(lines)


def replay(demo: Demo, options: argparse.Namespace) -> None:
    """Until Ctrl-C or the end of --seconds."""
    replayer = Replayer(demo.log, options.rate)
    started_s = next_show_s = time.monotonic()
    show_interval_s = 1.0 if sys.stdout.isatty() else 5.0
    drawn = 0
    try:
        while not options.seconds or time.monotonic() - started_s < options.seconds:
            replayer.catch_up()
            demo.check_alive()
            if time.monotonic() >= next_show_s:
                drawn = show(demo.screen(replayer.written, replayer.burst_article), drawn)
                next_show_s += show_interval_s
            pause(TICK_S)
    except KeyboardInterrupt:
        print()
    finally:
        replayer.close()


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run demo", description="The whole pipeline on replayed traffic.")
    parser.add_argument("--bin-dir", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help="stop after this time (default: at Ctrl-C)")
    parser.add_argument("--kafka", action="store_true", help="on a real Apache Kafka")
    parser.add_argument("--rate", type=float, default=100, help="log lines a second (default 100)")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)

    directory = Path(tempfile.mkdtemp(prefix="pv-demo-"))
    demo = Demo(options, directory)
    try:
        demo.start()
        print(demo.where_to_look(), flush=True)
        replay(demo, options)
        recount = demo.settle()
        show(demo.screen(recount.hits), 0)
        return 0 if demo.compare(recount) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        demo.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
