"""Logs of real web servers under load, rotated by the real logrotate, counted as the servers wrote them."""
from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest

from harness.access_log_line import format_time
from harness.apache_server import ApacheServer
from harness.caddy_server import CaddyServer
from harness.kafka_broker import KafkaBroker
from harness.log_lines import quoted
from harness.logrotate import Logrotate
from harness.nginx_server import NginxServer
from harness.page_view_policy import Policy
from harness.pipeline import Pipeline
from harness.programs import Program
from harness.redis_counts import assert_redis_holds, read_offsets
from harness.redis_server import RedisServer
from harness.shipped_snippet import render
from harness.waiting import wait_until
from harness.web_request import Request
from harness.weblog_recount import WeblogCounts, recount_lines, whole_lines
from harness.wrk import Wrk

KILLS = 10
# Work is seen to be done between two kills; how much is drawn anew each time.
LEAST_MESSAGES_BETWEEN_KILLS = 50
MOST_MESSAGES_BETWEEN_KILLS = 600
# And once more while Kafka is away.
ROTATED_AFTER_KILLS = (2, 8)
KAFKA_KILLED_AFTER_KILLS = 4

# As Debian's apache2.conf has it.
APACHE_COMBINED = r'"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""'


@dataclass
class Site:
    """A web server that writes `log`, and what rotates it."""

    port: int
    log: Path
    rotate: Callable[[], None]
    stop: Callable[[], None]
    log_format: str = "combined"
    as_combined: Callable[[bytes], bytes] = bytes

    def logs(self) -> list[Path]:
        """A file that was being compressed when the server ended is there twice."""
        files = sorted(self.log.parent.glob(f"{self.log.name}*"))
        return [file for file in files if file.suffix != ".gz" or file.with_suffix("") not in files]

    def logged(self) -> WeblogCounts:
        lines = (line for log in self.logs() for line in whole_lines(log))
        return recount_lines(map(self.as_combined, lines), Policy())


@contextmanager
def nginx_site(directory: Path) -> Iterator[Site]:
    logs = directory / "log"
    logs.mkdir()
    log = logs / "pageviews.log"
    with NginxServer(directory / "nginx", http=f"access_log {log} combined;") as server:
        config = render("logrotate.d/nginx-pageviews", {
            "/var/log/nginx/pageviews.log": str(log), "/run/nginx.pid": str(server.pid_file)})
        yield Site(server.port, log, Logrotate(directory / "logrotate", config).rotate, server.stop)


@contextmanager
def apache_site(directory: Path) -> Iterator[Site]:
    logs = directory / "log"
    logs.mkdir()
    log = logs / "pageviews.log"
    with ApacheServer(f"CustomLog {log} {APACHE_COMBINED}") as server:
        config = render("logrotate.d/apache-pageviews", {
            "/var/log/apache2/pageviews.log": str(log), "/run/apache2/apache2.pid": str(server.pid_file)})
        yield Site(server.port, log, Logrotate(directory / "logrotate", config).rotate, server.stop)


def caddy_as_combined(line: bytes) -> bytes:
    """Enough of it to be counted."""
    said = json.loads(line)
    request = said["request"]
    when = format_time(datetime.fromtimestamp(said["ts"], timezone.utc))
    agent = quoted(request["headers"]["User-Agent"][0].encode())
    request_line = quoted(f"{request['method']} {request['uri']} {request['proto']}".encode())
    return b'- - - [%s] "%s" %d 0 "-" "%s"' % (when, request_line, said["status"], agent)


@contextmanager
def caddy_site(directory: Path) -> Iterator[Site]:
    """Caddy rotates its log by itself, by size."""
    logs = directory / "log"
    logs.mkdir()
    log = logs / "pageviews"
    snippet = render("caddy/pageviews.Caddyfile", {
        "/var/log/caddy/pageviews": str(log), "roll_size 100MiB": "roll_size 1MiB", "roll_keep 10": "roll_keep 1000"})
    with CaddyServer(directory / "caddy", snippets=snippet, site="import pageviews") as server:
        yield Site(server.port, log, lambda: None, server.stop, "json", caddy_as_combined)


class KilledProducer:
    """A producer that is killed as soon as it has done a little work, and started again at once."""

    def __init__(self, pipeline: Pipeline, site: Site, source: random.Random) -> None:
        self._pipeline = pipeline
        self._site = site
        self._source = source
        self._client = pipeline.redis()
        self.kills = 0
        self._start()

    def _counted(self) -> int:
        return sum(read_offsets(self._client, self._pipeline.topic).values())

    def _start(self) -> None:
        self.running: Program = self._pipeline.producer(tail=self._site.log, format=self._site.log_format)

    def kill_at_work(self) -> None:
        more = self._source.randrange(LEAST_MESSAGES_BETWEEN_KILLS, MOST_MESSAGES_BETWEEN_KILLS)
        mark = self._counted() + more
        wait_until(lambda: self._counted() >= mark, f"{more} messages more", explain=self._pipeline.describe)
        self.kill()

    def kill(self) -> None:
        assert self.running.is_running, self.running.describe()
        self.running.kill()
        assert self.running.exit_code == -signal.SIGKILL
        self.kills += 1
        self._start()


def kill_and_rotate(site: Site, producer: KilledProducer, broker: KafkaBroker) -> None:
    while producer.kills < KILLS:
        producer.kill_at_work()
        if producer.kills in ROTATED_AFTER_KILLS:
            site.rotate()
        if producer.kills == KAFKA_KILLED_AFTER_KILLS:
            broker.kill()
            producer.kill()
            site.rotate()
            broker.restart()


@pytest.mark.parametrize("site_of", [nginx_site, apache_site, caddy_site], ids=["nginx", "apache", "caddy"])
def test_requests_under_load_are_counted_as_the_server_logged_them(
        tmp_path: Path, own_broker: KafkaBroker, redis_server: RedisServer,
        site_of: Callable[[Path], AbstractContextManager[Site]]) -> None:
    """The producer is killed ten times, Kafka once, and the log is rotated meanwhile, all while requests go on."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    with ExitStack() as stack:
        pipeline = stack.enter_context(Pipeline(tmp_path, own_broker, redis_server))
        site = stack.enter_context(site_of(tmp_path))
        aggregator = pipeline.aggregator()
        producer = KilledProducer(pipeline, site, random.Random(seed))
        # What was rotated before a producer's first start is history; Caddy makes its log with the first request.
        Request(b"/first", "/first").send(site.port)
        producer.running.wait_text("log_file_found")
        load = stack.enter_context(Wrk(tmp_path / "wrk", site.port, seconds=300, connections=32))
        kill_and_rotate(site, producer, own_broker)
        answered = load.finish()
        site.stop()
        producer.running.stop()
        aggregator.stop()
        logged = site.logged()
        print(f"{answered} requests answered, {logged.hits} logged in {[log.name for log in site.logs()]}, "
              f"{logged.views} views, {dict(logged.reasons)}")
        assert logged.hits >= answered and logged.reasons["bad_line"] == 0
        assert len(site.logs()) >= 4
        assert producer.kills == KILLS
        pipeline.ship(tail=site.log, format=site.log_format)
        pipeline.count()
        pipeline.check()
        assert_redis_holds(pipeline.redis(), logged.counts)
