"""wrk and the servers that it asks, each on a processor of its own, and what they took."""
from __future__ import annotations

import os
import re
import signal
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.measured import run
from harness import nginx_server
from harness.child_process import ChildProcess
from harness.ports import answers
from harness.programs import clean_environment
from harness.waiting import wait_until

CONNECTIONS = 48
_STOP_DEADLINE_S = 60.0

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


def processors() -> tuple[int, int, set[int]]:
    """The server's, wrk's, and those of the broker."""
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < 2:
        sys.exit("bench: the parts http and serve need two processors: one for the server, one for wrk")
    return ours[0], ours[1], set(ours[2:] or ours[1:])


def on_processor(processor: int, command: list[str]) -> list[str]:
    return ["taskset", "--cpu-list", str(processor), *command]


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


@contextmanager
def server(command: list[str], port: int, output: Path) -> Iterator[ChildProcess]:
    processor, _, _ = processors()
    child = ChildProcess(on_processor(processor, command), output, clean_environment(), signal.SIGTERM)
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


@contextmanager
def nginx(directory: Path, port: int, http: str, connections: int) -> Iterator[ChildProcess]:
    """With one worker, and `http` as the rest of its http section. It makes `directory`, where its logs are."""
    directory.mkdir()
    text = nginx_server.configuration(directory, f"keepalive_requests 100000000;\n{http}", workers=1,
                                      connections=connections)
    (directory / "nginx.conf").write_text(text, encoding="utf-8")
    with server(nginx_server.command(directory), port, directory / "output.log") as child:
        yield child


def run_wrk(arguments: list[str], pid: int, output: Path) -> Load:
    """On its own processor; `pid` is the server's."""
    _, processor, _ = processors()
    before_s = _cpu_s(pid)
    _, text = run(on_processor(processor, ["wrk", "--threads=1", f"--connections={CONNECTIONS}", "--latency",
                                           *arguments]), output)
    load = _read_wrk(text)
    return replace(load, cpu_us=(_cpu_s(pid) - before_s) / load.requests * 1e6)


def median_load(loads: list[Load]) -> Load:
    def of(field: Callable[[Load], float]) -> float:
        return statistics.median(field(load) for load in loads)

    return Load(int(of(lambda load: load.requests)), of(lambda load: load.per_s), of(lambda load: load.p50_ms),
                of(lambda load: load.p99_ms), of(lambda load: load.cpu_us), max(load.rss_mib for load in loads))


def head(title: str) -> None:
    print(f"{title:<34}{'requests/s':>11}{'CPU µs':>9}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'RSS MiB':>9}")


def row(name: str, load: Load, limit: Load) -> None:
    rss = f"{load.rss_mib:>9.0f}" if load.rss_mib else f"{'-':>9}"
    print(f"{name:<34}{load.per_s:>11,.0f}{load.cpu_us:>9.2f}{limit.cpu_us / load.cpu_us:>7.2f}{load.p50_ms:>9.2f}"
          f"{load.p99_ms:>9.2f}{rss}", flush=True)
