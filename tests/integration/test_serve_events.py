"""/events of `--serve`: what changed, to many who listen."""
from __future__ import annotations

import resource
import select
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import redis

from harness.exporter_server import ExporterServer, Listener
from harness.json_schemas import check
from harness.redis_server import RedisServer
from harness.waiting import wait_until

LISTENERS_MAX = 1000


def count_site(client: redis.Redis, views: int = 1) -> None:
    now = datetime.now(timezone.utc)
    client.hincrby(f"pv:site:{now:%Y-%m-%d}", f"{now:%H:%M}", views)


def views_now(content: dict[str, Any]) -> int:
    return int(content["now"]["views"])


@pytest.fixture
def server(redis_server: RedisServer, tmp_path: Path) -> Iterator[ExporterServer]:
    redis_server.client().hset("pv:totals", "views", 3)
    with ExporterServer(tmp_path, redis_server.address) as started:
        started.wait_file("/index.json")
        yield started


def test_stream_begins_with_retry_and_the_present(server: ExporterServer, redis_server: RedisServer) -> None:
    count_site(redis_server.client(), 7)
    with server.listen() as listener:
        assert listener.status == 200
        assert listener.headers["content-type"] == "text/event-stream"
        assert listener.headers["cache-control"] == "no-cache"
        assert listener.headers["access-control-allow-origin"] == "*"
        event = listener.wait_event("live", lambda content: True)
        check(event.json(), "live")
        assert views_now(event.json()) == 7
        assert listener.lines[0] == "retry: 2000"


def test_who_comes_back_gets_the_present_again(server: ExporterServer) -> None:
    """Though nothing has changed, and nobody listened in between."""
    for _ in range(3):
        with server.listen() as listener:
            listener.wait_event("live", lambda content: True)
            assert ":" not in listener.lines  # it did not come because a minute was over
        wait_until(lambda: server.metric("listeners") == 0, "nobody listens")


@pytest.mark.parametrize("has_read", [True, False])
def test_listener_that_left_is_noticed_before_it_is_told_anything(
        redis_server: RedisServer, tmp_path: Path, has_read: bool) -> None:
    """Who stays has been told nothing meanwhile: nothing changes within a minute, and comments take 15 s."""
    with ExporterServer(tmp_path, redis_server.address, interval="1h") as server:
        server.wait_file("/index.json")
        wait_until(lambda: datetime.now(timezone.utc).second < 45, "a minute that lasts")
        with server.listen() as listener, server.listen() as stays:
            stays.wait_event("live", lambda content: True)
            if has_read:
                listener.wait_event("live", lambda content: True)
            listener.close()
            wait_until(lambda: server.metric("listeners") == 1, "it is noticed")
            assert not select.select([stays.socket], [], [], 0)[0]


def test_change_is_told_within_a_moment_and_once_a_second_at_most(
        server: ExporterServer, redis_server: RedisServer) -> None:
    client = redis_server.client()
    with server.listen() as listener:
        last = views_now(listener.wait_event("live", lambda content: True).json())
        begun, told = time.monotonic(), 0
        for _ in range(3):
            count_site(client)
            event = listener.wait_event("live", lambda content: True)
            assert views_now(event.json()) > last
            last = views_now(event.json())
            told += 1
        assert told - 1 <= time.monotonic() - begun


def test_files_that_a_round_wrote_are_told(server: ExporterServer, redis_server: RedisServer) -> None:
    client = redis_server.client()
    with server.listen() as listener:
        listener.wait_event("live", lambda content: True)
        client.hincrby("pv:totals", "views", 1)
        client.hincrby("pv:views", "/a", 1)
        client.hincrby("pv:offsets", "t/0", 1)
        event = listener.wait_event("files", lambda content: "totals.json" in content["paths"])
        paths = event.json()["paths"]
        assert "index.json" in paths
        assert not [path for path in paths if path.startswith(("articles/", "also-read/"))]


def test_who_is_told_of_a_file_gets_the_new_one(server: ExporterServer, redis_server: RedisServer) -> None:
    client = redis_server.client()
    with server.listen() as listener, server.connect() as connection:
        listener.wait_event("live", lambda content: True)
        for views in range(100, 110):
            client.hset("pv:totals", "views", views)
            listener.wait_event("files", lambda content: "totals.json" in content["paths"])
            assert connection.request("GET", "/totals.json").json()["views"] == views


def test_quiet_stream_is_kept_alive(server: ExporterServer) -> None:
    """But live.json itself changes with each minute, so a comment may have to be waited for twice."""
    with server.listen() as listener:
        while listener.line() != ":":
            pass


def test_listeners_have_a_bound_and_the_rest_is_told_so(redis_server: RedisServer, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    with ExporterServer(tmp_path, redis_server.address, interval="1s") as server:
        server.wait_file("/index.json")
        listeners = [server.listen() for _ in range(LISTENERS_MAX)]
        try:
            assert {listener.status for listener in listeners} == {200}
            assert server.metric("listeners") == LISTENERS_MAX
            with server.listen() as one_more:
                assert one_more.status == 503
            count_site(redis_server.client())
            for listener in listeners:
                listener.wait_event("live", lambda content: views_now(content) == 1)
            assert server.get("/totals.json").status == 200
            listeners.pop().close()
            wait_until(lambda: server.metric("listeners") < LISTENERS_MAX, "the one that left is noticed")
            with server.listen() as one_more:
                assert one_more.status == 200
            server.program.stop(deadline_s=10)
        finally:
            for listener in listeners:
                listener.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_listener_that_reads_nothing_holds_nobody_up(server: ExporterServer, redis_server: RedisServer) -> None:
    client = redis_server.client()
    deaf = [Listener(server.port) for _ in range(50)]
    for one in deaf:
        one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    with server.listen() as listener:
        for views in range(200, 206):
            client.hset("pv:totals", "views", views)
            listener.wait_event("files", lambda content: "totals.json" in content["paths"])
    for one in deaf:
        one.close()
    wait_until(lambda: server.metric("listeners") == 0, "all are gone")


def test_nobody_asks_redis_for_live_while_nobody_listens(redis_server: RedisServer, tmp_path: Path) -> None:
    client = redis_server.client()

    def asked() -> int:
        return int(client.info("commandstats").get("cmdstat_pfcount", {"calls": 0})["calls"])

    with ExporterServer(tmp_path, redis_server.address, interval="1h") as server:
        server.wait_file("/index.json")
        with server.listen() as listener:
            listener.wait_event("live", lambda content: True)
            before = asked()
            wait_until(lambda: asked() >= before + 2, "it is asked while somebody listens")
        wait_until(lambda: server.metric("listeners") == 0, "the listener is gone")
        wait_until(lambda: server.metric("connections") == 0, "so is its connection")
        settled = asked() + 1  # one may have been under way
        until = time.monotonic() + 3
        wait_until(lambda: time.monotonic() > until, "three seconds")
        assert asked() <= settled


def test_events_come_again_when_redis_does(server: ExporterServer, redis_server: RedisServer) -> None:
    with server.listen() as listener:
        listener.wait_event("live", lambda content: True)
        redis_server.kill()
        server.program.wait_text("event=live_failed")
        redis_server.start()
        count_site(redis_server.client(), 5)
        listener.wait_event("live", lambda content: views_now(content) == 5)
