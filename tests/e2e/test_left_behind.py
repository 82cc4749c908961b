"""Test runs and benches that are killed or told to end leave nothing behind."""
from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.child_process import ChildProcess
from harness.page_view_policy import REPOSITORY
from harness.programs import AGGREGATOR, EXPORTER, PRODUCER, binary, clean_environment
from harness.waiting import wait_until

TESTS = REPOSITORY / "tests"
KINDS = {"redis-server", "java", "nginx", "caddy", "apache2", "node", "chromium", "pv-rank-check", "pv-mock-kafka",
         PRODUCER, AGGREGATOR, EXPORTER}


def processes_below(pid: int) -> dict[int, str]:
    """All that come from this one, with the first letters of their programs' names."""
    found: dict[int, str] = {}
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        found |= {child: Path(f"/proc/{child}/comm").read_text().strip()} | processes_below(child)
    return found


def runs(pid: int) -> bool:
    """Those that ended may wait for a first process that never asks for them."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A directory that Apache, which gives its privileges away, may read as well."""
    with tempfile.TemporaryDirectory(prefix="pageviews-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_whatever_a_killed_test_run_had_started_ends(tmp_path: Path, public_path: Path) -> None:
    killed = ChildProcess([sys.executable, str(TESTS / "harness" / "one_of_each.py"), str(tmp_path)], tmp_path / "log",
                          {**os.environ, "TMPDIR": str(public_path)})

    def has_started() -> bool:
        assert killed.is_running, killed.describe()
        return (tmp_path / "started").exists()

    wait_until(has_started, "one of each runs", 120, explain=killed.describe)
    left = processes_below(killed.pid)
    assert [kind for kind in KINDS if not any(name.startswith(kind[:15]) for name in left.values())] == [], left
    killed.kill()

    def running() -> list[str]:
        return [name for pid, name in left.items() if runs(pid)]

    try:
        wait_until(lambda: not running(), "they all end", explain=lambda: f"these run: {running()}")
    finally:
        for pid in filter(runs, left):
            os.kill(pid, signal.SIGKILL)


def test_bench_that_is_told_to_end_takes_its_files_with_it(tmp_path: Path) -> None:
    bench = ChildProcess([sys.executable, str(TESTS / "bench" / "bench.py"), f"--bin-dir={binary(PRODUCER).parent}",
                          "--short", "--only=ranker"], tmp_path / "log", clean_environment({"TMPDIR": str(tmp_path)}))

    def works() -> bool:
        assert bench.is_running, bench.describe()
        return any(tmp_path.glob("pv-bench-*/redis/appendonlydir"))

    wait_until(works, "the bench has started Redis", explain=bench.describe)
    bench.send_signal(signal.SIGTERM)
    bench.wait_exit(60)
    assert list(tmp_path.iterdir()) == [bench.output]
