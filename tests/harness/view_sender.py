"""A client of the HTTP collector that knows what was promised to it: each view has an article of its own."""
from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter

from harness.waiting import pause

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


class ViewSender:
    """Sends requests with `views` views each until stopped, from a thread of its own.

    Of a request without an answer nobody knows whether it was kept, so its views may be counted once or not at all.
    """

    def __init__(self, port: int, name: str, views: int = 10, per_second: float | None = None) -> None:
        self.promised: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self._port = port
        self._name = name
        self._views = views
        self._interval_s = views / per_second if per_second else 0.0
        self._number = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> ViewSender:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        next_s = time.monotonic()
        while not self._stop.is_set():
            connection = self.send(connection)
            if connection is None:
                pause(0.02)
            next_s += self._interval_s
            pause(max(0.0, next_s - time.monotonic()))

    def send(self, connection: http.client.HTTPConnection | None = None) -> http.client.HTTPConnection | None:
        """One request; None when its connection is of no use any more."""
        articles = [f"/{self._name}/{self._number + i}" for i in range(self._views)]
        self._number += self._views
        body = json.dumps([{"url": f"https://news.example{article}"} for article in articles])
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            connection.connect() if connection.sock is None else None
        except OSError:
            return None  # it was never sent
        try:
            connection.request("POST", "/v1/views", body, {"Content-Type": "application/json", "User-Agent": BROWSER})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.unknown.update(articles)
            connection.close()
            return None
        self.statuses[answer.status] += 1
        if answer.status == 202:
            assert json.loads(text) == {"accepted": self._views, "rejected": []}, text
            self.promised.update(articles)
        else:
            self.refused.update(articles)
        return connection

    def check(self, counted: Counter[str]) -> None:
        """Every promise was kept, and nothing else was counted."""
        mine = Counter({article: count for article, count in counted.items() if article.startswith(f"/{self._name}/")})
        twice = [article for article, count in mine.items() if count != 1]
        assert not twice, f"counted more than once: {twice[:10]}"
        lost = self.promised.keys() - mine.keys()
        assert not lost, f"{len(lost)} promised views are lost, such as {sorted(lost)[:10]}"
        invented = mine.keys() - self.promised.keys() - self.unknown.keys()
        assert not invented, f"counted though refused: {sorted(invented)[:10]}"
