"""A child process with its output in a file, which ends with this one at the latest."""
from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.lifetime import start
from harness.waiting import wait_until


class ChildProcess:
    """One run of one command. Output goes to a file, so a silent reader never blocks the child."""

    def __init__(self, command: Sequence[str], output: Path, env: dict[str, str] | None = None,
                 orphan_signal: signal.Signals = signal.SIGKILL) -> None:
        self.command = command
        self.output = output
        with output.open("ab") as log:
            self._start_of_output = log.tell()
            self._process = start(command, orphan_signal, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=subprocess.STDOUT, env=env, start_new_session=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number when a signal ended it."""
        return self._process.poll()

    @property
    def is_running(self) -> bool:
        return self.exit_code is None

    def text(self) -> str:
        """What this run has written so far."""
        with self.output.open("rb") as log:
            log.seek(self._start_of_output)
            return log.read().decode("utf-8", "replace")

    def send_signal(self, number: signal.Signals) -> None:
        if self.is_running:
            os.kill(self.pid, number)

    def wait_exit(self, deadline_s: float) -> int:
        wait_until(lambda: not self.is_running, f"{self.command[0]} ends", deadline_s, explain=self.describe)
        assert self.exit_code is not None
        return self.exit_code

    def kill(self) -> None:
        """SIGKILL, and gone when this returns."""
        self.send_signal(signal.SIGKILL)
        self._process.wait()

    def describe(self) -> str:
        lines = self.text().splitlines()
        return "\n".join([f"$ {' '.join(self.command)}", f"exit code {self.exit_code}", *lines[-60:]])
