"""The one place where tests wait: for a condition with a deadline, or for a condition to stay true."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEFAULT_DEADLINE_S = 60.0
_POLL_INTERVAL_S = 0.02
_never = threading.Event()


class DeadlineExceeded(AssertionError):
    """The condition did not become true in time."""


def pause(seconds: float) -> None:
    """Gives the processor away between two looks at a condition."""
    _never.wait(seconds)


def wait_until(
    condition: Callable[[], T | None],
    what: str,
    deadline_s: float = DEFAULT_DEADLINE_S,
    poll_interval_s: float = _POLL_INTERVAL_S,
    explain: Callable[[], str] | None = None,
) -> T:
    """Returns the first true value of `condition`; `explain` adds to the failure's text."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            detail = f"\n{explain()}" if explain else ""
            raise DeadlineExceeded(f"not within {deadline_s:g} s: {what}{detail}")
        pause(poll_interval_s)


def stays_true(
    condition: Callable[[], bool], what: str, seconds: float, poll_interval_s: float = 0.2
) -> None:
    """Fails as soon as `condition` is false; a promise such as "keeps its membership" needs a span of time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), f"no longer true: {what}"
        pause(poll_interval_s)
