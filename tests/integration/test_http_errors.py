"""What refused requests are answered with: JSON that says why, and where the HTTP library answers, its own text."""
from __future__ import annotations

import pytest

from harness.http_collector import HEAD, HttpCollector, collector, request_bytes  # noqa: F401

CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("request_text", "status", "error"),
    [
        ("GET /nothing HTTP/1.1\r\nHost: c\r\n\r\n", 404, "there is no such endpoint"),
        ("GET /nothing HTTP/1.0\r\n\r\n", 404, "there is no such endpoint"),
        (f"GET /{'a' * 9000} HTTP/1.1\r\nHost: c\r\n\r\n", 404, "there is no such endpoint"),
        ("DELETE /v1/views HTTP/1.1\r\nHost: c\r\n\r\n", 405, "no such method"),
        ("GET /v1/pixel.gif HTTP/1.1\r\nHost: c\r\n\r\n", 400, "no u= and no Referer"),
        ("GET /pv.js HTTP/1.1\r\n\r\n", 400, "Host"),
        ("GET /pv.js HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "Host"),
        ("GET /pv.js HTTP/1.1\r\nHost: c\r\nBad Name: x\r\n\r\n", 400, "bad name"),
        (f"GET /pv.js HTTP/1.1\r\nHost: c\r\nX: {'a' * 9000}\r\n\r\n", 431, "8 KiB"),
        (f"GET /pv.js HTTP/1.1\r\nHost: c\r\nX: {'a' * 14000}\r\n\r\n", 431, "8 KiB"),
        (f"{HEAD}Content-Length: 70000\r\n\r\n", 413, "64 KiB"),
        (f"{HEAD}Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]", 400, "twice"),
        (f"{HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", 400, "twice"),
        (f"{HEAD}Transfer-Encoding: gzip\r\n\r\n", 400, "other than chunked"),
        (f"{HEAD}Content-Length: 1\r\n\r\n{{", 400, "not JSON"),
        (f"{CHUNKED}1\r\n{{\r\n0\r\n\r\n", 400, "not JSON"),
        (f"{HEAD.replace('text/plain', 'image/gif')}Content-Length: 2\r\n\r\n[]", 415, "text/plain"),
    ],
)
def test_error_of_a_readable_request_is_json(collector: HttpCollector, request_text: str, status: int,
                                             error: str) -> None:
    with collector.connect() as connection:
        connection.send(request_text)
        answer = connection.answer()
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert error in answer.error()


# The whole list of docs/http.md: what no callback of the library is asked about. Its newer versions have other
# words, and sometimes another status.
LIBRARY_ANSWERS = {
    "a request line that is none": "GET /pv.js\r\n\r\n",
    "another version": "GET /pv.js HTTP/2.0\r\nHost: c\r\n\r\n",
    "a field without a colon": "GET /pv.js HTTP/1.1\r\nHost: c\r\nno colon\r\n\r\n",
    "a target beyond the memory": f"GET /v1/pixel.gif?u=/{'a' * 20_000} HTTP/1.1\r\nHost: c\r\n\r\n",
    "fields beyond the memory": f"GET /pv.js HTTP/1.1\r\nHost: c\r\nX: {'a' * 20_000}\r\n\r\n",
    "more fields than the memory has room for": "GET /pv.js HTTP/1.1\r\nHost: c\r\n" + "a: b\r\n" * 400 + "\r\n",
    "a length that is no number": f"{HEAD}Content-Length: +2\r\n\r\n[]",
    "a length without an end": f"{HEAD}Content-Length: 99999999999999999999999\r\n\r\n",
    "a chunk's size that is no number": f"{CHUNKED}zz\r\n\r\n",
    "a chunk's size without an end": f"{CHUNKED}ffffffffffffffff1\r\n[]\r\n0\r\n\r\n",
    "a chunk longer than it says": f"{CHUNKED}2\r\n[]xx0\r\n\r\n",
    "a trailer beyond the memory": f"{CHUNKED}2\r\n[]\r\n0\r\nX: {'a' * 20_000}\r\n\r\n",
}


@pytest.mark.parametrize("what", LIBRARY_ANSWERS)
def test_what_the_library_refuses_itself_is_an_error_and_the_end(collector: HttpCollector, what: str) -> None:
    with collector.connect() as connection:
        connection.send(LIBRARY_ANSWERS[what])
        received = connection.rest()
    status, body = received.split(b" ", 2)[1], received.partition(b"\r\n\r\n")[2]
    assert status in (b"400", b"413", b"414", b"431", b"505")
    assert b"<html>" in body, "if it is JSON now, take it off the list in docs/http.md"
    assert collector.post({"u": "/served"}).status == 202
    assert collector.articles() == ["/served"]


def test_query_may_have_any_number_of_parts(collector: HttpCollector) -> None:
    parts = "&".join(f"{n}" for n in range(2000))
    with collector.connect() as connection:
        connection.send(request_bytes("GET", f"/v1/pixel.gif?{parts}&u=/many&{parts[:2000]}"))
        assert connection.answer().status == 200
    assert collector.articles() == ["/many"]
