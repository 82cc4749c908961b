"""The HTTP collector gets requests that are large, wrong, or up to something."""
from __future__ import annotations

from pathlib import Path

import pytest

from harness.http_collector import (HEAD, MEMORY_KIB, VIEW, HttpCollector, assert_still_serves, collector,  # noqa: F401
                                    request_bytes)

LEAST_SPOOL = 65536


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
