"""One run of a program, measured from outside: wall time, processor time and the most memory it held."""
from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path

from harness.lifetime import start
from harness.programs import clean_environment
from harness.waiting import pause

RUN_LIMIT_S = 900.0
_LOOK_INTERVAL_S = 0.02
_TEXT_SHOWN = 4000


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float
    rss_mib: float
    redis_cpu_s: float = 0.0


def median(costs: list[Cost]) -> Cost:
    """Field by field."""
    return Cost(*(statistics.median(getattr(cost, field.name) for cost in costs) for field in fields(Cost)))


def peak_rss_mib(pid: int) -> float:
    """The kernel's own high-water mark. wait4's would also count this Python process, which the child was
    a copy of before it became the program."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(marks[0]) / 1024 if marks else 0.0


def run(command: list[str], output: Path) -> tuple[Cost, str]:
    """Ends the bench when the program fails. Returns what it cost and what it printed."""
    with output.open("wb") as log:
        started_s = time.monotonic()
        child = start(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                      env=clean_environment())
        rss_mib = 0.0
        while True:
            rss_mib = max(rss_mib, peak_rss_mib(child.pid))
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() - started_s > RUN_LIMIT_S:
                child.kill()
            pause(_LOOK_INTERVAL_S)
        wall_s = time.monotonic() - started_s
    child.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text("utf-8", "replace")
    if child.returncode != 0:
        sys.exit(f"bench: exit code {child.returncode} from {' '.join(command)}\n{text[-_TEXT_SHOWN:]}")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, rss_mib), text
