"""No process outlives the one that started it: not even one that was killed outright."""
from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def tied(command: Sequence[str | Path], orphan_signal: signal.Signals = signal.SIGKILL) -> list[str]:
    """The command, which the kernel sends `orphan_signal` when the thread that started it is gone."""
    return ["setpriv", f"--pdeathsig={orphan_signal.name.removeprefix('SIG')}", *map(str, command)]


def start(command: Sequence[str | Path], orphan_signal: signal.Signals = signal.SIGKILL,
          **how: Any) -> subprocess.Popen[Any]:
    """subprocess.Popen. Servers with workers of their own are told by SIGTERM, so that these end too."""
    assert threading.current_thread() is threading.main_thread(), "it would end with this thread"
    return subprocess.Popen(tied(command, orphan_signal), **how)


def end_by_signals() -> None:
    """SIGTERM and SIGHUP end this process as Ctrl-C does: what it has to leave in order is left so."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
