"""Simulated readers: real requests to the news site, in visits that begin somewhere and follow its links.

Most begin at an article, as those do who come from a search or a message, by how popular it is now; others at the
front page. From an article they follow one of its ALSO READ links, or go on to something popular, or leave.
"""
from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timezone

from demo.browser import Pace, ReadingThread
from demo.people import REFERRERS, Reader, people, spiders
from demo.popularity import Popularity

PEOPLE = 3000
THREADS = 8
FRONT_FIRST = 0.2
FOLLOWS, GOES_ON = 0.5, 0.2
SPIDER_SHARE = 0.05  # of visits
PAGES_MAX = 5
_ALSO_READ = re.compile(rb"<ul data-pv-also-read[^>]*>(.*?)</ul>", re.DOTALL)
_LINK = re.compile(rb'<a href="(/[^"]+)"')


def also_read_links(page: bytes) -> list[str]:
    return [link.decode() for links in _ALSO_READ.findall(page) for link in _LINK.findall(links)]


class Visits(ReadingThread):
    """One visit after the other."""

    def __init__(self, port: int, popularity: Popularity, pace: Pace, everybody: list[Reader], seed: int) -> None:
        super().__init__(port)
        self._rng = random.Random(seed)
        self._popularity = popularity
        self._pace = pace
        self._everybody = everybody
        self._robots = spiders()

    def read_on(self) -> bool:
        if self._rng.random() < SPIDER_SHARE:
            return self._ask_all(self._rng.choice(self._robots), iter(["/robots.txt", "/", self._popular()]))
        reader = self._rng.choice(self._everybody)
        return self._ask_all(reader, self._visit(reader))

    def _ask_all(self, reader: Reader, paths: Iterator[str]) -> bool:
        referrer = self._rng.choice(REFERRERS)
        for path in paths:
            if not self._pace.wait():
                return False
            self._page = self.browser.get(path, reader, referrer)
            referrer = self.browser.site + path
        return True

    def _popular(self) -> str:
        weights = self._popularity.weights(datetime.now(timezone.utc))
        return self._rng.choices(self._popularity.articles, weights)[0].path

    def _visit(self, reader: Reader) -> Iterator[str]:
        """The pages of a person's visit: the next one is chosen when the one before has come."""
        if self._rng.random() < FRONT_FIRST:
            yield "/"
            # A browser asks for it once, and keeps it.
            yield "/style.css"
        path: str | None = self._popular()
        for _ in range(PAGES_MAX):
            if path is None:
                return
            yield path
            path = self._next()

    def _next(self) -> str | None:
        turn = self._rng.random()
        links = also_read_links(self._page)
        if turn < FOLLOWS and links:
            return self._rng.choice(links)
        return self._popular() if turn < FOLLOWS + GOES_ON else None


class Readers:
    """All who read the site now, `per_second` requests of them."""

    def __init__(self, port: int, popularity: Popularity, per_second: float, seed: int) -> None:
        self._stop = threading.Event()
        pace, everybody = Pace(per_second, self._stop), people(PEOPLE, seed)
        self._threads = [Visits(port, popularity, pace, everybody, seed + number) for number in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        for thread in self._threads:
            if thread.error is not None:
                raise thread.error
