#!/usr/bin/env python3
"""A small newspaper with counts on its pages, on the standard library alone.

    python3 examples/news-site/serve.py --port=8000 --log=access.log --views=http://127.0.0.1:8080

Its access log is what pv-producer reads (--print-format says how), `--views` where pv-dashboard-export serves.
"""
from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import datetime, timezone
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from urllib.parse import unquote, urlsplit

from access_log import FORMAT, AccessLog, behind_the_time
from newspaper import SECTIONS, Article, Newspaper
from pages import STYLE, Pages

ROBOTS = b"User-agent: *\nAllow: /\n"
# Whoever reads a page again asks for it again, so that there is a line for each time.
PAGE_CACHE, FILE_CACHE = "no-store", "max-age=600"
IDLE_S = 30
LONGEST_AGENT = 400


class Answer:
    def __init__(self, status: HTTPStatus, kind: str, body: bytes, cache: str, article: Article | None = None) -> None:
        self.status, self.kind, self.body, self.cache, self.article = status, kind, body, cache, article


class Site:
    """From a path to an answer."""

    def __init__(self, paper: Newspaper, views: str, log: AccessLog) -> None:
        self._paper = paper
        self._pages = Pages(paper, views, datetime.now(timezone.utc))
        self.log = log

    def answer(self, target: str) -> Answer:
        try:
            path = unquote(urlsplit(target).path).rstrip("/") or "/"
        except ValueError:  # x://[
            return self._page(self._pages.not_found(), status=HTTPStatus.NOT_FOUND)
        if path == "/style.css":
            return Answer(HTTPStatus.OK, "text/css; charset=utf-8", STYLE, FILE_CACHE)
        if path == "/robots.txt":
            return Answer(HTTPStatus.OK, "text/plain; charset=utf-8", ROBOTS, FILE_CACHE)
        article = self._paper.by_path.get(path)
        if article is not None:
            return self._page(self._pages.article(article), article)
        if path == "/":
            return self._page(self._pages.front())
        if path[1:] in SECTIONS:
            return self._page(self._pages.section(path[1:]))
        return self._page(self._pages.not_found(), status=HTTPStatus.NOT_FOUND)

    @staticmethod
    def _page(text: str, article: Article | None = None, status: HTTPStatus = HTTPStatus.OK) -> Answer:
        return Answer(status, "text/html; charset=utf-8", text.encode(), PAGE_CACHE, article)


def as_header(text: str) -> str:
    """UTF-8 through an interface that takes Latin-1."""
    return text.encode().decode("latin-1")


def as_sent(text: str) -> str:
    """What of a request was read as Latin-1, with the bytes that it had."""
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = IDLE_S
    wbufsize = -1  # head and body in one packet

    def do_GET(self) -> None:
        self._send(self.server.site.answer(self.path))

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no request for a page: logged as any."""
        self.close_connection = True
        status = HTTPStatus(code)
        self._send(Answer(status, "text/plain; charset=utf-8", f"{status.phrase}\n".encode(), PAGE_CACHE))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", answer.cache)
        if answer.article is not None:
            self.send_header("X-Article-Title", as_header(answer.article.title))
            self.send_header("X-Article-Section", as_header(answer.article.section))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        sent = answer.body if self.command != "HEAD" else b""
        try:
            self.wfile.write(sent)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # a reader who is gone has seen the page all the same
        self._log(answer, len(sent))

    def _log(self, answer: Answer, size: int) -> None:
        headers = getattr(self, "headers", None) or {}
        title, section = (answer.article.title, answer.article.section) if answer.article is not None else ("", "")
        request, referrer, agent = (as_sent(text) for text in (
            self.requestline, headers.get("Referer", ""), headers.get("User-Agent", "")[:LONGEST_AGENT]))
        rest = behind_the_time(request, answer.status, size, referrer, agent, title, section)
        self.server.site.log.write(self._client(headers), rest)

    def _client(self, headers: object) -> str:
        """Simulated readers, who are all on this machine, say whose address they have."""
        address = str(self.client_address[0])
        said = getattr(headers, "get", lambda _name: None)("X-Forwarded-For") if address == "127.0.0.1" else None
        return said.split(",")[-1].strip() if said else address

    def log_message(self, *_: object) -> None:
        """The access log says it all."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # One that is stopped answers what it has begun to.
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        super().__init__(address, Handler)
        self.site = site

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            print(f"{client_address}: {error!r}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="A small newspaper with counts on its pages.")
    parser.add_argument("--address", default="127.0.0.1", help="to listen at (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="to listen at (default 8000)")
    parser.add_argument("--log", type=Path, default=Path("access.log"), help="the access log (default access.log)")
    parser.add_argument("--views", default="http://127.0.0.1:8080", help="where pv-dashboard-export serves")
    parser.add_argument("--print-format", action="store_true", help="prints what pv-producer's --format is, and ends")
    options = parser.parse_args()
    if options.print_format:
        print(FORMAT)
        return 0
    log = AccessLog(options.log)
    server = Server((options.address, options.port), Site(Newspaper(), options.views.rstrip("/"), log))

    def stop(_number: int, _frame: FrameType | None) -> None:
        # From a thread: it waits for the loop that this handler interrupts.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    print(f"http://{options.address}:{server.server_address[1]}/", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
