"""A private redis-server on a free port, with its data in a directory of its own."""
from __future__ import annotations

import signal
from pathlib import Path

import redis

from harness.private_server import PrivateServer


class RedisServer(PrivateServer):
    """`settings` are lines of redis.conf by name; they win over the defaults below. `password` alone is set as the
    server's; with `user` both are of an ACL file and only used to log in."""

    name = "Redis"

    def __init__(self, directory: Path, settings: dict[str, str] | None = None,
                 password: str | None = None, user: str | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(directory / "redis.log")
        self.directory = directory
        self._user = user
        self._password = password
        merged = {
            "port": str(self.port), "bind": "127.0.0.1", "dir": str(directory), "save": '""', "daemonize": "no",
            "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", **(settings or {}),
        }
        lines = [f"{name} {value}" for name, value in merged.items()]
        if password is not None and user is None:
            lines.append(f"requirepass {password}")
        self._config = directory / "redis.conf"
        self._config.write_text("\n".join(lines) + "\n")

    def _command(self) -> list[str]:
        return ["redis-server", str(self._config)]

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError):
            return False

    def client(self) -> redis.Redis:
        """Bytes in and out, no retries: a test wants to see what is."""
        return redis.Redis("127.0.0.1", self.port, username=self._user, password=self._password, socket_timeout=30)

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._running.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM, after SIGCONT in case it was paused."""
        if self._child is not None:
            self.resume()
            self._end_with(signal.SIGTERM)

    @property
    def append_only_file(self) -> Path:
        """The part of the AOF that is being written."""
        return max((self.directory / "appendonlydir").glob("*.incr.aof"))
