"""The dashboard in a real browser: what it shows, how it looks, and that it can be used."""
from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.chromium import Chromium
from harness.dashboard_page import DashboardPage
from harness.dashboard_site import SCREENSHOTS, ZONE, Site, browser, now_ms, site, started  # noqa: F401
from harness.json_schemas import check_file
from harness.newsroom import DAY_MS, HOUR_MS
from harness.waiting import wait_until

SECTION = "Wirtschaft & Börse"
STORY = "/2026/news/1-storm-over-the-coa"
HASHED = "/search?q=tram line&page=2"
SIZES = {360: 780, 1440: 900}
ROUTES = {
    "now": "#/", "list": "#/list/1h", "rising": "#/list/rising/news",
    "section": "#/section/Wirtschaft%20%26%20B%C3%B6rse", "article": f"#/article/{STORY.replace('/', '%2F')}",
    "filtered": "#/filtered", "nobody": "#/article/%2Fnobody", "missing": "#/nothing",
}


def digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(site: Site, browser: Chromium, width: int, theme: str) -> None:
    page = DashboardPage(browser, site.url, viewport={"width": width, "height": SIZES[width]}, colorScheme=theme)
    for name, route in ROUTES.items():
        page.open(route)
        if name in ("now", "list", "section"):
            page.wait("document.querySelector('.spark')")
        if name in ("now", "article"):
            page.wait("document.querySelector('.plot-when')")
        page.shoot(SCREENSHOTS / f"{name}-{width}-{theme}.png")
        assert page.violations() == [], name
        assert page.read("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width} px"


def test_page_asks_no_other_host(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url)
    for route in ROUTES.values():
        page.open(route)
    asked = [url for url in page.requests() if not url.startswith(("about:", "data:"))]
    assert any(url.endswith("/live.json") for url in asked)
    assert [url for url in asked if not url.startswith(site.url)] == []


def test_first_page_shows_who_is_there_and_how_today_goes(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open()
    people = site.json("live.json")["now"]["people"]
    page.wait_text(".now-number", f"{people}")
    assert page.read("document.title") == f"{people} people now · Page views"
    midnight = datetime.now(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    views = sum(count for at, count in site.newsroom.site.items() if at >= midnight.timestamp() * 1000)
    page.wait_text(".line-said", f"{views:,} today")
    weekday = (midnight - timedelta(days=7)).strftime("%A")
    page.wait_text(".line-said", f"last {weekday}")
    assert f"last {weekday}" in page.text(".plot-readout")


@pytest.mark.parametrize("unit", ["hours", "days"])
def test_line_of_the_site_can_be_seen_by_hour_and_day(site: Site, browser: Chromium, unit: str) -> None:
    page = DashboardPage(browser, site.url).open()
    page.click(f"input[value={unit}]")
    views = site.json(f"site/{unit}.json")[unit]["views"]
    page.wait_text(".line-said", f"{sum(views):,} in")
    page.click(".plot-table summary")
    page.wait("document.querySelector('.plot-table tbody tr')")
    shown = [digits(text) for text in page.texts(".line .plot-table td")]
    assert shown == views[::-1]


def test_lists_show_what_their_files_say_and_mark_what_rises(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open("#/list/24h", "tbody .rising")
    items = site.json("trending/24h.json")["items"]
    rising = [item["article"] for item in site.json("trending/rising.json")["items"][:10]]
    rows = page.read("""[...document.querySelectorAll('.ranks tbody tr')].map((row) => ({
        rank: Number(row.querySelector('.rank span').innerText), title: row.querySelector('.headline').innerText,
        score: row.querySelector('td.number').innerText, section: row.querySelector('.section')?.innerText ?? null,
        isRising: Boolean(row.querySelector('.rising')) }))""")
    assert rows == [{
        "rank": item["rank"], "title": item["title"] or item["article"], "score": f"{round(item['score']):,}",
        "section": item["section"], "isRising": item["article"] in rising} for item in items]
    assert 0 < sum(row["isRising"] for row in rows) < len(rows)


def test_change_of_rank_is_shown_by_a_sign_and_said_in_words(site: Site, browser: Chromium) -> None:
    path = site.out / "trending" / "7d.json"
    content = site.json("trending/7d.json")
    for item, change in zip(content["items"], (2, -1, 0, None)):
        item["change"] = change
    site.stop_exporter()
    path.write_text(json.dumps(content), encoding="utf-8")
    page = DashboardPage(browser, site.url).open("#/list/7d", "tbody tr")
    shown = page.read("[...document.querySelectorAll('.change')].slice(0, 4).map((e) => e.textContent)")
    site.start_exporter()
    assert shown == ["▲2up 2 in an hour", "▼1down 1 in an hour", "", ""]


def test_section_is_a_filter_of_all_lists(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open("#/", ".chips a")
    page.wait_text(".chips a", SECTION)
    page.read(f"[...document.querySelectorAll('.chips a')].find((a) => a.innerText === '{SECTION}').click()")
    page.wait_text("h1", SECTION)
    page.wait("document.querySelector('.ranks .headline')")
    assert page.read("document.querySelector('.chips [aria-current]').innerText") == SECTION
    titles = {item["title"] for item in site.json("trending/24h.json")["items"] if item["section"] == SECTION}
    assert set(page.texts(".ranks .headline")) == titles
    page.open("#/list/24h/sport", "tbody tr")
    assert set(page.texts(".ranks .headline")) == {
        item["title"] for item in site.json("trending/24h.json")["items"] if item["section"] == "sport"}


def article_file(site: Site, article: str) -> Any:
    (found,) = (content for path in (site.out / "articles").rglob("*.json")
                if (content := check_file(path))["article"] == article)
    return found


def up_to_now(series: dict[str, Any], unit_ms: int) -> list[int]:
    """The views of a file that stays as it was while nobody reads its article: an hour may have begun since."""
    last = datetime.fromisoformat(series["to"]).replace(tzinfo=timezone.utc).timestamp() * 1000
    missing = int(now_ms() // unit_ms - last // unit_ms)
    views: list[int] = series["views"] + [0] * missing
    return views[missing:]


@pytest.mark.parametrize("article", [STORY, HASHED, "/about"])
def test_article_shows_what_its_file_says(site: Site, browser: Chromium, article: str) -> None:
    page = DashboardPage(browser, site.url)
    page.open(f"#/article/{article.replace('%', '%25').replace('/', '%2F').replace('?', '%3F')}", ".fact")
    file = article_file(site, article)
    assert page.text("h1") == (file["title"] or article)
    assert page.text("main code") == article
    facts = dict(zip(page.texts(".fact dt"), page.texts(".fact dd")))
    hours, days = up_to_now(file["hours"], HOUR_MS), up_to_now(file["days"], DAY_MS)
    offset = datetime.now(ZoneInfo(ZONE)).strftime("%z")[:3]
    readers = file["visitors_today"] if days == file["days"]["views"] else 0
    assert facts[f"Readers since {int(offset):02}:00"] == f"{readers:,}"
    assert facts["All time"] == f"{file['total']:,}"
    assert facts["This hour"] == f"{hours[-1]:,}"
    ranks = {"1h": "Last hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", "hot": "Hot", "rising": "Rising"}
    assert page.texts(".placings li") == [
        f"{file['ranks'][name]}. {title}" for name, title in ranks.items() if name in file["ranks"]]
    page.read("document.querySelectorAll('.plot-table').forEach((table) => { table.open = true; })")
    page.wait("document.querySelectorAll('.plot-table tbody').length === 2")
    shown = [digits(text) for text in page.texts(".plot-table td")]
    assert shown == hours[::-1] + days[::-1]


def test_article_names_what_its_readers_read_too(site: Site, browser: Chromium) -> None:
    path = site.out / "also-read" / f"{STORY[1:]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    items = [{"article": "/a", "title": "A <b>", "section": "sport", "views": 5, "score": 0.5, "by": "readers"},
             {"article": "/b", "title": None, "section": "news", "views": 4, "score": 1.5, "by": "section"}]
    path.write_text(json.dumps({"article": STORY, "items": items}), encoding="utf-8")
    page = DashboardPage(browser, site.url).open(f"#/article/{STORY}", ".also li")
    path.unlink()
    assert page.texts(".also .headline") == ["A <b>", "/b"]
    assert page.texts(".also .tags") == ["by the same readers", "trending in news"]


def test_what_was_filtered_is_shown_with_its_reasons(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open("#/filtered", "tbody tr")
    totals = site.json("totals.json")
    rows = page.read("[...document.querySelectorAll('tbody tr')].map((row) => [row.querySelector('.reason').innerText, "
                     "...[...row.querySelectorAll('td')].map((cell) => cell.innerText)])")
    expected = sorted(totals["filtered"].items(), key=lambda entry: -entry[1])
    assert [row[0] for row in rows] == [reason.replace("_", " ") for reason, _ in expected]
    for row, (reason, count) in zip(rows, expected):
        assert digits(row[1]) == totals["today"]["filtered"][reason]
        assert digits(row[3]) == count
    assert f"Of {totals['events']:,} events" in page.text(".about")


@pytest.mark.parametrize("locale, grouped", [
    ("en-US", "1,234,567"), ("de-DE", "1.234.567"), ("fr-FR", "1\u202f234\u202f567"), ("en-IN", "12,34,567"),
])
def test_numbers_are_grouped_as_the_readers_language_has_it(
    site: Site, browser: Chromium, locale: str, grouped: str
) -> None:
    page = DashboardPage(browser, site.url, locale=locale).open("#/article/%2Fabout", ".fact")
    site.redis.client().hset("pv:views", "/about", 1_234_566)
    site.newsroom.view(now_ms(), article="/about")
    page.wait_text(".fact dd", grouped)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_times_are_in_the_readers_zone_and_it_is_named(site: Site, browser: Chromium, zone: str) -> None:
    page = DashboardPage(browser, site.url, timezoneId=zone).open()
    assert page.text("[data-zone]") == f"Times in {zone}, your time zone."
    assert_counted_to(page, zone)


def test_times_are_in_the_zone_that_the_exporter_was_given(site: Site, browser: Chromium) -> None:
    site.stop_exporter()
    site.start_exporter(timezone="Asia/Tokyo")
    wait_until(lambda: site.json("index.json")["timezone"] == "Asia/Tokyo", "the zone is exported")
    page = DashboardPage(browser, site.url, timezoneId="America/New_York").open()
    assert page.text("[data-zone]") == "Times in Asia/Tokyo."
    assert_counted_to(page, "Asia/Tokyo")
    site.stop_exporter()
    site.start_exporter()
    wait_until(lambda: site.json("index.json")["timezone"] is None, "the reader's zone is back")


def assert_counted_to(page: DashboardPage, zone: str) -> None:
    page.wait_text("[data-fresh]", "counted to")
    shown = re.search(r"counted to (\d\d):(\d\d):(\d\d)", page.text("[data-fresh]"))
    assert shown
    now = datetime.now(ZoneInfo(zone))
    told = now.replace(hour=int(shown[1]), minute=int(shown[2]), second=int(shown[3]))
    assert abs((now - told + timedelta(hours=12)) % timedelta(days=1) - timedelta(hours=12)) < timedelta(minutes=2)


def test_page_can_be_used_by_keyboard_alone(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open("#/", ".ranks a")
    page.press("Tab")
    assert page.focused() == "Skip to the counts"
    page.wait("document.activeElement.getBoundingClientRect().left >= 0")
    page.press("Enter")
    assert page.read("document.activeElement.id") == "main"
    assert page.read("location.hash") == "#/", "the address is that of the page still"
    page.press("Tab")
    assert page.read("document.activeElement.value") == "today"
    page.press("ArrowRight")
    page.wait_text(".line-said", "in the last hour")
    seen = walk(page)
    assert {"As a table", "All", "sport", "Last hour", "Hot", "Rising"} <= set(seen)
    headline = page.texts(".ranks .headline")[0]
    assert headline in seen
    page.read("document.querySelector('.ranks .headline').focus()")
    page.press("Enter")
    page.wait_text("h1", headline)
    assert page.read("document.activeElement.id") == "main", "reading goes on at the start of the new page"


def walk(page: DashboardPage) -> list[str]:
    """What gets the focus from here to the end of the page; each is seen to have it."""
    seen: list[str] = []
    while True:
        page.press("Tab")
        name, outline = page.read("""(() => {
            const e = document.activeElement, s = getComputedStyle(e);
            return [e === document.body ? null : e.innerText.trim(),
                s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2];
        })()""")
        if name is None or len(seen) > 200:
            return seen
        assert outline, f"nothing shows that {name!r} has the focus"
        seen.append(name)


def test_counts_change_in_place_and_nothing_is_read_out(site: Site, browser: Chromium) -> None:
    page = DashboardPage(browser, site.url).open("#/list/1h", ".ranks a")
    last = site.newsroom.articles[-1].id
    page.wait_text(".ranks .headline", last)
    page.read("""(() => { window.said = 0; [...document.querySelectorAll('.ranks .headline')].at(-1).focus();
        new MutationObserver(() => { window.said++; }).observe(document.querySelector('[data-alarm]'),
            {childList: true, characterData: true, subtree: true}); })()""")
    assert page.focused() == last
    site.redis.client().zadd("pv:trending:1h", {last: 99999})
    site.redis.client().hset("pv:rankings", "trending:1h", f"newsroom:{now_ms()}")
    site.count_one(people=500)
    page.wait("parseInt(document.title) >= 500")
    page.wait(f"document.querySelector('.ranks .headline').innerText === {json.dumps(last)}")
    assert page.focused() == last, "the focus goes with the article that moved up"
    assert page.read("window.said") == 0
    site.redis.client().zadd("pv:trending:1h", {last: 1})
    site.redis.client().hset("pv:rankings", "trending:1h", "newsroom:back")
