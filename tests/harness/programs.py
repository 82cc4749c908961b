"""Our three programs as children: how to call them, and how to read what they log."""
from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

from harness.child_process import ChildProcess
from harness.page_view_policy import REPOSITORY
from harness.waiting import wait_until

EXIT_DEADLINE_S = 60.0
PRODUCER = "pv-producer"
AGGREGATOR = "pv-aggregator"
EXPORTER = "pv-dashboard-export"
PROGRAMS = (PRODUCER, AGGREGATOR, EXPORTER)

OptionValue = str | int | bool | Path | list[str] | list[Path]

_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\w+) event=(\S+) ?(.*)")
_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


def binary(name: str) -> Path:
    directory = Path(os.environ.get("PV_BIN_DIR", REPOSITORY / "build" / "dev" / "bin"))
    return directory / name


def function_library() -> Path:
    """The text of the Redis functions, as the build joined it."""
    return binary(AGGREGATOR).parents[1] / "aggregator" / "pageviews.lua"


def arguments(options: dict[str, OptionValue], kafka: dict[str, str] | None = None) -> list[str]:
    """`from_` and `exit_at_end` become `--from=` and `--exit-at-end`; a list is an option given several times."""
    result = []
    for name, value in options.items():
        flag = "--" + name.strip("_").replace("_", "-")
        if value is True:
            result.append(flag)
        elif value is not False:
            values = value if isinstance(value, list) else [value]
            result += [f"{flag}={one}" for one in values]
    for name, text in (kafka or {}).items():
        result += ["-X", f"kafka.{name}={text}"]
    return result


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment without what would configure our programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PV_")}
    return {**kept, **(extra or {})}


class Program(ChildProcess):
    """One run of one of our programs."""

    def __init__(self, name: str, argv: list[str], output: Path, env: dict[str, str] | None = None) -> None:
        super().__init__([str(binary(name)), *argv], output, clean_environment(env))

    def events(self, name: str) -> Iterator[dict[str, str]]:
        """The fields of each log line of this event; `level` is the line's level."""
        for line in self.text().splitlines():
            match = _LOG_LINE.match(line)
            if match and match[2] == name:
                yield {"level": match[1]} | {key: value.strip('"') for key, value in _FIELD.findall(match[3])}

    def wait_text(self, pattern: str, deadline_s: float = 60.0) -> str:
        """The first output that matches; fails at once when the program ends without it."""
        compiled = re.compile(pattern, re.IGNORECASE)

        def found() -> str | None:
            running = self.is_running
            match = compiled.search(self.text())
            assert match or running, f"ended without saying {pattern!r}\n{self.describe()}"
            return match[0] if match else None

        return str(wait_until(found, f"says {pattern!r}", deadline_s, explain=self.describe))

    def expect_exit(self, code: int, deadline_s: float = EXIT_DEADLINE_S) -> None:
        assert self.wait_exit(deadline_s) == code, f"should have ended with {code}\n{self.describe()}"

    def finish(self, deadline_s: float = EXIT_DEADLINE_S) -> None:
        """For runs with --exit-at-end or --once."""
        self.expect_exit(0, deadline_s)

    def stop(self, deadline_s: float = EXIT_DEADLINE_S) -> None:
        """SIGTERM, which ends every program well."""
        self.wait_text(".")  # from its first word on it minds the signal
        assert self.is_running, f"ended before it was stopped\n{self.describe()}"
        self.send_signal(signal.SIGTERM)
        self.expect_exit(0, deadline_s)

    def closing(self) -> dict[str, int]:
        """The numbers of the last `event=closing` line."""
        lines = list(self.events("closing"))
        assert lines, f"no closing line\n{self.describe()}"
        return {key: int(value) for key, value in lines[-1].items() if value.isdecimal()}
