"""Requests byte by byte, as no client library would send them, and what a log should say of each."""
from __future__ import annotations

import socket
from collections import Counter
from dataclasses import dataclass, field

from harness.log_lines import BROWSER

_SPIDER = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass(frozen=True)
class Request:
    """`article` is what a log makes of it, None with the reason why it makes nothing. `said_by` names the header
    that the reason hangs on: a log without that header has a view of `target`."""

    target: bytes
    article: str | None
    reason: str | None = None
    method: bytes = b"GET"
    headers: dict[bytes, bytes] = field(default_factory=dict)
    said_by: bytes | None = None

    def send(self, port: int, address: str = "127.0.0.1", host: str = "www.example.org",
             source: str | None = None) -> bytes:
        """Returns the answer, head and body. `source` is the address to come from."""
        headers = {b"Host": f"{host}:{port}".encode(), b"User-Agent": BROWSER, b"Connection": b"close", **self.headers}
        lines = [b"%s %s HTTP/1.1" % (self.method, self.target), *(b"%s: %s" % item for item in headers.items())]
        own = (source, 0) if source else None
        with socket.create_connection((address, port), timeout=30, source_address=own) as connection:
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return answer


# Every kind of line that a web server writes; what is odd in one has to leave its neighbours alone.
REQUESTS = [
    Request(b"/", "/"),
    Request(b"/articles/one", "/articles/one"),
    Request(b"/articles/one/?utm_source=mail&b=%22", "/articles/one"),
    Request(b"/caf%C3%A9/index.html", "/caf\u00e9"),
    Request(b"/caf%c3%a9/", "/caf\u00e9"),
    Request(b"/with%20space", "/with space"),
    Request(b"/quote\"backslash\\", "/quote\"backslash\\"),
    Request(b"/agent", "/agent", headers={b"User-Agent": b'Mozilla/5.0 "quoted" \\ back\\"slash {json: "no"}'}),
    Request(b"/bytes", "/bytes", headers={b"User-Agent": b"Mozilla/5.0 \xc3\xa9 \xff \t tab"}),
    Request(b"/referrer", "/referrer", headers={b"Referer": b'https://example.net/?q="a b"&c=\\'}),
    Request(b"/long/" + b"a" * 400, "/long/" + "a" * 400),
    Request(b"/long/" + b"b" * 600, None, "bad_article"),
    Request(b"/style.css", None, "asset"),
    Request(b"/missing/page", None, "status"),
    Request(b"/articles/one", None, "method", method=b"HEAD"),
    Request(b"/articles/one", None, "method", method=b"POST", headers={b"Content-Length": b"0"}),
    Request(b"/robot", None, "spider", headers={b"User-Agent": _SPIDER}),
    Request(b"/ahead", None, "prefetch", headers={b"Sec-Purpose": b"prefetch;prerender"}, said_by=b"Sec-Purpose"),
    Request(b"/gpc", None, "consent", headers={b"Sec-GPC": b"1"}, said_by=b"Sec-GPC"),
    Request(b"/dnt", None, "consent", headers={b"DNT": b"1"}, said_by=b"DNT"),
]


def expected_views(requests: list[Request], knows_headers: bool) -> Counter[str]:
    """`knows_headers`: the log has those that reasons hang on."""
    return Counter(
        request.article or request.target.decode()
        for request in requests if request.reason is None or (request.said_by is not None and not knows_headers)
    )


def expected_reasons(requests: list[Request], knows_headers: bool) -> Counter[str]:
    return Counter(
        request.reason for request in requests
        if request.reason is not None and (request.said_by is None or knows_headers)
    )
