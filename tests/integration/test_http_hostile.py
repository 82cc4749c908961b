"""The HTTP collector among clients that are slow, wrong, many, or up to something."""
from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.http_collector import HttpCollector, request_bytes
from harness.waiting import wait_until

HEAD = "POST /v1/views HTTP/1.1\r\nHost: collector\r\nContent-Type: text/plain\r\n"
VIEW = '{"u":"/a"}'
LEAST_SPOOL = 65536
MEMORY_KIB = 64 * 1024


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[HttpCollector]:
    with HttpCollector(tmp_path) as started:
        yield started


def assert_still_serves(collector: HttpCollector) -> None:
    assert collector.post({"u": "/served"}).status == 202
    assert collector.articles()[-1] == "/served"


def test_body_may_come_in_pieces(collector: HttpCollector) -> None:
    with collector.connect() as connection:
        for byte in f"{HEAD}Content-Length: {len(VIEW)}\r\n\r\n{VIEW}":
            connection.send(byte)
        assert connection.answer().status == 202
        connection.send(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n")
        for byte in VIEW:
            connection.send(f"1\r\n{byte}\r\n")
        connection.send("0\r\n\r\n")
        assert connection.answer().status == 202
    assert collector.articles() == ["/a", "/a"]


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


@pytest.mark.parametrize("size", [9_000, 20_000, 1_000_000])
def test_large_header_is_refused(collector: HttpCollector, size: int) -> None:
    with collector.connect() as connection:
        try:
            connection.send(request_bytes("GET", "/v1/pixel.gif?u=/a", {"X-Large": "a" * size}))
            assert connection.answer().status == 431
        except (BrokenPipeError, ConnectionResetError, AssertionError):
            assert size == 1_000_000, "what fits into the socket's memory is answered"
    with collector.connect() as connection:
        connection.send("GET / HTTP/1.1\r\n" + "a: b\r\n" * 5000 + "\r\n")
        assert connection.answer().status == 431
    assert collector.resident_kib() < 4 * MEMORY_KIB
    assert_still_serves(collector)
    assert collector.articles() == ["/served"]


def test_large_body_is_refused_before_it_is_read(collector: HttpCollector) -> None:
    with collector.connect() as connection:
        connection.send(f"{HEAD}Content-Length: 1000000000000\r\n\r\n")
        assert connection.answer().status == 413
    with collector.connect() as connection:
        connection.send(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(9):
            connection.send(b"2000\r\n" + b" " * 8192 + b"\r\n")
        assert connection.answer().status == 413
        assert connection.is_closed_by_server()
    assert_still_serves(collector)


def test_refused_client_may_finish_sending(collector: HttpCollector) -> None:
    """Cut off in the middle, many clients would not read the answer that came before."""
    with collector.connect() as connection:
        connection.send(f"{HEAD}Content-Length: 900000\r\n\r\n")
        assert connection.answer().status == 413
        for _ in range(90):
            connection.send(b"x" * 10_000)
        assert connection.rest() == b""
    assert_still_serves(collector)
    with collector.connect() as connection, pytest.raises(OSError):
        connection.send(f"{HEAD}Content-Length: 900000000\r\n\r\n")
        for _ in range(9000):
            connection.send(b"x" * 100_000)


def test_bodies_that_are_being_received_have_a_bound_together(tmp_path: Path) -> None:
    """8 MiB: who comes too late is told to come again, and the room is given back."""
    with HttpCollector(tmp_path, trusted_proxy="127.0.0.0/8") as collector:
        held = [collector.connect() for _ in range(200)]
        for connection in held:
            connection.send(f"{HEAD}Content-Length: 60000\r\n\r\n" + " " * 59_000)
        assert collector.request("GET", "/v1/pixel.gif?u=/pixel").status == 200
        for connection in held:
            connection.send(" " * (1000 - len(VIEW)) + VIEW)
        statuses = [connection.answer().status for connection in held]
        assert set(statuses) == {202, 503}
        assert 100 < statuses.count(202) < 150
        assert_still_serves(collector)
        assert collector.articles().count("/a") == statuses.count(202)
        for connection in held:
            connection.close()


def test_client_that_waits_for_100_continue_is_told_at_once(collector: HttpCollector) -> None:
    with collector.connect() as connection:
        connection.send(f"{HEAD}Expect: 100-continue\r\nContent-Length: 70000\r\n\r\n")
        assert connection.answer().status == 413
    with collector.connect() as connection:
        connection.send(f"{HEAD}Expect: 100-continue\r\nContent-Length: {len(VIEW)}\r\n\r\n")
        assert connection.answer().status == 100
        connection.send(VIEW)
        assert connection.answer().status == 202


SMUGGLED = f"{HEAD}Content-Length: 15\r\n\r\n" + '{"u":"/hidden"}'


@pytest.mark.parametrize(
    "framing",
    [
        f"Content-Length: {len(SMUGGLED) + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(SMUGGLED) + 5}\r\n\r\n0\r\n\r\n",
        f"Content-Length: 0\r\nContent-Length: {len(SMUGGLED)}\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "Content-Length: 0, 0\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 0x0\r\n\r\n",
        "Content-Length: \r\n\r\n",
        "Content-Length: 99999999999999999999999\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0x5\r\n[]   \r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\n[]xx0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n[]\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        "Content-Length : 0\r\n\r\n",
        "X: y\r\n Content-Length: 0\r\nContent-Length: +1\r\n\r\n",
    ],
)
def test_request_is_not_smuggled(collector: HttpCollector, framing: str) -> None:
    """What follows a doubtful request on the same connection is not taken for one."""
    with collector.connect() as connection:
        connection.send(HEAD + framing + SMUGGLED)
        received = connection.rest()
        assert b"HTTP/1.1 2" not in received
        assert not received or received.startswith(b"HTTP/1.1 4")
    assert_still_serves(collector)
    assert collector.articles() == ["/served"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"\0" * 5000,
        b"\r\n" * 5000,
        b"GET\r\n\r\n",
        b"GET /pv.js\r\n\r\n",
        b"GET /pv.js HTTP/9.9\r\n\r\n",
        b"GET  /pv.js  HTTP/1.1\r\n\r\n",
        b"GET /pv.js HTTP/1.1\r\n\r\n",
        b"GET /pv.js HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET " + b"/a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /v1/pixel.gif?u=/a%00%ff%&t=%c0%80&& HTTP/1.1\r\nHost: \0\r\nReferer: \xff\xfe\r\n\r\n",
    ],
)
def test_garbage_does_no_harm(tmp_path: Path, garbage: bytes) -> None:
    with HttpCollector(tmp_path, idle_timeout=1000) as collector:
        with collector.connect() as connection:
            connection.send(garbage)
            assert_still_serves(collector)
            connection.rest()
        assert_still_serves(collector)


def fill(collector: HttpCollector) -> int:
    """Sends views until the spool is full; returns how many were accepted."""
    accepted = 0
    while True:
        answer = collector.post([{"u": f"/{'x' * 200}/{n}"} for n in range(50)])
        if answer.status == 503:
            return accepted
        assert answer.status == 202
        accepted += int(str(answer.json()["accepted"]))


def test_full_spool_is_told_and_what_was_refused_is_not_there(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, spool_max=LEAST_SPOOL) as collector:
        accepted = fill(collector)
        assert len(collector.events()) == accepted > 0
        answer = collector.post([{"u": f"/{'x' * 200}/{n}"} for n in range(50)], {"Origin": "https://example.org"})
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "full" in answer.error()
        long_view = "u=/" + "y" * 500
        for _ in range(200):
            if collector.request("GET", f"/v1/pixel.gif?{long_view}").status == 503:
                break
            accepted += 1
        else:
            raise AssertionError("the spool takes pixels for ever")
        assert collector.request("POST", "/v1/views", body="[]").status == 202, "nothing to spool"
        assert collector.request("GET", "/pv.js").status == 200
        assert len(collector.events()) == accepted
        counts = collector.stop()
    assert counts["accepted"] == accepted
    assert counts["refused"] == 50 + 50 + 1
    assert counts["requests_5xx"] == 3


def test_client_address_is_hidden_from_the_spool(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, trusted_proxy=["127.0.0.0/8", "::1"]) as collector:
        collector.post({"u": "/a"}, {"X-Forwarded-For": "203.0.113.77, 10.0.0.9"})
        collector.stop()
        written = b"".join(path.read_bytes() for path in collector.spool.iterdir()) + collector.program.text().encode()
    for secret in (b"203.0.113.77", b"10.0.0.9", b"127.0.0.1", b"Mozilla"):
        assert secret not in written


def test_requests_at_hand_are_answered_before_the_end(collector: HttpCollector) -> None:
    with collector.connect() as connection:
        connection.send(f"{HEAD}Content-Length: {len(VIEW)}\r\n\r\n{{")
        assert_still_serves(collector)
        collector.program.send_signal(signal.SIGTERM)
        wait_until(lambda: not accepts(collector.port), "it listens no more")
        connection.send(VIEW[1:])
        assert connection.answer().status == 202
    collector.program.finish()
    assert collector.articles() == ["/served", "/a"]


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


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
