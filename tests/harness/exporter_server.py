"""pv-dashboard-export --serve, with a listener to its /events."""
from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.http_collector import Answer, Connection
from harness.ports import answers, free_port
from harness.programs import EXPORTER, OptionValue, Program, arguments
from harness.waiting import wait_until

EVENT_DEADLINE_S = 30.0


@dataclass(frozen=True)
class Event:
    name: str
    data: str

    def json(self) -> dict[str, Any]:
        value = json.loads(self.data)
        assert isinstance(value, dict)
        return value


class Listener:
    """Reads /events as a browser does; `lines` are all that came, comments and `retry` among them."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), EVENT_DEADLINE_S, (source, 0))
        self.socket.sendall(b"GET /events HTTP/1.1\r\nHost: listener\r\nAccept: text/event-stream\r\n\r\n")
        self._file = self.socket.makefile("rb")
        self.status = int(self._file.readline().split(b" ")[1])
        self.headers = {}
        while (line := self._file.readline().strip()):
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.lower()] = value.strip()
        self.lines: list[str] = []
        self._text = ""

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def line(self) -> str | None:
        """The next line of the stream; None at its end."""
        while "\n" not in self._text:
            head = self._file.readline()
            assert head, "the connection ended before the stream did"
            size = int(head, 16)
            if size == 0:
                return None
            self._text += self._file.read(size).decode()
            assert self._file.readline() == b"\r\n"
        found, _, self._text = self._text.partition("\n")
        self.lines.append(found)
        return found

    def event(self) -> Event | None:
        """The next event; None at the end of the stream."""
        fields: dict[str, str] = {}
        while (line := self.line()) is not None:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                return Event(fields["event"], fields["data"])
            else:
                fields = {}
        return None

    def wait_event(self, name: str, fits: Callable[[dict[str, Any]], bool]) -> Event:
        """The next event of this name that fits; each recv has a deadline."""
        while (event := self.event()) is not None:
            if event.name == name and fits(event.json()):
                return event
        raise AssertionError(f"the stream ended without {name}: {self.lines}")


class ExporterServer:
    """One run of the exporter over the Redis at `address`."""

    def __init__(self, directory: Path, address: str, **options: OptionValue) -> None:
        self.out = directory / "out"
        self.port = free_port()
        self.metrics_port = free_port()
        fixed: dict[str, OptionValue] = {
            "redis": address, "out": self.out, "serve": f"127.0.0.1:{self.port}", "interval": "100ms",
            "metrics": f"127.0.0.1:{self.metrics_port}",
        }
        self.program = Program(EXPORTER, arguments(fixed | options), directory / "exporter.log")
        wait_until(lambda: answers(self.port) or not self.program.is_running, "the server answers",
                   explain=self.program.describe)

    def __enter__(self) -> ExporterServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()

    def connect(self, source: str = "127.0.0.1") -> Connection:
        return Connection(self.port, source)

    def get(self, target: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        """One request on a connection of its own."""
        with self.connect() as connection:
            return connection.request(method, target, headers)

    def wait_file(self, target: str) -> Answer:
        return wait_until(lambda: answer if (answer := self.get(target)).status == 200 else None, f"{target} is there",
                          explain=self.program.describe)

    def listen(self) -> Listener:
        return Listener(self.port)

    def metric(self, name: str) -> int:
        """The value of a metric, `name{label="value"}` without its prefix."""
        with Connection(self.metrics_port) as connection:
            text = connection.request("GET", "/metrics").body.decode()
        for line in text.splitlines():
            full, _, value = line.rpartition(" ")
            if full == f"pv_dashboard_export_{name}":
                return int(value)
        raise AssertionError(f"no metric {name} in {text}")
