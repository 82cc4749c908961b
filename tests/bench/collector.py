"""Views by HTTP: the collector beside nginx, which answers 204 and writes its access log, each on one processor.

wrk has another processor; Kafka's broker has those that are left, or shares wrk's. wrk may be slower than the server,
and other programs may take its processor: so the ratio is that of the requests for a second of processor time. Where
the collector ships as well, that is in it. Every request that was answered has to be a view in Kafka in the end.
"""
from __future__ import annotations

import os
import re
import signal
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measured import peak_rss_mib, run
from harness.child_process import ChildProcess
from harness.ports import answers, free_port
from harness.programs import clean_environment
from harness.waiting import wait_until

if TYPE_CHECKING:
    from bench.bench import Bench

CONNECTIONS = 48
TARGET = 0.7
MODES: dict[str, tuple[str, ...]] = {", only collects": ("--ship=off",), ", and ships": ()}
_STOP_DEADLINE_S = 60.0

_NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log {directory}/access.log combined;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 204; }}
    }}
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

_COUNT = re.compile(r"(\d+) requests in ([\d.]+)(m?s)")
_LATENCY = re.compile(r"^ +(50|99)% +([\d.]+)(us|ms|s)$", re.MULTILINE)
_FAULTS = re.compile(r"(Non-2xx.*|Socket errors.*)")
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Load:
    """What wrk says, and what the server took; no memory where it is of no interest."""

    requests: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float = 0.0  # of the server, a request
    rss_mib: float = 0.0


def _processors() -> tuple[int, int, set[int]]:
    """The server's, wrk's, and those of the broker."""
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < 2:
        sys.exit("bench: the part http needs two processors: one for the server, one for wrk")
    return ours[0], ours[1], set(ours[2:] or ours[1:])


def _move_broker(bench: Bench, processors: set[int]) -> None:
    """All its threads; those to come begin where they are made."""
    own = str(bench.broker.directory / "server.properties").encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if own in (process / "cmdline").read_bytes().split(b"\0"):
                for task in (process / "task").iterdir():
                    os.sched_setaffinity(int(task.name), processors)


def _on(processor: int, command: list[str]) -> list[str]:
    return ["setpriv", "--pdeathsig=KILL", "taskset", "--cpu-list", str(processor), *command]


def _read_wrk(text: str) -> Load:
    count, faults = _COUNT.search(text), _FAULTS.search(text)
    if count is None or faults is not None:
        sys.exit(f"bench: wrk's requests were not all answered well:\n{text}")
    latency = {int(percent): float(value) * _MS[unit] for percent, value, unit in _LATENCY.findall(text)}
    seconds = float(count[2]) * _MS[count[3]] / 1000
    return Load(int(count[1]), int(count[1]) / seconds, latency[50], latency[99])


def _cpu_s(pid: int) -> float:
    """Of a process and its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(_cpu_s(int(one)) for one in children)


def _load(bench: Bench, port: int, requests: str, pid: int) -> Load:
    _, processor, _ = _processors()
    script = bench.directory / "wrk.lua"
    script.write_text(_REQUESTS.replace("MAKE", REQUESTS[requests]), encoding="utf-8")
    output = bench.directory / f"{bench.new_name()}-wrk.log"
    before_s = _cpu_s(pid)
    _, text = run(
        _on(processor, ["wrk", "--threads=1", f"--connections={CONNECTIONS}", "--latency", f"--script={script}",
                        f"--duration={bench.options.http_seconds}s", f"http://127.0.0.1:{port}/"]), output)
    load = _read_wrk(text)
    return replace(load, cpu_us=(_cpu_s(pid) - before_s) / load.requests * 1e6)


@contextmanager
def _server(command: list[str], port: int, output: Path) -> Iterator[ChildProcess]:
    processor, _, _ = _processors()
    child = ChildProcess(_on(processor, command), output, clean_environment())
    try:
        wait_until(lambda: answers(port) or not child.is_running, "the server answers", explain=child.describe)
        if not child.is_running:
            sys.exit(f"bench: it did not start:\n{child.describe()}")
        yield child
        child.send_signal(signal.SIGTERM)
        if child.wait_exit(_STOP_DEADLINE_S) != 0:
            sys.exit(f"bench: it did not end well:\n{child.describe()}")
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait_exit(_STOP_DEADLINE_S)


def _nginx(bench: Bench, requests: str) -> Load:
    directory, port = bench.directory / bench.new_name(), free_port()
    directory.mkdir()
    config = directory / "nginx.conf"
    config.write_text(_NGINX.format(directory=directory, port=port, user="user root;" if os.geteuid() == 0 else ""))
    with _server(["/usr/sbin/nginx", "-c", str(config), "-e", str(directory / "start.log")], port,
                 directory / "output.log") as child:
        load = _load(bench, port, requests, child.pid)
    logged = (directory / "access.log").read_bytes().count(b"\n")
    _expect_all("lines in nginx's access log", logged, load.requests)
    (directory / "access.log").unlink()
    return load


def _expect_all(what: str, found: int, answered: int) -> None:
    """wrk does not count what is under way when its time is over."""
    if not answered <= found <= answered + CONNECTIONS:
        sys.exit(f"bench: WRONG COUNT: {found} {what}, wrk has {answered} answers")


def _collector(bench: Bench, requests: str, mode: tuple[str, ...]) -> Load:
    name, port = bench.new_name(), free_port()
    topic = bench.new_topic(name)
    spool, state = (bench.seen_inside(bench.directory / f"{name}-{what}") for what in ("spool", "state"))
    arguments = (f"--spool={spool}", f"--brokers={bench.broker.address}", f"--topic={topic}", f"--instance={name}",
                 f"--state-dir={state}", bench.spiders, *bench.options.producer_option)
    command = bench.command("pv-producer", f"--http=127.0.0.1:{port}", *mode, *arguments)
    with _server(command, port, bench.directory / f"{name}.log") as child:
        load = replace(_load(bench, port, requests, child.pid), rss_mib=peak_rss_mib(child.pid))
    bench.run("pv-producer", "--exit-at-end", *arguments)
    _expect_all(f"events in topic {topic}", bench.events_in(topic), load.requests)
    bench.delete_topic(topic)
    return load


def _median(loads: list[Load]) -> Load:
    def of(field: Callable[[Load], float]) -> float:
        return statistics.median(field(load) for load in loads)

    return Load(int(of(lambda load: load.requests)), of(lambda load: load.per_s), of(lambda load: load.p50_ms),
                of(lambda load: load.p99_ms), of(lambda load: load.cpu_us), max(load.rss_mib for load in loads))


def _row(name: str, load: Load, limit: Load) -> None:
    rss = f"{load.rss_mib:>9.0f}" if load.rss_mib else f"{'-':>9}"
    print(f"{name:<34}{load.per_s:>11,.0f}{load.cpu_us:>9.2f}{limit.cpu_us / load.cpu_us:>7.2f}{load.p50_ms:>9.2f}"
          f"{load.p99_ms:>9.2f}{rss}", flush=True)


def _compare(bench: Bench, requests: str) -> None:
    limits: list[Load] = []
    ours: dict[str, list[Load]] = {name: [] for name in MODES}
    for _ in range(bench.options.runs):
        limits.append(_nginx(bench, requests))
        for name, mode in MODES.items():
            ours[name].append(_collector(bench, requests, mode))
    limit = _median(limits)
    print(f"{requests:<34}{'requests/s':>11}{'CPU µs':>9}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'RSS MiB':>9}")
    _row("nginx, 204 and a line of its log", limit, limit)
    for name, loads in ours.items():
        _row(f"pv-producer{name}", _median(loads), limit)


def measure_collector(bench: Bench) -> None:
    options = bench.options
    _move_broker(bench, _processors()[2])
    print(f"\nHTTP: {CONNECTIONS} connections for {options.http_seconds} s, one processor for the server, another for "
          f"wrk, median of {options.runs}; target: a ratio of at least {TARGET}")
    for requests in REQUESTS:
        _compare(bench, requests)
    _move_broker(bench, os.sched_getaffinity(0))
