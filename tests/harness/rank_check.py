"""The ranker's core in a process of its own, over counts in memory: the development tool pv-rank-check."""
from __future__ import annotations

import subprocess
from dataclasses import dataclass
from types import TracebackType

from harness.lifetime import start
from harness.programs import binary, clean_environment

DEADLINE_S = 60


@dataclass(frozen=True)
class Refresh:
    status: int  # 0: done
    rebuilds: int  # ever
    reads: int  # buckets read by this refresh
    changed: int  # articles that changed
    why: str  # of the last rebuild


class RankCheck:
    def __init__(self) -> None:
        self._process = start([binary("pv-rank-check")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env=clean_environment())

    def __enter__(self) -> RankCheck:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        code = self._process.wait(DEADLINE_S)
        if kind is None:
            assert code == 0

    def tell(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(command + "\n")

    def _line(self) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"pv-rank-check ended with {self._process.wait(DEADLINE_S)}"
        return line.rstrip("\n")

    def refresh(self, now_ms: int, monotonic_ms: int = 0) -> Refresh:
        self.tell(f"refresh {now_ms} {monotonic_ms}")
        status, rebuilds, reads, changed, why = self._line().split()
        return Refresh(int(status), int(rebuilds), int(reads), int(changed), why)

    def entries(self, name: str, section: str | None = None) -> tuple[list[tuple[str, float]], bool]:
        """The list, and whether it may have changed since it was last asked for."""
        self.tell(f"list {name} {section or ''}")
        count, changed = self._line().split()
        lines = [self._line().split() for _ in range(int(count))]
        return [(article, float(score)) for article, score in lines], changed == "1"

    def sections(self) -> list[str]:
        self.tell("sections")
        return self._line().split()
