#!/usr/bin/env python3
"""The whole pipeline on one machine, with a news site in front of it: what `./run demo` shows.

Broker, Redis and the three programs run from a private directory. The site's access log begins with eight days
that are made up (history.py); then simulated readers (readers.py, bursts.py), and whoever opens the site in a
browser, add to it. At the end a reader that shares no code with the programs counts the log again, and the counts
and lists in Redis have to be equal (comparison.py). Only the standard library is used, unless --kafka asks for a
real Apache Kafka.
"""
from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo import history
from demo.board import MOVED_SINCE_S, TrendingBoard, show
from demo.bursts import Bursts
from demo.comparison import compare, settle
from demo.news_site import Newspaper
from demo.pipeline import DemoPipeline
from demo.popularity import Popularity
from demo.readers import Readers
from harness.lifetime import end_by_signals
from harness.ports import is_free, preferred_port
from harness.waiting import pause, wait_until

SITE_PORT, DASHBOARD_PORT = 8000, 8080
HISTORY_LINES = 250_000
# The mock broker keeps the last 5 MiB of a partition, and on the first days half of the articles may be in one: the
# past may not run further ahead of the counting.
AHEAD_LINES = 12_000
SEED = 20
BURST_FACTOR = 2.0  # of the usual rate
TICK_S = 0.1


class Demo:
    def __init__(self, pipeline: DemoPipeline, options: argparse.Namespace) -> None:
        now = datetime.now(timezone.utc)
        self._pipeline = pipeline
        self._seconds: float | None = options.seconds
        self._paper = Newspaper()
        self._popularity = Popularity(self._paper, now, SEED)
        self._now = now
        self._lines = options.history
        self._board = TrendingBoard(pipeline.trending)
        self._readers: list[Readers | Bursts] = []
        self._bursts: Bursts | None = None
        if options.rate > 0:
            port, rate = pipeline.site_port, options.rate
            self._bursts = Bursts(port, self._popularity, rate * BURST_FACTOR, SEED, self._leads)
            self._readers = [self._bursts, Readers(port, self._popularity, rate, SEED)]

    def _leads(self, article: str) -> bool:
        return [one for one, _ in self._pipeline.trending("rising", 1)] == [article]

    def write_past(self) -> None:
        """Until all but the last of it is counted."""
        past = history.History(self._paper, self._popularity, self._now, self._lines, SEED)
        views = 1 - history.FRONT_SHARE - history.STYLE_SHARE - history.MISSING_SHARE

        def wait(lines: int) -> None:
            due = int(lines * views) - AHEAD_LINES
            wait_until(lambda: self._pipeline.counted() >= due, "the past is counted",
                       explain=self._pipeline.producer.describe)

        with self._pipeline.log.open("ab", buffering=0) as log:
            lines = history.write(past, lambda piece: log.write(piece), AHEAD_LINES // 8, wait)
        wait(lines)

    def addresses(self) -> str:
        return "\n".join([
            "",
            f"  News site   {self._pipeline.site_url}/",
            f"  Dashboard   {self._pipeline.dashboard_url}/",
            "",
            "They are open in some seconds, when eight days that are made up for the site are counted.",
        ])

    def where_to_look(self) -> str:
        cli = f"redis-cli -p {self._pipeline.redis_port}"
        hot = r"""jq -r '.items[:5][] | "\(.views)\t\(.title)"'"""
        directory = self._pipeline.directory
        stop = f"after {self._seconds:g} s, or by Ctrl-C" if self._seconds else "by Ctrl-C"
        readers = "Simulated readers browse it, robots among them; now and then all want one article. "
        return "\n".join([
            f"Open now: each page of the site that you look at is a view, within two seconds. It ends {stop}.",
            f"{readers if self._readers else ''}Marks show moves in the last {MOVED_SINCE_S:g} s.",
            "In another terminal, look with",
            f"  curl -s {self._pipeline.dashboard_url}/trending/hot.json | {hot}",
            f"  {cli} HGET pv:views {self._paper.articles[0].path}",
            f"  {cli} ZREVRANGE pv:trending:rising 0 9 WITHSCORES",
            f"  tail -f {directory}/*.log",
        ])

    def screen(self) -> list[str]:
        totals = self._pipeline.redis_hash("pv:totals")
        burst = self._bursts.article if self._bursts else None
        terminal = shutil.get_terminal_size((120, 40))
        return [
            "",
            f"{datetime.now(timezone.utc):%H:%M:%S} UTC   views {totals.get('views', 0):,}   "
            f"robots filtered {totals.get('spider', 0):,}   burst: {burst or '(none just now)'}",
            # All of it must stay in sight to be drawn over.
            *self._board.lines(max(terminal.columns - 1, 60), min(max(terminal.lines - 16, 3), 12)),
        ]

    def watch(self) -> None:
        """Until Ctrl-C or the end of --seconds."""
        started_s = next_show_s = time.monotonic()
        show_interval_s = 1.0 if sys.stdout.isatty() else 5.0
        drawn = 0
        for readers in self._readers:
            readers.start()
        try:
            while not self._seconds or time.monotonic() - started_s < self._seconds:
                self._pipeline.check_alive()
                for readers in self._readers:
                    readers.check()
                if time.monotonic() >= next_show_s:
                    drawn = show(self.screen(), drawn)
                    next_show_s += show_interval_s
                pause(TICK_S)
        except KeyboardInterrupt:
            print()
        finally:
            for readers in self._readers:
                readers.stop()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run demo", description="The whole pipeline, behind a small news site.")
    parser.add_argument("--bin-dir", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--history", type=int, default=HISTORY_LINES, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help="stop after this time (default: at Ctrl-C)")
    parser.add_argument("--kafka", action="store_true", help="on a real Apache Kafka")
    parser.add_argument("--rate", type=float, default=10,
                        help="requests of simulated readers a second (default 10; 0: nobody but you)")
    parser.add_argument("--port", type=int, help=f"of the news site (default {SITE_PORT}, or any when it is taken)")
    parser.add_argument("--dashboard-port", type=int,
                        help=f"of the dashboard (default {DASHBOARD_PORT}, or any when it is taken)")
    options = parser.parse_args()
    for name, port in (("--port", options.port), ("--dashboard-port", options.dashboard_port)):
        if port is not None and not is_free(port):
            parser.error(f"{name}: something else listens at {port}: choose another one, or leave it out")
    return options


def main() -> int:
    options = parse_options()
    end_by_signals()
    directory = Path(tempfile.mkdtemp(prefix="pv-demo-"))
    pipeline = DemoPipeline(directory, options.bin_dir, options.port or preferred_port(SITE_PORT),
                            options.dashboard_port or preferred_port(DASHBOARD_PORT))
    try:
        demo = Demo(pipeline, options)
        print(demo.addresses(), flush=True)
        pipeline.start(options.kafka)
        demo.write_past()
        pipeline.open_site()
        pipeline.open_dashboard()
        print(demo.where_to_look(), flush=True)
        demo.watch()
        pipeline.close_site()
        recount = settle(pipeline)
        show(demo.screen(), 0)
        return 0 if compare(pipeline, recount) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        pipeline.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
