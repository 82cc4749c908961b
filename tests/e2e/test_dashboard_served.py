"""The dashboard in a real browser, served by the exporter itself: what is counted is seen, and nothing is asked for."""
from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.chromium import SITE, Chromium
from harness.dashboard_page import DashboardPage
from harness.exporter_server import ExporterServer
from harness.newsroom import Newsroom
from harness.redis_server import RedisServer
from harness.waiting import wait_until

# The page's own clock stands, so that what it shows anew came by /events.
NO_POLLING = "window.setInterval = () => 0;"


@pytest.fixture
def newsroom(redis_server: RedisServer) -> Newsroom:
    made = Newsroom(redis_server.client(), int(time.time() * 1000))
    made.write()
    return made


@pytest.fixture
def server(newsroom: Newsroom, redis_server: RedisServer, tmp_path: Path) -> Iterator[ExporterServer]:
    with ExporterServer(tmp_path, redis_server.address, full=True, interval="500ms") as started:
        started.wait_file("/index.json")
        yield started


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chromium]:
    with Chromium(tmp_path) as started:
        yield started


def test_people_who_come_are_seen_without_asking(
        server: ExporterServer, newsroom: Newsroom, browser: Chromium) -> None:
    page = DashboardPage(browser, f"http://{SITE}:{server.port}/", script=NO_POLLING).open("#/", ".ranks a")
    wait_until(lambda: server.metric("listeners") == 1, "the page listens")
    page.wait("document.querySelector('.now-number').innerText.match(/[0-9]/)")
    before = int(page.text(".now-number").replace(",", ""))
    newsroom.view(int(time.time() * 1000), people=400)
    page.wait(f"Number(document.querySelector('.now-number').innerText.replace(',', '')) > {before + 300}")


def test_page_breaks_no_rule_of_the_servers_policy(server: ExporterServer, browser: Chromium) -> None:
    watch = "document.addEventListener('securitypolicyviolation', (e) => { (window.broken ??= []).push(e.blockedURI); });"
    page = DashboardPage(browser, f"http://{SITE}:{server.port}/", script=watch)
    for route in ("#/", "#/list/1h", "#/article/%2F2026%2Fnews%2F1-storm-over-the-coa", "#/filtered"):
        page.open(route)
    assert page.read("window.broken ?? []") == []
    policy = server.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
