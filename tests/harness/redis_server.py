"""A private redis-server on a free port, with its data in a directory of its own."""
from __future__ import annotations

import signal
from pathlib import Path

import redis

from harness.child_process import ChildProcess
from harness.ports import free_port
from harness.waiting import wait_until


class RedisServer:
    """`settings` are lines of redis.conf by name; they win over the defaults below. `password` alone is set as the
    server's; with `user` both are of an ACL file and only used to log in."""

    def __init__(self, directory: Path, settings: dict[str, str] | None = None,
                 password: str | None = None, user: str | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._user = user
        self._password = password
        self._child: ChildProcess | None = None
        merged = {
            "port": str(self.port), "bind": "127.0.0.1", "dir": str(directory), "save": '""', "daemonize": "no",
            "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", **(settings or {}),
        }
        lines = [f"{name} {value}" for name, value in merged.items()]
        if password is not None and user is None:
            lines.append(f"requirepass {password}")
        self._config = directory / "redis.conf"
        self._config.write_text("\n".join(lines) + "\n")

    def __enter__(self) -> RedisServer:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self._child = ChildProcess(["redis-server", str(self._config)], self.directory / "redis.log")
        wait_until(self._is_ready, "Redis answers", explain=self._child.describe)

    def _is_ready(self) -> bool:
        assert self._child is not None and self._child.is_running, self._child and self._child.describe()
        try:
            return bool(self.client().ping())
        except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError):
            return False

    def client(self) -> redis.Redis:
        """Bytes in and out, no retries: a test wants to see what is."""
        return redis.Redis("127.0.0.1", self.port, username=self._user, password=self._password, socket_timeout=30)

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._child is not None
        self._child.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def stop(self) -> None:
        """SIGTERM, after SIGCONT in case it was paused."""
        if self._child is not None:
            self._child.send_signal(signal.SIGCONT)
            self._child.send_signal(signal.SIGTERM)
            self._child.wait_exit(30)

    @property
    def append_only_file(self) -> Path:
        """The part of the AOF that is being written."""
        return max((self.directory / "appendonlydir").glob("*.incr.aof"))
