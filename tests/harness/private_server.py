"""A server of a test's own: on a free port, started by `with`, ended for certain at its end."""
from __future__ import annotations

import signal
from pathlib import Path
from typing import Self

from harness.child_process import ChildProcess
from harness.ports import answers, free_port
from harness.waiting import wait_until


class PrivateServer:
    """What is the same for all. Each says how it is called, how it is started, and when it answers."""

    name = "the server"
    orphan_signal = signal.SIGKILL

    def __init__(self, output: Path) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._output = output
        self._child: ChildProcess | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _environment(self) -> dict[str, str] | None:
        return None

    def start(self) -> None:
        self._child = ChildProcess(self._command(), self._output, self._environment(), self.orphan_signal)
        wait_until(self._is_alive_and_answers, f"{self.name} answers", explain=self.describe)

    def _is_alive_and_answers(self) -> bool:
        assert self._running.is_running, self.describe()
        return self._answers()

    def _answers(self) -> bool:
        return answers(self.port)

    @property
    def _running(self) -> ChildProcess:
        assert self._child is not None, f"{self.name} was not started"
        return self._child

    def _end_with(self, number: signal.Signals, deadline_s: float = 60) -> int | None:
        """Its exit code; None when it was never started."""
        if self._child is None:
            return None
        self._child.send_signal(number)
        return self._child.wait_exit(deadline_s)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def describe(self) -> str:
        return self._child.describe() if self._child else ""


def write_pages(directory: Path) -> None:
    """A page and one of its parts, so that there is something to view."""
    directory.mkdir(parents=True)
    (directory / "index.html").write_text("<!doctype html><title>A page</title>\n", encoding="utf-8")
    (directory / "style.css").write_text("p { }\n", encoding="utf-8")
