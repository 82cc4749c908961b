"""What a refresh of the trending lists costs: the ranker's own code on counts that are planted in Redis."""
from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from bench.measured import peak_rss_mib
from harness.lifetime import start
from harness.programs import clean_environment

if TYPE_CHECKING:
    from bench.bench import Bench

NOW = datetime(2026, 11, 24, 22, 50, 30, tzinfo=timezone.utc)
COMMANDS = ("hscan", "hmget", "fcall")  # counts, sections, and the lists that are sent
FORMATS = {"minute": "%Y-%m-%dT%H:%M", "hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d"}
HOURS_BACK = (*range(1, 25), 71, 72, 167, 168)  # those of 24h, and the next that leave hot and 7d
ROUNDS, MINUTE_TURNS = 20, 5
CATCH_UP = timedelta(minutes=10)  # a longer jump of the clock is a rebuild

# The k-th article's name and its views, by Zipf's law, so that lists have an order.
NAME = "local function name(k) return string.format('/2026/11/%02d/a-story-to-read-%07d', 1 + k % 28, k) end "
# KEYS: a bucket. ARGV: first, end, step, views of all articles together, about.
PLANT = NAME + """
for from = ARGV[1], ARGV[2] - 1, ARGV[3] * 2000 do
  local pairs = {}
  for k = from, math.min(from + ARGV[3] * 2000, ARGV[2]) - 1, ARGV[3] do
    pairs[#pairs + 1] = name(k)
    pairs[#pairs + 1] = 1 + math.floor(ARGV[4] / (k + 1))
  end
  redis.call('HSET', KEYS[1], unpack(pairs))
end"""
# KEYS: pv:sections. ARGV: articles.
_SECTIONS = NAME + "for k = 0, ARGV[1] - 1 do redis.call('HSET', KEYS[1], name(k), 'section-' .. k % 8) end"
# One view of each changed article: the first ones, which are in the lists, and as many spread over all others.
# KEYS: a minute, pv:meta. ARGV: how many, of how many articles.
_VIEW = NAME + """
local top = math.floor(ARGV[1] / 2)
local rest = ARGV[1] - top
for k = 0, top - 1 do redis.call('HINCRBY', KEYS[1], name(k), 1) end
for k = 0, rest - 1 do redis.call('HINCRBY', KEYS[1], name(top + math.floor(k * (ARGV[2] - top) / rest)), 1) end
redis.call('HINCRBY', KEYS[2], 'commits', 1)"""


def _key(bucket: str, when: datetime) -> str:
    return f"pv:views:{when.strftime(FORMATS[bucket])}"


@dataclass(frozen=True)
class Refresh:
    cpu_ms: float
    wall_ms: float
    hscan_ms: float
    hmget_ms: float
    fcall_ms: float
    changed: int
    rebuilds: int


class _Site:
    """Counts in Redis, and pv-bench-rank that ranks them."""

    def __init__(self, bench: Bench, articles: int, usual: int) -> None:
        self._client = bench.server.client()
        self._client.flushall()
        self._articles = articles
        self.now = NOW
        self._plant(usual)
        self._log = (bench.directory / f"pv-bench-rank-{articles}.log").open("w+")
        self._process = start(
            bench.command("pv-bench-rank", f"--redis={bench.server.address}"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, env=clean_environment(),
        )

    def _plant(self, usual: int) -> None:
        """All articles yesterday, a quarter of them in the day that leaves 30d next, and a twentieth in an hour."""
        plant, articles = self._client.register_script(PLANT), self._articles
        for minutes in range(2, 61):
            plant([_key("minute", NOW - timedelta(minutes=minutes))], [0, min(usual, articles), 1, usual])
        for hours in HOURS_BACK:
            plant([_key("hour", NOW - timedelta(hours=hours))], [hours % 20, articles, 20, articles / 24])
        plant([_key("day", NOW - timedelta(days=1))], [0, articles, 1, articles])
        plant([_key("day", NOW - timedelta(days=30))], [0, articles, 4, articles])
        self._client.eval(_SECTIONS, 1, "pv:sections", articles)

    def view(self, changed: int, minutes_ago: int = 0) -> None:
        if changed:
            minute = _key("minute", self.now - timedelta(minutes=minutes_ago))
            self._client.eval(_VIEW, 2, minute, "pv:meta", changed, self._articles)

    def _redis_ms(self) -> list[float]:
        """The time of the commands so far. Functions' own calls of HMGET count twice; they are few."""
        found = self._client.info("commandstats")
        return [found.get(f"cmdstat_{name}", {"usec": 0})["usec"] / 1000 for name in COMMANDS]

    def refresh(self, command: str = "refresh") -> Refresh:
        assert self._process.stdin and self._process.stdout
        before_ms = self._redis_ms()
        self._process.stdin.write(f"{command} {int(self.now.timestamp() * 1000)}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            sys.exit(f"bench: exit code {self._process.wait()} from pv-bench-rank\n{self._log.read()}")
        found = json.loads(line)
        if found["articles"] != self._articles:
            sys.exit(f"bench: WRONG COUNT: {found['articles']} articles are ranked, should be {self._articles}")
        hscan_ms, hmget_ms, fcall_ms = (after - before for after, before in zip(self._redis_ms(), before_ms))
        return Refresh(found["cpu_us"] / 1000, found["wall_us"] / 1000, hscan_ms, hmget_ms, fcall_ms, found["changed"],
                       found["rebuilds"])

    def rss_mib(self) -> float:
        return peak_rss_mib(self._process.pid)

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._log.close()


def _row(site: _Site, name: str, refreshes: list[Refresh]) -> None:
    def middle(field: str) -> float:
        return statistics.median(getattr(one, field) for one in refreshes)

    print(f"{name:<34}{middle('changed'):>9,.0f}{middle('cpu_ms'):>9.2f}{middle('wall_ms'):>9.2f}"
          f"{middle('hscan_ms'):>10.2f}{middle('hmget_ms'):>8.2f}{middle('fcall_ms'):>8.2f}{len(refreshes):>5}"
          f"{site.rss_mib():>9.0f}", flush=True)


def _steady(site: _Site, changed: int) -> None:
    """Both open minutes hold the articles that change."""
    site.view(changed, minutes_ago=1)
    site.view(changed)
    site.refresh()
    refreshes = []
    for _ in range(ROUNDS):
        site.view(changed)
        refreshes.append(site.refresh())
        if refreshes[-1].changed != changed:
            sys.exit(f"bench: WRONG COUNT: {refreshes[-1].changed} articles changed, should be {changed}")
    _row(site, f"refresh, {changed:,} changed", refreshes)


def _turn(site: _Site, changed: int, to: datetime) -> Refresh:
    site.now = to
    site.view(changed)
    return site.refresh()


def _turns(site: _Site, changed: int) -> None:
    """What leaves the windows when a minute, an hour and a day begin."""
    minute = timedelta(minutes=1)
    _row(site, "refresh, a minute begins", [_turn(site, changed, site.now + minute) for _ in range(MINUTE_TURNS)])
    hour = site.now.replace(minute=0) + timedelta(hours=1)
    _row(site, "refresh, an hour begins", [_turn(site, changed, hour)])
    day = hour + timedelta(hours=1)
    while site.now + CATCH_UP < day:
        _turn(site, changed, site.now + CATCH_UP)
    _row(site, "refresh, a day begins", [_turn(site, changed, day)])


def measure_ranker(bench: Bench) -> None:
    for articles in bench.options.ranked_articles:
        sizes = [size for size in bench.options.changed_articles if size <= articles]
        usual = sizes[0] if sizes else articles
        print(f"\nRanker: {articles:,} articles in 30 days; median ms of the ranker, and of Redis in its commands\n"
              f"{'':<34}{'changed':>9}{'CPU':>9}{'wall':>9}{'HSCAN':>10}{'HMGET':>8}{'FCALL':>8}"
              f"{'of':>5}{'RSS MiB':>9}", flush=True)
        site = _Site(bench, articles, usual)
        try:
            first = site.refresh()
            _row(site, "rebuild at start", [first])
            again = [site.refresh("rebuild") for _ in range(bench.options.runs)]
            _row(site, "rebuild", again)
            for changed in (0, *sizes):
                _steady(site, changed)
            _turns(site, usual)
            rebuilds = site.refresh().rebuilds
            if rebuilds != first.rebuilds + len(again):
                sys.exit("bench: a refresh took a rebuild, so its row is none of a refresh")
        finally:
            site.close()
