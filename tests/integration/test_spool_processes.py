"""The spool as processes of the system meet it: many writers, a full disk, and writers that are killed."""
from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harness.lifetime import start
from harness.programs import binary
from harness.waiting import wait_until

APPEND = "pv-spool-append"
DEADLINE_S = 300
PROCESSES, LINES = 8, 4000
SMALL = 65536
DISK = 262144
IN_A_SMALL_DISK = ["unshare", "--mount", "--map-root-user", "sh", "-c",
                   f'mount -t tmpfs -o size={DISK} tmpfs "$1" && shift && "$@"; code=$?; cat "$2"/*.ndjson; exit $code']


def append(spool: Path, *, processes: int = PROCESSES, lines: int = LINES, most: int = 1 << 30,
           sync: str = "off") -> tuple[int, int]:
    """How many lines were given to the spool, and how many of them it refused."""
    done = subprocess.run([binary(APPEND), spool, sync, str(processes), str(lines), str(most)], capture_output=True,
                          text=True, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    return given_and_refused(done.stdout)


def given_and_refused(said: str) -> tuple[int, int]:
    numbers = re.search(r"processes, (\d+) lines.*, (\d+) full", said)
    assert numbers, said
    return int(numbers[1]), int(numbers[2])


def articles(text: bytes) -> Counter[str]:
    """Each line must be a whole event."""
    assert text.endswith(b"\n") or not text
    return Counter(json.loads(line)["article"] for line in text.splitlines())


def content(spool: Path) -> bytes:
    return b"".join(segment.read_bytes() for segment in sorted(spool.glob("*.ndjson")))


@pytest.mark.parametrize("sync", ["off", "100ms", "each"])
def test_every_line_of_many_processes_is_there_once(tmp_path: Path, sync: str) -> None:
    lines = LINES if sync != "each" else 200
    assert append(tmp_path, lines=lines, sync=sync, most=16 << 20) == (PROCESSES * lines, 0)
    expected = {f"/{process}/{line}" for process in range(PROCESSES) for line in range(lines)}
    assert articles(content(tmp_path)) == Counter(expected)
    assert len(list(tmp_path.glob("*.ndjson"))) > (1 if sync != "each" else 0)


def test_what_is_there_and_what_was_refused_is_all(tmp_path: Path) -> None:
    given, refused = append(tmp_path, most=SMALL)
    assert refused > 0
    found = articles(content(tmp_path))
    assert found.total() == given - refused
    assert max(found.values()) == 1
    assert sum(path.stat().st_size for path in tmp_path.glob("*.ndjson")) <= SMALL


def test_full_disk_refuses_whole_lines_and_loses_none(tmp_path: Path) -> None:
    done = subprocess.run([*IN_A_SMALL_DISK, "sh", tmp_path, binary(APPEND), tmp_path, "100ms", str(PROCESSES),
                           str(LINES), str(1 << 30)], capture_output=True, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    said, _, text = done.stdout.partition(b"\n")
    given, refused = given_and_refused(said.decode())
    assert 0 < refused < given
    found = articles(text)
    assert found.total() == given - refused
    assert max(found.values()) == 1


def test_killed_writers_leave_whole_lines_and_no_lock(tmp_path: Path) -> None:
    """All of a process group is killed at once, again and again, wherever it is."""
    for _ in range(10):
        before = len(content(tmp_path))
        writer = start([binary(APPEND), tmp_path, "off", "4", "1000000", str(1 << 30)],
                       start_new_session=True, stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: len(content(tmp_path)) > before + 20000, "has appended")
        finally:
            subprocess.run(["kill", "-KILL", "--", f"-{writer.pid}"], check=True)
            writer.wait()
    assert append(tmp_path, processes=1, lines=10)[1] == 0
    whole = [line for line in content(tmp_path).splitlines() if line.endswith(b"}")]
    torn = [line for line in content(tmp_path).splitlines() if not line.endswith(b"}")]
    assert len(torn) <= 10 * 4
    for line in whole:
        json.loads(line)


def test_torn_line_spoils_no_other(tmp_path: Path) -> None:
    """The file system of a machine that crashed may have less of the last line, or other bytes in its place."""
    torn = [b"", b"{", b'{"article":"/torn"', b"\0" * 100]
    for rest in torn:
        append(tmp_path, processes=2, lines=5)
        with max(tmp_path.glob("*.ndjson")).open("ab") as segment:
            segment.write(rest)
    append(tmp_path, processes=2, lines=5)
    lines = content(tmp_path).split(b"\n")
    assert [line for line in lines if not line.endswith(b"}")] == [*torn[1:], b""]
    assert Counter(json.loads(line)["article"] for line in lines if line.endswith(b"}")) == Counter(
        {f"/{process}/{line}": len(torn) + 1 for process in range(2) for line in range(5)})
