"""The HTTP collector alone with a spool, and a client that writes its requests byte by byte."""
from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.page_view_policy import REPOSITORY
from harness.ports import free_port
from harness.programs import OptionValue, Program, arguments
from harness.waiting import wait_until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
ANSWER_DEADLINE_S = 20.0
HEAD = "POST /v1/views HTTP/1.1\r\nHost: collector\r\nContent-Type: text/plain\r\n"
VIEW = '{"u":"/a"}'
MEMORY_KIB = 64 * 1024  # that no number of clients makes it take


class Answer:
    """One answer, as it came over the wire."""

    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.body = body

    def json(self) -> dict[str, object]:
        assert self.headers["content-type"] == "application/json", self.headers
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    def error(self) -> str:
        """The text of {"error":"…"}."""
        return str(self.json()["error"])


class Connection:
    """A TCP connection to the collector. Sends what it is given; reads answers one by one."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_DEADLINE_S, (source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes | str) -> None:
        self._socket.sendall(data.encode() if isinstance(data, str) else data)

    def _more(self) -> bool:
        try:
            piece = self._socket.recv(65536)
        except ConnectionResetError:
            return False
        self._unread += piece
        return bool(piece)

    def answer(self, has_body: bool = True) -> Answer:
        """The next answer; `has_body` is false for what HEAD gets."""
        while b"\r\n\r\n" not in self._unread:
            assert self._more(), f"closed without an answer, after {self._unread!r}"
        head, _, rest = self._unread.partition(b"\r\n\r\n")
        answer = Answer(head, b"")
        length = int(answer.headers.get("content-length", "0")) if has_body else 0
        while len(rest) < length:
            self._unread = b""
            assert self._more(), f"closed in the middle of {head!r}"
            rest += self._unread
        answer.body, self._unread = rest[:length], rest[length:]
        return answer

    def rest(self) -> bytes:
        """All that still comes, until the server closes the connection."""
        while self._more():
            pass
        return self._unread

    def is_closed_by_server(self) -> bool:
        """Waits for the end of the connection. False when something else comes first."""
        return not self._unread and not self._more()

    def request(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: str | bytes = b""
    ) -> Answer:
        self.send(request_bytes(method, target, headers, body))
        return self.answer(has_body=method != "HEAD")


def request_bytes(method: str, target: str, headers: dict[str, str] | None = None, body: str | bytes = b"") -> bytes:
    """A request of a browser; `headers` add to its own or replace them."""
    data = body.encode() if isinstance(body, str) else body
    fields = {"Host": "collector", "User-Agent": BROWSER}
    if data or method == "POST":
        fields |= {"Content-Type": "text/plain", "Content-Length": str(len(data))}
    lines = [f"{name}: {value}" for name, value in (fields | (headers or {})).items()]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + data


class HttpCollector:
    """One run of the collector, on a port and a spool of its own."""

    def __init__(self, directory: Path, **options: OptionValue) -> None:
        self.spool = directory / "spool"
        self.port = free_port()
        fixed: dict[str, OptionValue] = {
            "http": f"127.0.0.1:{self.port}",
            "spool": self.spool,
            "spiders": REPOSITORY / "etc" / "spiders.txt",
        }
        self.program = Program("pv-http-collector", arguments(fixed | options), directory / "collector.log")
        self.program.wait_text("^ready")

    def __enter__(self) -> HttpCollector:
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()

    def connect(self, source: str = "127.0.0.1") -> Connection:
        return Connection(self.port, source)

    def request(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: str | bytes = b""
    ) -> Answer:
        """One request on a connection of its own."""
        with self.connect() as connection:
            return connection.request(method, target, headers, body)

    def post(self, view: object, headers: dict[str, str] | None = None) -> Answer:
        return self.request("POST", "/v1/views", headers, json.dumps(view))

    def events(self) -> list[dict[str, object]]:
        """What the spool has, each line checked to be an event."""
        lines = b"".join(path.read_bytes() for path in sorted(self.spool.glob("*.ndjson")))
        assert not lines or lines.endswith(b"\n")
        return [json.loads(line) for line in lines.splitlines()]

    def articles(self) -> list[str]:
        return [str(event["article"]) for event in self.events()]

    def wait_articles(self, expected: list[str]) -> None:
        wait_until(lambda: self.articles() == expected, f"the spool has {expected}", explain=self.program.describe)

    def resident_kib(self) -> int:
        """The most memory that it has had."""
        for line in Path(f"/proc/{self.program.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
        raise AssertionError("no VmHWM")

    def stop(self) -> dict[str, int]:
        """Ends it well, and returns what it has counted."""
        self.program.send_signal(signal.SIGTERM)
        self.program.finish()
        counts = (line.split(" ") for line in self.program.text().splitlines())
        return {words[0]: int(words[1]) for words in counts if len(words) == 2 and words[1].isdecimal()}


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[HttpCollector]:
    with HttpCollector(tmp_path) as started:
        yield started


def assert_still_serves(collector: HttpCollector) -> None:
    assert collector.post({"u": "/served"}).status == 202
    assert collector.articles()[-1] == "/served"
