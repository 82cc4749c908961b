"""The dashboard in a real browser: how fresh it says the counts are, and how it is fed."""
from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

from harness.chromium import Chromium
from harness.dashboard_page import DashboardPage
from harness.dashboard_site import ALARM, SCREENSHOTS, Site, browser, now_ms, site, started  # noqa: F401
from harness.newsroom import MINUTE_MS
from harness.nginx_server import NginxServer
from harness.page_view_policy import REPOSITORY
from harness.ports import answers, free_port
from harness.programs import EXPORTER, OptionValue, Program, arguments
from harness.redis_server import RedisServer
from harness.shipped_snippet import render
from harness.static_files import StaticFiles, StreamedFiles
from harness.waiting import wait_until


def age(path: Path, seconds: int) -> None:
    """The file as it is when nobody wrote it for so long, but for its time on disk, which may be any."""
    content = path.read_text(encoding="utf-8")
    made = datetime.strptime(content[17:37], "%Y-%m-%dT%H:%M:%SZ") - timedelta(seconds=seconds)
    replacement = path.with_name(".aged")
    replacement.write_text(content[:17] + f"{made:%Y-%m-%dT%H:%M:%SZ}" + content[37:], encoding="utf-8")
    os.utime(replacement, (path.stat().st_atime, path.stat().st_mtime))
    replacement.replace(path)


def test_page_says_how_stale_it_is_when_the_exporter_stopped(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open()
    page.wait_text("[data-fresh]", "counted to")
    assert page.text(ALARM) == ""
    site.stop_exporter()
    age(site.out / "live.json", 600)
    page.wait(f"document.querySelector('{ALARM}').innerText !== ''")
    assert re.search(r"stand still at \d\d:\d\d:\d\d.*Look whether pv-dashboard-export runs", page.text(ALARM))
    assert re.search(r"counted to .*, 1\d min ago", page.text("[data-fresh]"))
    assert page.read("document.title").startswith("⚠ "), "a tab in the background shows it too"
    colour = page.read(f"getComputedStyle(document.querySelector('{ALARM}')).backgroundColor")
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    assert red > 150 > 2 * max(green, blue), "the bar is red"
    page.shoot(SCREENSHOTS / "stale-1280-light.png")
    assert page.violations() == []
    site.start_exporter()
    site.count_one()
    page.wait(f"document.querySelector('{ALARM}').innerText === ''")


def test_page_says_that_counting_is_behind(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open()
    site.newsroom.view(now_ms(), committed_ms=now_ms() - 10 * MINUTE_MS)
    page.wait_text(ALARM, "Look whether pv-aggregator runs")
    site.count_one()
    page.wait(f"document.querySelector('{ALARM}').innerText === ''")


def test_page_says_that_its_server_is_away_and_goes_on_when_it_is_back(site: Site, browser: Chromium) -> None:
    server = StaticFiles(site.out)
    with server:
        page = DashboardPage(browser, server.url).open("#/", ".ranks a")
    page.wait_text(ALARM, "cannot reach its server")
    assert page.texts(".ranks .headline"), "what it had is there still"
    with StaticFiles(site.out, port=server.port):
        page.wait(f"document.querySelector('{ALARM}').innerText === ''")


def test_stream_of_events_is_followed(site: Site, browser: Chromium) -> None:
    """On a page whose timers stand still, so that it never asks by itself."""
    with StreamedFiles(site.out) as server:
        server.send("files", {"paths": []})
        page = DashboardPage(browser, server.url, script="window.setInterval = () => 0").open("#/", ".ranks a")
        live = site.json("live.json")
        live["now"]["people"] = 4321
        server.send("live", live)
        page.wait_text(".now-number", "4,321")
        last = site.newsroom.articles[-1].id
        site.newsroom.client.zadd("pv:trending:hot", {last: 88888})
        site.newsroom.client.hset("pv:rankings", "trending:hot", f"newsroom:{now_ms()}")
        wait_until(lambda: site.json("trending/hot.json")["items"][0]["article"] == last, "the list is exported")
        server.send("files", {"paths": ["trending/hot.json", "trending/none.json"]})
        page.wait_text(".ranks td.number", "88,888")
    site.newsroom.client.zadd("pv:trending:hot", {last: 1})
    site.newsroom.client.hset("pv:rankings", "trending:hot", "newsroom:back")


def test_page_follows_an_exporter_that_serves(site: Site, browser: Chromium, tmp_path: Path) -> None:
    """Its own server, on a page that never asks by itself."""
    port = free_port()
    exporter = Program(EXPORTER, arguments({
        "redis": site.redis.address, "out": tmp_path / "out", "serve": f"127.0.0.1:{port}", "interval": "300ms",
        "full": True}), tmp_path / "log")
    wait_until(lambda: answers(port) and (tmp_path / "out" / "index.json").exists(), "the exporter serves",
               explain=exporter.describe)
    page = DashboardPage(browser, f"http://127.0.0.1:{port}/", script="window.setInterval = () => 0")
    page.open("#/", ".ranks a")
    site.newsroom.view(now_ms(), people=700)
    page.wait("Number(document.querySelector('.now-number').innerText.replace(/\\D/g, '')) >= 700")
    assert page.text(ALARM) == ""
    exporter.stop()


def test_page_is_served_by_the_nginx_snippet(site: Site, browser: Chromium, tmp_path: Path) -> None:
    snippet = render("nginx/pageviews.conf", {"/var/lib/pageviews/snapshots/": f"{site.out}/"})
    with NginxServer(tmp_path / "nginx", server=snippet) as nginx:
        page = DashboardPage(browser, f"http://127.0.0.1:{nginx.port}/pageviews/").open("#/", ".ranks a")
        page.wait_text("[data-fresh]", "counted to")
        assert page.text(ALARM) == ""


def export_once(redis: RedisServer, directory: Path, **options: OptionValue) -> Path:
    out = directory / "out"
    Program(EXPORTER, arguments({"redis": redis.address, "out": out, "once": True, **options}), directory / "log").finish()
    return out


def test_site_without_views_is_explained(tmp_path: Path, browser: Chromium) -> None:
    with RedisServer(tmp_path / "redis") as redis:
        out = export_once(redis, tmp_path)
        with StaticFiles(out) as server:
            page = DashboardPage(browser, server.url, viewport={"width": 1440, "height": 900}).open()
            page.wait_text(".empty", "No views in the last hour.")
            page.wait_text(".empty", "Nothing is rising")
            page.wait_text(ALARM, "Start pv-aggregator")
            assert page.violations() == []
            page.shoot(SCREENSHOTS / "empty-1440-light.png")
            page.open("#/filtered")
            page.wait_text(".about", "Nothing was counted yet.")


def test_files_that_are_not_there_are_explained(tmp_path: Path, browser: Chromium) -> None:
    with RedisServer(tmp_path / "redis") as redis:
        out = export_once(redis, tmp_path)
        for path in out.rglob("*.json"):
            path.unlink()
        with StaticFiles(out) as server:
            page = DashboardPage(browser, server.url).open()
            page.wait_text(ALARM, "Start pv-dashboard-export")


def test_dashboard_can_be_left_out(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis") as redis:
        out = export_once(redis, tmp_path, dashboard="off")
    assert not (out / "index.html").exists() and not (out / "dashboard").exists()
    assert (out / "views.js").read_bytes() == (REPOSITORY / "dashboard-export" / "views.js").read_bytes()
