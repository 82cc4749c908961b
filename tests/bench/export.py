"""What the files cost, beside a Python script that writes the same: the work of a minute in which many articles of a
large site were read. A cycle is a run with --once, which reads and writes everything that there is to write."""
from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measured import Cost, median, peak_rss_mib, run
from bench.ranker import FORMATS, NAME, PLANT
from harness.lifetime import start
from harness.programs import clean_environment
from harness.waiting import wait_until

if TYPE_CHECKING:
    from bench.bench import Bench

PEER = Path(__file__).with_name("export_peer.py")
LISTS, SECTIONS = ("1h", "24h", "7d", "30d", "hot", "rising"), 8
CYCLES = 5  # of the program that keeps running
COMMAND_MAX_MS, RSS_ABOVE_MAX_MIB, TIMES_FASTER = 10, 32, 5
MEMORY = Path("/dev/shm")
NOT_COMPARED = ("generated_at", "lag_seconds", "change")

# KEYS: views of all time, the day, the hour, the minute. ARGV: how many, of how many, the minute of the site's day.
_VIEW = NAME + """
local function view(k)
  for i = 1, 4 do redis.call('HINCRBY', KEYS[i], name(k), 1) end
  redis.call('HSET', 'pv:article:' .. name(k), 'title', 'What is known of ' .. k, 'section', 'section-' .. k % 8)
end
local top = math.floor(ARGV[1] / 2)
local rest = ARGV[1] - top
for k = 0, top - 1 do view(k) end
for k = 0, rest - 1 do view(top + math.floor(k * (ARGV[2] - top) / rest)) end
redis.call('HINCRBY', 'pv:site:' .. string.sub(KEYS[2], -10), ARGV[3], ARGV[1])
redis.call('HINCRBY', 'pv:totals', 'views', ARGV[1])
redis.call('HINCRBY', 'pv:offsets', 'pageviews/0', ARGV[1])
for _, list in ipairs(redis.call('HKEYS', 'pv:rankings')) do redis.call('HINCRBY', 'pv:rankings', list, 1) end"""
# KEYS: a list. ARGV: its name in pv:rankings, first article, step, how many.
_LIST = NAME + """
for i = 0, ARGV[4] - 1 do
  redis.call('ZADD', KEYS[1], 1 + math.floor(1000000 / (i + 1)), name(ARGV[2] + i * ARGV[3]))
end
redis.call('HSET', 'pv:rankings', ARGV[1], 1)"""


def _key(size: str, when: datetime) -> str:
    return f"pv:views:{when.strftime(FORMATS[size])}"


class _Site:
    """All articles were read once, a quarter today and yesterday, a twentieth in each of the last hours."""

    def __init__(self, bench: Bench) -> None:
        self.client = bench.server.client()
        self.articles, self.changed = bench.options.export_articles, bench.options.export_changed
        self.client.config_set("appendonly", "no")  # nothing of this is to last
        self.client.flushall()
        now, plant, articles = datetime.now(timezone.utc), self.client.register_script(PLANT), self.articles
        plant(["pv:views"], [0, articles, 1, articles])
        for days in range(30):
            step = 4 if days < 2 else 20
            plant([_key("day", now - timedelta(days=days))], [days % step, articles, step, articles / 30])
        for hours in range(48):
            step = 20 if hours < 3 else 100
            plant([_key("hour", now - timedelta(hours=hours))], [hours % step, articles, step, articles / 720])
        for days in range(60):
            self.client.hset(f"pv:site:{now - timedelta(days=days):%Y-%m-%d}",
                             mapping={f"{minute // 60:02}:{minute % 60:02}": 700 for minute in range(1440)})
        for one in LISTS:
            self._list(f"trending:{one}", 0, 1, min(1000, articles))
            for section in range(SECTIONS):
                self._list(f"trending:{one}:section:section-{section}", section, SECTIONS, min(100, articles // SECTIONS))

    def _list(self, name: str, first: int, step: int, count: int) -> None:
        self.client.eval(_LIST, 1, f"pv:{name}", name, first, step, count)

    def view(self) -> None:
        """A minute's views. Only they are in the minutes, so that a run that begins finds no others."""
        self.client.delete(*(self.client.keys("pv:views:*:*") or ["none"]))
        now = datetime.now(timezone.utc)
        self.client.eval(_VIEW, 4, "pv:views", *(_key(size, now) for size in ("day", "hour", "minute")), self.changed,
                         self.articles, f"{now:%H:%M}")
        self.client.hset("pv:meta", "last_commit_ms", int(now.timestamp() * 1000))

    def archive_mib(self) -> float:
        """What the list of all articles takes in memory: the names, and 24 bytes each."""
        return sum(24 + len(name) for name, _ in self.client.hscan_iter("pv:views", count=10_000)) / 2**20


@dataclass(frozen=True)
class Place:
    """In memory each cycle replaces the files of the one before. On disk each has a directory of its own: ext4 looks at
    every inode that was deleted in the last minutes when it wants a free one, so that a second cycle would be slower
    than the first, whoever writes the files."""

    name: str
    out: Path
    is_new_each_cycle: bool


def _content(path: Path) -> Any:
    """Without what says when it was made, and what only one that ran before can know."""
    return json.loads(path.read_bytes(), object_hook=lambda found: {
        name: value for name, value in found.items() if name not in NOT_COMPARED})


def _compare(ours: Path, theirs: Path) -> int:
    """But for the last hour minute by minute, which moves while they run."""
    files = [path.relative_to(theirs) for path in theirs.rglob("*.json") if path.name != "live.json"]
    wrong = [str(path) for path in files if _content(ours / path) != _content(theirs / path)]
    if wrong:
        sys.exit(f"bench: {len(wrong)} files are not the same, one is {wrong[0]}")
    return len(files)


def _commands(bench: Bench, out: Path) -> dict[str, list[str]]:
    exporter = bench.command("pv-dashboard-export", f"--redis={bench.server.address}", "--once")
    return {
        "ours": [*exporter, f"--out={out / 'ours'}"],
        "gzip": [*exporter, f"--out={out / 'gzip'}", "--gzip"],
        "peer": [sys.executable, str(PEER), f"--redis={bench.server.address}", f"--out={out / 'peer'}"],
    }


def _row(name: str, costs: list[Cost], peer: Cost | None) -> Cost:
    cost = median(costs)
    faster = f"{peer.wall_s / cost.wall_s:>8.1f}" if peer else f"{'':>8}"
    print(f"{name:<56}{cost.wall_s:>8.2f}{cost.cpu_s:>8.2f}{faster}{cost.redis_cpu_s:>9.2f}{cost.rss_mib:>9.0f}", flush=True)
    return cost


def _cycle(bench: Bench, site: _Site, out: Path) -> tuple[dict[str, Cost], int]:
    """All write the same views, one after the other. Returns what each took, and how many files were compared: none
    when an hour of the clock ended meanwhile."""
    costs: dict[str, Cost] = {}
    out.mkdir(parents=True, exist_ok=True)
    site.view()
    hour = int(time.time()) // 3600
    for name, command in _commands(bench, out).items():
        before_s = bench.redis_cpu_s()
        cost, _ = run(command, bench.directory / f"export-{name}.log")
        costs[name] = replace(cost, redis_cpu_s=bench.redis_cpu_s() - before_s)
    return costs, _compare(out / "ours", out / "peer") if int(time.time()) // 3600 == hour else 0


def _cycles(bench: Bench, site: _Site, place: Place) -> None:
    costs: dict[str, list[Cost]] = {"ours": [], "gzip": [], "peer": []}
    compared = 0
    if not place.is_new_each_cycle:
        _cycle(bench, site, place.out)  # what the others replace
    for number in range(bench.options.runs):
        cycle, same = _cycle(bench, site, place.out / f"{number}" if place.is_new_each_cycle else place.out)
        compared += same
        for name, cost in cycle.items():
            costs[name].append(cost)
    peer = median(costs["peer"])
    _row(f"redis-py, {place.name}", costs["peer"], None)
    ours = _row(f"pv-dashboard-export --once, {place.name}", costs["ours"], peer)
    _row(f"pv-dashboard-export --once --gzip, {place.name}", costs["gzip"], peer)
    print(f"  {peer.wall_s / ours.wall_s:.1f} times as fast (target: at least {TIMES_FASTER}), with "
          f"{peer.cpu_s / ours.cpu_s:.1f} times less of the processor beside Redis's; "
          f"{compared:,} JSON files say the same")


def _keeps_running(bench: Bench, site: _Site, out: Path) -> None:
    """The most memory of one that runs, and the longest that it kept Redis from serving others."""
    client = site.client
    log = (bench.directory / "export-running.log").open("w+")
    client.config_set("slowlog-max-len", 1000)
    client.config_set("slowlog-log-slower-than", 1000)
    ours = client.client_info()["addr"].encode()
    longest: list[dict[str, Any]] = []
    process = start(
        bench.command("pv-dashboard-export", f"--redis={bench.server.address}", f"--out={out}", "--interval=50ms",
                      "--articles-interval=0s"),
        stdout=log, stderr=subprocess.STDOUT, env=clean_environment())
    try:
        for _ in range(CYCLES):
            site.view()
            client.slowlog_reset()
            views = f'"views":{int(client.hget("pv:totals", "views") or 0)},'.encode()
            wait_until(lambda: (out / "index.json").exists() and views in (out / "totals.json").read_bytes()
                       and (out / "index.json").stat().st_mtime_ns > (out / "totals.json").stat().st_mtime_ns,
                       "the views are in the files", deadline_s=600)
            slow = [one for one in client.slowlog_get(1000) if one["client_address"] != ours]
            longest.append(max(slow, key=lambda one: one["duration"], default={"duration": 0, "command": b"none"}))
        rss_mib = peak_rss_mib(process.pid)
    finally:
        process.terminate()
        process.wait()
        log.close()
    archive_mib = site.archive_mib()
    print(f"  Running for {CYCLES} such minutes: {rss_mib:.0f} MiB at the most (VmHWM), {archive_mib:.0f} of them the ids and "
          f"counts of all articles; {rss_mib - archive_mib:.0f} above (target: at most {RSS_ABOVE_MAX_MIB})")
    longest.sort(key=lambda one: one["duration"])
    times = [f"{one['duration'] / 1000:.1f}" for one in longest]
    print(f"  Redis's longest command in each: {', '.join(times)} ms (target: at most "
          f"{COMMAND_MAX_MS}; what takes long in one minute alone was waiting for a processor)", flush=True)
    for one in longest:
        print(f"    {one['duration'] / 1000:.1f} ms {one['command'][:60]!r}")


def measure_export(bench: Bench) -> None:
    site = _Site(bench)
    print(f"\nExport: {site.articles:,} articles, {site.changed:,} of them read in the minute; seconds of a cycle, median of "
          f"{bench.options.runs}\n{'':<56}{'wall s':>8}{'CPU s':>8}{'times':>8}{'Redis s':>9}{'RSS MiB':>9}", flush=True)
    memory = MEMORY / f"pv-bench-export-{bench.directory.name}"
    try:
        for place in (Place("memory, files replaced", memory, is_new_each_cycle=False),
                      Place("disk, new files", bench.directory / "export", is_new_each_cycle=True)):
            _cycles(bench, site, place)
            shutil.rmtree(place.out)
        memory.mkdir()
        _keeps_running(bench, site, memory)
    finally:
        shutil.rmtree(memory, ignore_errors=True)
        site.client.flushall()
        site.client.config_set("appendonly", "yes")
