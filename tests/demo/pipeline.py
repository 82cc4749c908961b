"""Broker, Redis, the news site and our three programs, in a private directory."""
from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from demo import news_site
from harness.child_process import ChildProcess
from harness.lifetime import tied
from harness.page_view_policy import SPIDERS_FILE
from harness.ports import answers, free_port
from harness.waiting import DeadlineExceeded, wait_until

# So that a click is seen within two seconds: the log, Kafka, Redis and the page's own question each take their part.
BRISK = "200ms"


class DemoPipeline:
    def __init__(self, directory: Path, bin_dir: Path, site_port: int, dashboard_port: int) -> None:
        self.directory = directory
        self.log = directory / "access.log"
        self.files = directory / "files"
        self.redis_port = free_port()
        self.site_port = site_port
        self.site_url = f"http://127.0.0.1:{site_port}"
        self.dashboard_url = f"http://127.0.0.1:{dashboard_port}"
        self._dashboard_port = dashboard_port
        self._bin_dir = bin_dir
        self._programs: list[ChildProcess] = []  # in the order in which they are to end
        self._servers: list[ChildProcess] = []
        self._site: ChildProcess | None = None
        self._stop_broker: Callable[[], None] = lambda: None

    def start(self, with_kafka: bool) -> None:
        """All but what people open."""
        self.log.touch()
        self._start_redis()
        brokers = self._start_kafka() if with_kafka else self._start_mock_kafka()
        redis = f"--redis=127.0.0.1:{self.redis_port}"
        self.producer = self._program(
            "pv-producer", f"--brokers={brokers}", f"--tail={self.log}", f"--format={news_site.FORMAT}",
            f"--article-pattern={news_site.ARTICLE_PATTERN}", f"--spiders={SPIDERS_FILE}", "--instance=demo",
            f"--state-dir={self.directory / 'state'}", f"--commit-interval={BRISK}",
        )
        self._program("pv-aggregator", f"--brokers={brokers}", redis, f"--flush-interval={BRISK}")

    def open_dashboard(self) -> None:
        """Once the past is counted: the exporter looks at days that are over only now and then."""
        exporter = self._program("pv-dashboard-export", f"--redis=127.0.0.1:{self.redis_port}", f"--out={self.files}",
                                 "--interval=1s", f"--serve=127.0.0.1:{self._dashboard_port}")
        wait_until(lambda: self._is_up(exporter, self._dashboard_port) and (self.files / "index.json").exists(),
                   "the dashboard answers, and has its files", explain=exporter.describe)

    def open_site(self) -> None:
        """Once the past is in its log."""
        command = news_site.command(self.site_port, self.log, self.dashboard_url)
        self._site = site = self._child("news-site", command)
        wait_until(lambda: self._is_up(site, self.site_port), "the news site answers", explain=site.describe)

    def close_site(self) -> None:
        """No line is added to the log after this."""
        if self._site is not None:
            self._end([self._site])

    def _child(self, name: str, command: list[str]) -> ChildProcess:
        return ChildProcess(command, self.directory / f"{name}.log")

    def _program(self, name: str, *arguments: str) -> ChildProcess:
        child = self._child(name, [str(self._bin_dir / name), *arguments])
        self._programs.append(child)
        return child

    @staticmethod
    def _is_up(child: ChildProcess, port: int) -> bool:
        if not child.is_running:
            raise SystemExit(f"one of the programs ended:\n{child.describe()}")
        return answers(port)

    def _start_redis(self) -> None:
        data = self.directory / "redis"
        data.mkdir()
        server = self._child("redis-server", [
            "redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(data),
            "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction",
        ])
        self._servers.append(server)
        wait_until(lambda: self.redis("PING") == ["PONG"], "Redis answers", explain=server.describe)

    def _start_mock_kafka(self) -> str:
        address = self.directory / "brokers"
        server = self._child(
            "pv-mock-kafka", [str(self._bin_dir / "pv-mock-kafka"), f"--address-file={address}"]
        )
        self._servers.append(server)
        wait_until(address.exists, "the mock broker answers", explain=server.describe)
        return address.read_text().strip()

    def _start_kafka(self) -> str:
        from harness.kafka_broker import KafkaBroker  # needs packages beyond the standard library

        broker = KafkaBroker(self.directory / "kafka")
        self._stop_broker = broker.kill
        broker.start()
        return broker.address

    def redis(self, *command: str) -> list[str]:
        """The lines that redis-cli prints; none when Redis does not answer."""
        done = subprocess.run(
            tied(["redis-cli", "-p", str(self.redis_port), *command]), capture_output=True, text=True, check=False
        )
        return done.stdout.splitlines() if done.returncode == 0 else []

    def redis_hash(self, key: str) -> dict[str, int]:
        lines = self.redis("HGETALL", key)
        return {field: int(value) for field, value in zip(lines[::2], lines[1::2])}

    def trending(self, name: str, count: int = 0, section: str | None = None) -> list[tuple[str, float]]:
        """The first articles of a list with their scores, or all."""
        key = f"pv:trending:{name}" + (f":section:{section}" if section else "")
        lines = self.redis("ZREVRANGE", key, "0", str(count - 1), "WITHSCORES")
        return list(zip(lines[::2], map(float, lines[1::2])))

    def counted(self) -> int:
        """Events that are in the counts, views and others."""
        return sum(self.redis_hash("pv:totals").values())

    def ranking_clock_ms(self) -> int:
        """The time that the lists are of; -1 before there are any."""
        clock = self.redis("HGET", "pv:meta", "ranking_clock_ms")
        return int(clock[0]) if clock and clock[0] else -1

    def check_alive(self) -> None:
        for child in self._programs + self._servers + ([self._site] if self._site else []):
            if not child.is_running:
                raise SystemExit(f"one of the programs ended:\n{child.describe()}")

    @staticmethod
    def _end(children: list[ChildProcess]) -> None:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            try:
                child.wait_exit(10)
            except DeadlineExceeded:
                child.kill()

    def end_programs(self) -> None:
        """One after the other, so that each leaves behind what it has."""
        for child in self._programs:
            self._end([child])

    def stop(self) -> None:
        self.close_site()
        self.end_programs()
        self._end(self._servers)
        self._stop_broker()
