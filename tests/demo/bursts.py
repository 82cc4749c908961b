"""Now and then everybody wants to read one article that hardly anybody read: what `rising` is there to find.

A burst goes on until its article leads that list, for at most LONGEST_S. That is enough in the first hour. Later the
readers of earlier bursts are among those that an article is expected to have, and not each one leads any more.
"""
from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone

from demo.browser import Pace, ReadingThread
from demo.people import people
from demo.popularity import Popularity

FIRST_AFTER_S, EVERY_S = 5.0, 75.0
SHORTEST_S, LONGEST_S = 8.0, 50.0
LOOK_EVERY_S = 1.0
PEOPLE = 20_000
AMONG = 8  # of the articles that are read least
REFERRER = "https://social.example.org/"


class Bursts(ReadingThread):
    """`leads` says whether an article is the first in the list."""

    def __init__(self, port: int, popularity: Popularity, per_second: float, seed: int,
                 leads: Callable[[str], bool]) -> None:
        super().__init__(port)
        self._rng = random.Random(seed)
        self._popularity = popularity
        self._people = people(PEOPLE, -seed)
        self._stop_reading = threading.Event()
        self._pace = Pace(per_second, self._stop_reading)
        self._leads = leads
        self._next_s: float | None = None
        self._queue: list[str] = []
        self.article: str | None = None  # that everybody reads just now

    def read_on(self) -> bool:
        """A burst, and what is before it."""
        if self._next_s is None:
            self._next_s = time.monotonic() + FIRST_AFTER_S
        if self._stop_reading.wait(max(self._next_s - time.monotonic(), 0)):
            return False
        begin_s = time.monotonic()
        self._next_s = begin_s + EVERY_S
        self.article = self._choose()
        goes_on = self._crowd(self.article, begin_s)
        self.article = None
        return goes_on

    def _choose(self) -> str:
        """Each of the quiet ones once, before one comes again: as long after its last time as the others."""
        if not self._queue:
            quiet = self._popularity.least_read(datetime.now(timezone.utc), AMONG)
            self._queue = [article.path for article in quiet]
        return self._queue.pop()

    def _crowd(self, article: str, begin_s: float) -> bool:
        look_s = begin_s + SHORTEST_S
        while self._pace.wait():
            now_s = time.monotonic()
            if now_s >= begin_s + LONGEST_S or (now_s >= look_s and self._leads(article)):
                return True
            if now_s >= look_s:
                look_s = now_s + LOOK_EVERY_S
            self.browser.get(article, self._rng.choice(self._people), REFERRER)
        return False

    def stop(self) -> None:
        self._stop_reading.set()
        self.join()

    def check(self) -> None:
        if self.error is not None:
            raise self.error
