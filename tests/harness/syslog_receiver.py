"""pv-line-receiver as a syslog receiver, and what it took."""
from __future__ import annotations

import re
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.programs import Program
from harness.waiting import wait_until

_SAMPLE = re.compile(r'^pv_producer_syslog_(\w+?)(?:_total)?(?:\{reason="(\w+)"\})? (-?\d+)$', re.MULTILINE)


class SyslogReceiver:
    """On a free port."""

    def __init__(self, directory: Path, host: str = "127.0.0.1", idle_ms: int | None = None) -> None:
        self.host = host.strip("[]")
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.port = free_port()
        self._metrics = free_port()
        self._out = directory / "lines"
        argv = [str(self._out), "syslog", f"{host}:{self.port}", f"127.0.0.1:{self._metrics}"]
        self.program = Program("pv-line-receiver", argv + ([str(idle_ms)] if idle_ms else []), directory / "log")
        self.program.wait_text("event=ready")

    def metrics(self) -> dict[str, int]:
        """By name without prefix and suffix; a reason stands for itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        return {reason or name: int(value) for name, reason, value in _SAMPLE.findall(text)}

    def expect(self, **expected: int) -> None:
        """Waits until these metrics have these values."""
        seen: dict[str, int] = {}

        def as_expected() -> bool:
            seen.update(self.metrics())
            return {name: seen[name] for name in expected} == expected

        wait_until(as_expected, f"metrics are {expected}", 30, explain=lambda: f"{seen}\n{self.program.describe()}")

    def taken(self) -> list[bytes]:
        return self._out.read_bytes().split(b"\n")[:-1]

    def expect_taken(self, expected: list[bytes]) -> None:
        self.expect(messages=len(expected))
        assert self.taken() == expected

    def set_full(self, full: bool) -> None:
        self._flag("full", full)

    def set_busy(self, busy: bool) -> None:
        """While it is, the thread of the receiver stands still in the taker."""
        self._flag("busy", busy)

    def _flag(self, name: str, on: bool) -> None:
        path = self._out.with_name(f"{self._out.name}.{name}")
        path.touch() if on else path.unlink()

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=30)

    def send(self, data: bytes) -> None:
        """Over a TCP connection of its own."""
        with self.connect() as client:
            client.sendall(data)

    def datagrams(self) -> socket.socket:
        client = socket.socket(self.family, socket.SOCK_DGRAM)
        client.connect((self.host, self.port))
        return client

    def stop(self) -> dict[str, int]:
        """The numbers of its last words."""
        self.program.send_signal(signal.SIGTERM)
        return self.closing()

    def closing(self) -> dict[str, int]:
        self.program.expect_exit(0)
        (closing,) = self.program.events("syslog_closing")
        return {name: int(value) for name, value in closing.items() if value.isdecimal()}


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[SyslogReceiver]:
    started = SyslogReceiver(tmp_path)
    yield started
    started.program.kill()
