"""What simulated readers have in common: a pace, a connection to the site, a thread that ends when it is told to."""
from __future__ import annotations

import http.client
import threading
import time

from demo.people import Reader

TIMEOUT_S = 10


class Pace:
    """So many requests a second over all threads that ask. Nothing is made up for time that was lost."""

    def __init__(self, per_second: float, stop: threading.Event) -> None:
        self._interval_s = 1 / per_second
        self._stop = stop
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait(self) -> bool:
        """Until it is the caller's turn; false when all is to stop."""
        with self._lock:
            turn_s = self._next_s = max(self._next_s + self._interval_s, time.monotonic())
        return not self._stop.wait(max(turn_s - time.monotonic(), 0))


class Browser:
    """One connection, on which different readers ask."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self.site = f"http://127.0.0.1:{port}"

    def get(self, path: str, reader: Reader, referrer: str = "") -> bytes:
        """The page, or nothing when the site has none there."""
        headers = {"User-Agent": reader.agent, "X-Forwarded-For": reader.address}
        if referrer:
            headers["Referer"] = referrer
        try:
            return self._ask(path, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            # A site closes connections that were idle for long, just when somebody asks.
            self._connection.close()
            return self._ask(path, headers)

    def _ask(self, path: str, headers: dict[str, str]) -> bytes:
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else b""

    def close(self) -> None:
        self._connection.close()


class ReadingThread(threading.Thread):
    """Calls `read_on` until it says that all is to stop; `error` is what ended it otherwise."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.browser = Browser(port)
        self.error: BaseException | None = None

    def read_on(self) -> bool:
        raise NotImplementedError

    def run(self) -> None:
        try:
            while self.read_on():
                pass
        except BaseException as error:  # for who asks `error`
            self.error = error
        finally:
            self.browser.close()
