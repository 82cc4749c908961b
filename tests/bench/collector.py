"""Views by HTTP: the collector beside nginx, which answers 204 and writes its access log, each on one processor.

wrk has another processor; Kafka's broker has those that are left, or shares wrk's. wrk may be slower than the server,
and other programs may take its processor: so the ratio is that of the requests for a second of processor time. Where
the collector ships as well, that is in it. Every request that was answered has to be a view in Kafka in the end.
"""
from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.http_load import CONNECTIONS, Load, head, median_load, nginx, processors, row, run_wrk, server
from bench.measured import peak_rss_mib
from harness.ports import free_port
from harness.waiting import wait_until

if TYPE_CHECKING:
    from bench.bench import Bench

TARGET = 0.7
MODES: dict[str, tuple[str, ...]] = {", only collects": ("--ship=off",), ", and ships": ()}

_NGINX = """\
    access_log {directory}/access.log combined;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 204; }}
    }}
"""

# Made before the first is sent, so that wrk has little to do; the same for both servers.
_REQUESTS = """\
local requests, next = {}, 0
function init()
    for n = 1, 1000 do
        local page = "https://www.example.org/articles/" .. n
        local headers = {["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:" .. 100 + n % 30 ..
            ".0) Gecko/20100101 Firefox/128.0", ["Content-Type"] = "application/json"}
        MAKE
    end
end
function request()
    next = next % #requests + 1
    return requests[next]
end
"""
REQUESTS = {
    "GET /v1/pixel.gif": """headers["Content-Type"] = nil
        requests[n] = wrk.format("GET", "/v1/pixel.gif?u=" .. page .. "&r=https%3A%2F%2Fexample.net%2F&t=Page+" .. n,
                                 headers)""",
    "POST /v1/views": """requests[n] = wrk.format("POST", "/v1/views", headers, '{"u":"' .. page ..
            '","r":"https://example.net/","t":"Page ' .. n .. '"}')""",
}

def _move_broker(bench: Bench, processors: set[int]) -> None:
    """All its threads; those to come begin where they are made."""
    own = str(bench.broker.directory / "server.properties").encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if own in (process / "cmdline").read_bytes().split(b"\0"):
                for task in (process / "task").iterdir():
                    os.sched_setaffinity(int(task.name), processors)


def _load(bench: Bench, port: int, requests: str, pid: int) -> Load:
    script = bench.directory / "wrk.lua"
    script.write_text(_REQUESTS.replace("MAKE", REQUESTS[requests]), encoding="utf-8")
    return run_wrk([f"--script={script}", f"--duration={bench.options.http_seconds}s", f"http://127.0.0.1:{port}/"],
                   pid, bench.directory / f"{bench.new_name()}-wrk.log")


def _nginx(bench: Bench, requests: str) -> Load:
    directory, port = bench.directory / bench.new_name(), free_port()
    http = _NGINX.format(directory=directory, port=port)
    with nginx(directory, port, http, connections=512) as child:
        load = _load(bench, port, requests, child.pid)
    logged = (directory / "access.log").read_bytes().count(b"\n")
    _expect_all("lines in nginx's access log", logged, load.requests)
    (directory / "access.log").unlink()
    return load


def _expect_all(what: str, found: int, answered: int) -> None:
    """wrk does not count what is under way when its time is over."""
    if not answered <= found <= answered + CONNECTIONS:
        sys.exit(f"bench: WRONG COUNT: {found} {what}, wrk has {answered} answers")


def _at_least(wanted: int, found: int) -> int:
    return found if found >= wanted else 0


def _collector(bench: Bench, requests: str, mode: tuple[str, ...]) -> Load:
    name, port = bench.new_name(), free_port()
    topic = bench.new_topic(name)
    spool, state = (bench.seen_inside(bench.directory / f"{name}-{what}") for what in ("spool", "state"))
    arguments = (f"--spool={spool}", f"--brokers={bench.broker.address}", f"--topic={topic}", f"--instance={name}",
                 f"--state-dir={state}", bench.spiders, *bench.options.producer_option)
    command = bench.command("pv-producer", f"--http=127.0.0.1:{port}", *mode, *arguments)
    with server(command, port, bench.directory / f"{name}.log") as child:
        load = replace(_load(bench, port, requests, child.pid), rss_mib=peak_rss_mib(child.pid))
    bench.run("pv-producer", "--exit-at-end", *arguments)
    # A commit is answered when it is certain; that readers see it too comes a moment later on a busy machine.
    found = wait_until(lambda: _at_least(load.requests, bench.events_in(topic)), f"{load.requests} events in {topic}")
    _expect_all(f"events in topic {topic}", found, load.requests)
    bench.delete_topic(topic)
    return load


def _compare(bench: Bench, requests: str) -> None:
    limits: list[Load] = []
    ours: dict[str, list[Load]] = {name: [] for name in MODES}
    for _ in range(bench.options.runs):
        limits.append(_nginx(bench, requests))
        for name, mode in MODES.items():
            ours[name].append(_collector(bench, requests, mode))
    limit = median_load(limits)
    head(requests)
    row("nginx, 204 and a line of its log", limit, limit)
    for name, loads in ours.items():
        row(f"pv-producer{name}", median_load(loads), limit)


def measure_collector(bench: Bench) -> None:
    options = bench.options
    _move_broker(bench, processors()[2])
    print(f"\nHTTP: {CONNECTIONS} connections for {options.http_seconds} s, one processor for the server, another for "
          f"wrk, median of {options.runs}; target: a ratio of at least {TARGET}")
    for requests in REQUESTS:
        _compare(bench, requests)
    _move_broker(bench, os.sched_getaffinity(0))
