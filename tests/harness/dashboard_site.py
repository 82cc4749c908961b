"""What the dashboard shows in tests: a newsroom's counts in a real Redis, a real exporter, and a server of plain files.
Test modules import the fixtures that they use."""
from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.chromium import SITE, Chromium
from harness.json_schemas import check_file
from harness.newsroom import Newsroom
from harness.page_view_policy import REPOSITORY
from harness.programs import EXPORTER, OptionValue, Program, arguments
from harness.redis_server import RedisServer
from harness.static_files import StaticFiles
from harness.waiting import wait_until

# Pictures of every page are kept here, for a look.
SCREENSHOTS = REPOSITORY / "build" / "reports" / "screenshots"
ZONE = "Europe/Berlin"  # of the reader, if a test has no other
ALARM = "[data-alarm]"


def now_ms() -> int:
    return int(time.time() * 1000)


class Site:
    """A newsroom's counts, the exporter that writes them to files, and a server of these."""

    def __init__(self, directory: Path) -> None:
        self.redis = RedisServer(directory / "redis")
        self.out = directory / "out"
        self._directory = directory
        self._exporters: list[Program] = []

    def __enter__(self) -> Site:
        self.redis.__enter__()
        self.newsroom = Newsroom(self.redis.client(), now_ms())
        self.newsroom.write()
        self.start_exporter()
        self.server = StaticFiles(self.out)
        self.server.__enter__()
        # By the name of a host, as plain HTTP: browsers have no SHA-256 for such a page.
        self.url = self.server.url.replace("127.0.0.1", SITE)
        return self

    def __exit__(self, *problem: object) -> None:
        self.server.__exit__()
        self._exporters[-1].kill()
        self.redis.__exit__(*problem)

    def start_exporter(self, **options: OptionValue) -> Program:
        output = self._directory / f"exporter-{len(self._exporters)}.log"
        exporter = Program(EXPORTER, arguments(
            {"redis": self.redis.address, "out": self.out, "interval": "300ms", "full": True, **options}), output)
        self._exporters.append(exporter)
        wait_until((self.out / "index.json").exists, "the exporter wrote its files", explain=exporter.describe)
        return exporter

    @property
    def is_exported(self) -> bool:
        return self._exporters[-1].is_running

    def stop_exporter(self) -> None:
        self._exporters[-1].stop()

    def json(self, path: str) -> Any:
        return check_file(self.out / path)

    def count_one(self, people: int = 0) -> None:
        """One view more; returns when it is in live.json, whose counts are new then."""
        self.newsroom.view(now_ms(), people)
        total = sum(self.newsroom.site.values())
        wait_until(lambda: self.json("totals.json")["views"] == total, "the view is exported",
                   explain=self._exporters[-1].describe)
        wait_until(lambda: (self.json("live.json")["lag_seconds"] or 0) < 60, "live.json is new")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("dashboard")) as site:
        yield site


@pytest.fixture
def site(started: Site) -> Site:
    """With counts that are new, whatever the test before left."""
    if not started.is_exported:
        started.start_exporter()
    started.count_one()
    return started


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium
