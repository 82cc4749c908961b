"""The HTTP collector among clients that are slow, silent, or many."""
from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
from pathlib import Path

import pytest

from harness.http_collector import (HEAD, MEMORY_KIB, VIEW, HttpCollector, assert_still_serves, collector,  # noqa: F401
                                    request_bytes)
from harness.ports import answers
from harness.waiting import wait_until


def test_connection_is_kept_for_many_requests(collector: HttpCollector) -> None:
    targets = ["/pv.js", "/nothing", "/v1/pixel.gif?u=/a", "/v1/views"]
    with collector.connect() as connection:
        for _ in range(50):
            statuses = [connection.request("GET", target).status for target in targets]
            assert statuses == [200, 404, 200, 405]
            assert connection.request("POST", "/v1/views", body=VIEW).status == 202
            assert connection.request("POST", "/v1/views", body="{").status == 400
            assert connection.request("OPTIONS", "/v1/views").status == 204
    assert collector.articles() == ["/a"] * 100


def test_pipelined_requests_are_answered_in_their_order(collector: HttpCollector) -> None:
    requests = [request_bytes("POST", "/v1/views", body=json.dumps([{"u": f"/{n}"}] * n)) for n in range(1, 21)]
    with collector.connect() as connection:
        connection.send(b"".join(requests))
        accepted = [connection.answer().json()["accepted"] for _ in requests]
    assert accepted == list(range(1, 21))
    assert len(collector.events()) == sum(range(1, 21))


@pytest.mark.parametrize(
    "stuck",
    [
        "",
        "POST /v1/vi",
        f"{HEAD}X: ",
        f"{HEAD}Content-Length: 10\r\n\r\n{{",
        f"{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{{",
    ],
)
def test_stuck_client_holds_nobody_up_and_is_let_go(tmp_path: Path, stuck: str) -> None:
    with HttpCollector(tmp_path, idle_timeout=700) as collector, collector.connect() as connection:
        connection.send(stuck)
        assert_still_serves(collector)
        if stuck:
            assert connection.answer().status == 408
        assert connection.is_closed_by_server()
        assert_still_serves(collector)
        assert collector.stop()["requests_4xx"] == (1 if stuck else 0)


def test_client_that_sends_a_byte_at_times_is_let_go(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, idle_timeout=5000, total_timeout=1000) as collector, collector.connect() as connection:
        connection.send(f"{HEAD}Content-Length: 60000\r\n\r\n")
        sent = 0

        def is_cut_off() -> bool:
            nonlocal sent
            sent += 1
            try:
                connection.send("x")
            except OSError:
                return True
            return False

        wait_until(is_cut_off, "the slow body is cut off", 30, poll_interval_s=0.05)
        assert 5 < sent < 60000
        assert_still_serves(collector)


def test_kept_connection_is_closed_when_idle(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, idle_timeout=500) as collector, collector.connect() as connection:
        assert connection.request("GET", "/pv.js").status == 200
        assert connection.is_closed_by_server()
        assert collector.stop()["connections"] == 0


def test_address_has_a_bounded_number_of_connections(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, max_connections_per_address=4) as collector:
        held = [collector.connect() for _ in range(4)]
        for connection in held:
            assert connection.request("GET", "/pv.js").status == 200
        with collector.connect() as one_more:
            answer = one_more.request("POST", "/v1/views", body=VIEW)
            assert (answer.status, answer.error()) == (429, "too many connections from this address")
            assert int(answer.headers["retry-after"]) > 0
            assert one_more.is_closed_by_server()
        with collector.connect("127.0.0.2") as other:
            assert other.request("POST", "/v1/views", body=VIEW).status == 202
        silent = [collector.connect() for _ in range(4)]
        with collector.connect() as ninth:
            assert ninth.is_closed_by_server()
        for connection in held + silent:
            connection.close()

        def has_room() -> bool:
            with collector.connect() as again:
                again.send(request_bytes("POST", "/v1/views", {"Connection": "close"}, VIEW))
                return again.rest().startswith(b"HTTP/1.1 202")

        wait_until(has_room, "there is room again")


def test_trusted_proxy_has_as_many_as_it_wants(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, max_connections_per_address=4, trusted_proxy="127.0.0.0/8") as collector:
        held = [collector.connect() for _ in range(20)]
        for connection in held:
            assert connection.request("POST", "/v1/views", body=VIEW).status == 202
            connection.close()


def test_waiting_clients_make_room_when_there_are_too_many(tmp_path: Path) -> None:
    options = {"max_connections": 64, "max_connections_per_address": 1000}
    with HttpCollector(tmp_path, **options) as collector:
        held = []
        for _ in range(300):
            held.append(collector.connect())
            held[-1].send("POST /v1/views HTTP/1.1\r\n")
        assert_still_serves(collector)
        assert held[0].is_closed_by_server()
        for connection in held:
            connection.close()


def test_connections_leave_descriptors_for_the_spool(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, hard))
    try:
        collector = HttpCollector(tmp_path, trusted_proxy="127.0.0.0/8", idle_timeout=120_000)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with collector:
        held = [collector.connect() for _ in range(500)]
        for connection in held[-144:]:
            connection.send(f"{HEAD}Content-Length: 9\r\n\r\n{{")
        assert_still_serves(collector)
        for connection in held:
            connection.close()


def test_requests_at_hand_are_answered_before_the_end(collector: HttpCollector) -> None:
    with collector.connect() as connection:
        connection.send(f"{HEAD}Content-Length: {len(VIEW)}\r\n\r\n{{")
        assert_still_serves(collector)
        collector.program.send_signal(signal.SIGTERM)
        wait_until(lambda: not answers(collector.port), "it listens no more")
        connection.send(VIEW[1:])
        assert connection.answer().status == 202
    collector.program.finish()
    assert collector.articles() == ["/served", "/a"]


CONNECTIONS = 100_000


@pytest.fixture
def frugal_sanitizer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sanitizer keeps up to 256 MiB of what was freed, which would hide what was not."""
    monkeypatch.setenv("ASAN_OPTIONS", f"{os.environ.get('ASAN_OPTIONS', '')}:quarantine_size_mb=1")


@pytest.mark.usefixtures("frugal_sanitizer")
def test_hundred_thousand_connections_leave_nothing(collector: HttpCollector) -> None:
    """Opened and closed: silent ones, half a request, a whole one whose answer is not read; some are reset."""
    kinds = [b"", b"POST /v1/vi", request_bytes("GET", "/pv.js"), f"{HEAD}Content-Length: 9\r\n\r\n{{".encode()]
    reset = struct.pack("ii", 1, 0)
    for number in range(CONNECTIONS):
        client = socket.socket()
        client.connect(("127.0.0.1", collector.port))
        if kinds[number % 4]:
            client.send(kinds[number % 4])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        client.close()
    assert_still_serves(collector)
    assert len(list(Path(f"/proc/{collector.program.pid}/fd").iterdir())) < 200
    assert collector.resident_kib() < MEMORY_KIB
    assert collector.stop()["connections"] == 0
