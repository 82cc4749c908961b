"""What the dashboard works out without a page: names of files, days of zones, sums, words on freshness."""
from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.dashboard_modules import evaluate
from harness.newsroom import DAY_MS, HOUR_MS, MINUTE_MS
from harness.counts import minute_of

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
         "America/Havana")


def digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)


def ms_of(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def clock_of(at_ms: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%H:%M")


def test_hash_is_sha256() -> None:
    """At all lengths about those where a block is full, and on bytes of all values."""
    source = random.Random(1)
    texts = [source.randbytes(length) for length in (*range(0, 130), 1000, 70_000)]
    hashes = evaluate(
        ["sha256"], "given.map((hex) => m.sha256(Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16))))",
        [text.hex() for text in texts])
    assert hashes == [hashlib.sha256(text).hexdigest() for text in texts]


_NAMES = dict([
    ("/2026/11/24/slug", "2026/11/24/slug"), ("/", "~"), ("/p?id=7", f"~{digits('p?id=7')}"), ("//a", "~/a"),
    ("/a/", "a/~"), ("/.hidden", f"~{digits('.hidden')}"), ("/~x", f"~{digits('~x')}"),
    ("/a.json", f"~{digits('a.json')}"), ("/a.jsonx", "a.jsonx"), ("/a b/c", f"~{digits('a b')}/c"),
    ("/日本/é", "日本/é"), ("/a\u0085", f"~{digits('a' + chr(0x85))}"), ("/" + "x" * 200, "x" * 200),
    ("/" + "x" * 201, f"~{digits('x' * 201)}"), ("/" + "é" * 101, f"~{digits('é' * 101)}"),
    ("/" + "/".join("abcdefghijklmnop"), "/".join("abcdefghijklmnop")),
    ("/" + "/".join("abcdefghijklmnopq"), f"~~{digits('/'.join('abcdefghijklmnopq'))}"),
    ("/" + "/".join(["y" * 170] * 3), "/".join(["y" * 170] * 3)),
    ("/" + "/".join(["y" * 171] * 3), f"~~{digits('/'.join(['y' * 171] * 3))}"),
])


def test_articles_have_the_names_that_the_document_says() -> None:
    expression = "Object.fromEntries(given.map((id) => [id, m.articleName(id)]))"
    assert evaluate(["safe_name"], expression, list(_NAMES)) == _NAMES


def test_files_of_sections_are_asked_for_by_their_names() -> None:
    sections = [None, "news", "/news", "a b", "Kultur/Öl"]
    names = evaluate(["safe_name"], "given.map((section) => m.listFile('1h', section))", sections)
    assert names == ["trending/1h.json", "trending/1h/news.json", "trending/1h/~/news.json",
                     f"trending/1h/~{digits('a b')}.json", "trending/1h/Kultur/%C3%96l.json"]


@pytest.mark.parametrize("name", ZONES)
def test_days_begin_at_midnight_of_the_zone_also_where_clocks_change(name: str) -> None:
    source = random.Random(5)
    first = ms("2026-01-01")
    moments = [first + source.randrange(365 * DAY_MS) for _ in range(200)]
    for changed in ("2026-03-29T00:30", "2026-03-29T23:00", "2026-10-25T00:30", "2026-10-25T12:00", "2026-04-04T20:00",
                    "2026-03-08T12:00", "2026-11-01T04:30", "2026-11-01T05:30", "2026-11-01T12:00"):
        moments.append(ms(changed))
    expression = ("given.moments.map((ms) => { const z = new m.Zone(given.name); "
                  "return [z.midnight(ms), z.midnightAfter(ms, -7), z.clock(ms)]; })")
    found = evaluate(["zone"], expression, {"moments": moments, "name": name})
    zone = ZoneInfo(name)
    for moment, (midnight, week_before, clock) in zip(moments, found):
        local = datetime.fromtimestamp(moment / 1000, zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        before = (local.date() - timedelta(days=7))
        assert midnight == day.timestamp() * 1000, local
        assert week_before == datetime(before.year, before.month, before.day, tzinfo=zone).timestamp() * 1000, local
        assert clock == local.strftime("%H:%M")


def test_zone_is_the_readers_or_the_one_that_is_given() -> None:
    expression = "[new m.Zone(given).name, new m.Zone(given).isReaders]"
    assert evaluate(["zone"], expression, None, zone="America/New_York") == ["America/New_York", True]
    assert evaluate(["zone"], expression, "Europe/Berlin", zone="America/New_York") == ["Europe/Berlin", False]


def site_files(minutes: dict[int, int]) -> list[tuple[str, list[dict[str, Any]]]]:
    days: dict[str, list[dict[str, Any]]] = {}
    for at, views in sorted(minutes.items()):
        days.setdefault(minute_of(at)[:10], []).append({"time": minute_of(at)[11:16], "views": views})
    return list(days.items())


_TODAY = """(() => { const views = new m.Views();
    if (given.hours) views.addHours(given.hours);
    for (const [date, items] of given.days) views.addDay(date, items);
    return m.today(views, new m.Zone(given.zone), given.now); })()"""


def today(minutes: dict[int, int], now: int, zone: str, hours: Any = None) -> Any:
    given = {"days": site_files(minutes), "now": now, "zone": zone, "hours": hours}
    return evaluate(["series", "today", "zone"], _TODAY, given)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_today_is_compared_with_the_same_part_of_that_day_last_week(zone: str) -> None:
    now = ms("2026-11-24T13:05") + 40_000
    source = random.Random(2)
    minutes = {at: source.randrange(50) for at in range(now // DAY_MS * DAY_MS - 9 * DAY_MS, now, MINUTE_MS)}
    found = today(minutes, now, zone)
    local = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    midnight = int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    minute = now // MINUTE_MS * MINUTE_MS
    assert found["sofar"] == sum(views for at, views in minutes.items() if at >= midnight)
    assert found["then"] == sum(views for at, views in minutes.items()
                                if midnight - 7 * DAY_MS <= at < minute - 7 * DAY_MS)
    hours, line, before = found["data"]
    assert (hours[0], hours[-1], len(hours)) == (0, 23.75, 96)
    quarter = 15 * MINUTE_MS
    for i, rate in enumerate(before):
        start = midnight - 7 * DAY_MS + i * quarter
        assert rate == pytest.approx(sum(minutes.get(start + n * MINUTE_MS, 0) for n in range(15)) / 15)
    known = [rate for rate in line if rate is not None]
    assert line[len(known):] == [None] * (96 - len(known))
    assert len(known) == (minute - midnight) // quarter + ((minute - midnight) % quarter >= 3 * MINUTE_MS)
    assert known[2] == pytest.approx(sum(minutes[midnight + (30 + n) * MINUTE_MS] for n in range(15)) / 15)


_TODAY_DRAWN = """(() => { const views = new m.Views();
    for (const [date, items] of given.days) views.addDay(date, items);
    const zone = new m.Zone(given.zone), day = m.today(views, zone, given.now), shape = m.todayShape(day, zone);
    const ticks = shape.ticks(null, null, given.width);
    return {day, said: m.todaySaid(day), range: shape.range(), ticks, texts: ticks.map(shape.tick),
      labels: day.data[0].map(shape.label)}; })()"""


@pytest.mark.parametrize("zone, date, hours, hours_before", [
    ("Europe/Berlin", "2026-10-25", 25, 24), ("Europe/Berlin", "2026-11-01", 24, 25),
    ("Europe/Berlin", "2026-03-29", 23, 24), ("Europe/Berlin", "2026-04-05", 24, 23),
    ("America/Havana", "2026-11-01", 25, 24), ("Australia/Lord_Howe", "2026-04-05", 24.5, 24),
    ("Australia/Lord_Howe", "2026-10-04", 23.5, 24), ("UTC", "2026-10-25", 24, 24),
])
@pytest.mark.parametrize("width", [360, 800])
def test_today_is_as_long_as_the_day_is_where_clocks_change(zone: str, date: str, hours: float, hours_before: float,
                                                            width: int) -> None:
    local = ZoneInfo(zone)
    midnight = ms_of(datetime.fromisoformat(date).replace(tzinfo=local))
    before = ms_of(datetime.fromisoformat(date).replace(tzinfo=local) - timedelta(days=7))
    now = midnight + round(hours * HOUR_MS) - 1  # in the last minute of the day
    # A view in each minute of that day last week, two in those of the days around it.
    minutes = {at: 1 + (not before <= at < before + hours_before * HOUR_MS)
               for at in range(before - DAY_MS, now, MINUTE_MS)}
    found = evaluate(["series", "today", "zone"], _TODAY_DRAWN,
                     {"days": site_files(minutes), "zone": zone, "now": now, "width": width})
    xs, line, last = found["day"]["data"]
    assert found["range"] == [0, hours]
    assert xs == [quarter / 4 for quarter in range(round(4 * hours))]
    assert line == [2] * len(xs)
    both = round(4 * min(hours, hours_before))
    assert last == [1] * both + [None] * (len(xs) - both)
    compared = min(round(60 * hours) - 1, 60 * hours_before)
    ends = clock_of(before + compared * MINUTE_MS, local) if compared < 60 * hours_before else "24:00"
    assert f"by {ends}, which had {compared:,.0f}." in found["said"]
    assert found["labels"] == [clock_of(midnight + quarter * 15 * MINUTE_MS, local) for quarter in range(len(xs))]
    wanted = [f"{hour:02}:00" for hour in range(0, 24, 3 if width >= 420 else 6)]
    assert found["texts"] == [*wanted, ""]
    assert found["ticks"] == [found["labels"].index(text) / 4 for text in wanted] + [hours]


def test_hours_stand_in_for_the_minutes_of_days_without_a_file() -> None:
    now = ms("2026-11-24T13:05")
    minutes = {at: 2 for at in range(now // DAY_MS * DAY_MS, now, MINUTE_MS)}
    hours = {"to": "2026-11-24T13", "views": [60] * 336}
    found = today(minutes, now, "UTC", hours)
    assert found["then"] == 13 * 60 + 5
    assert set(found["data"][2]) == {1}
    assert found["change"]["text"] == "100% more than"


def test_a_week_before_the_first_count_is_not_compared_with() -> None:
    now = ms("2026-11-24T13:05")
    minutes = {at: 2 for at in range(now // DAY_MS * DAY_MS, now, MINUTE_MS)}
    found = today(minutes, now, "UTC", {"to": "2026-11-24T13", "views": [0] * 336})
    assert (found["then"], found["change"]) == (None, None)
    assert set(found["data"][2]) == {None}


def test_file_that_nobody_wrote_since_is_filled_up_to_now() -> None:
    series = {"to": "2026-11-24T10", "views": [5, 6, 7]}
    found = evaluate(["series"], "given.map((now) => m.upTo({to: '2026-11-24T10', views: [5, 6, 7]}, 3600000, now))",
                     [ms("2026-11-24T10:59"), ms("2026-11-24T12:00"), ms("2026-11-30T12:00"), ms("2026-11-24T09:00")])
    assert series["views"] == found[0]["views"]
    assert [answer["views"] for answer in found] == [[5, 6, 7], [7, 0, 0], [0, 0, 0], [5, 6, 7]]
    assert found[1]["at"] == [ms("2026-11-24T10:00") + n * HOUR_MS for n in range(3)]
    assert found[3]["at"][-1] == ms("2026-11-24T10:00"), "a clock that is behind takes nothing away"


_PAGES: dict[str, dict[str, Any]] = dict([
    ("", {"page": "overview"}), ("#/", {"page": "overview"}), ("#/filtered", {"page": "filtered"}),
    ("#/list/rising", {"page": "list", "list": "rising", "section": None}),
    ("#/list/1h/a%2Fb", {"page": "list", "list": "1h", "section": "a/b"}),
    ("#/section/sport", {"page": "section", "section": "sport"}),
    ("#/section/Wirtschaft%20%26%20B%C3%B6rse", {"page": "section", "section": "Wirtschaft & Börse"}),
    ("#/article/%2F2026%2Fa%3Fb%3D%2541", {"page": "article", "article": "/2026/a?b=%41"}),
    ("#/article//2026/a", {"page": "article", "article": "/2026/a"}),
    ("#/article/2026/a", {"page": "article", "article": "/2026/a"}),
    ("#/article/100%", {"page": "article", "article": "/100%"}),
    ("#/nothing", {"page": "missing"}), ("#/filtered/x", {"page": "missing"}), ("#/article", {"page": "missing"}),
])


def test_addresses_name_pages() -> None:
    expression = "Object.fromEntries(given.map((hash) => [hash, m.route(hash)]))"
    assert evaluate(["router"], expression, list(_PAGES)) == _PAGES


def test_every_article_has_an_address_that_leads_to_it() -> None:
    articles = ["/", "//", "/a?b=c&d", "/100%", "/a#b", "/ü/日本", "/a%2Fb"]
    found = evaluate(["router"], "given.map((article) => m.route(m.to.article(article)))", articles)
    assert found == [{"page": "article", "article": article} for article in articles]


NOW = ms("2026-11-24T14:03:08")


@pytest.mark.parametrize("made, lag, lost, text, alarm", [
    ("14:03:08", 1, None, "counted to 14:03:07, 1 s ago", None),
    ("14:02:08", 0, None, "counted to 14:02:08, 60 s ago", None),
    ("14:01:00", 0, None, "counted to 14:01:00, 2 min ago", "pv-dashboard-export runs"),
    ("14:03:08", 300, None, "counted to 13:58:08, 5 min ago", "pv-aggregator runs"),
    ("14:03:08", 90, None, "counted to 14:01:38, 90 s ago", None),
    ("14:03:08", 1, NOW - 5000, "counted to 14:03:07, 1 s ago", "cannot reach its server since 14:03:03"),
    ("14:03:08", None, None, "nothing counted yet", "Start pv-aggregator"),
])
def test_head_says_how_fresh_the_counts_are(
    made: str, lag: int | None, lost: int | None, text: str, alarm: str | None
) -> None:
    given = {"now": NOW, "lostAt": lost, "live": {"generated_at": f"2026-11-24T{made}Z", "lag_seconds": lag}}
    found = evaluate(["freshness", "zone"], "m.freshness(given, new m.Zone('UTC'))", given)
    assert found["text"] == text
    assert found["alarm"] is None if alarm is None else alarm in found["alarm"]


def test_counts_of_another_day_name_it() -> None:
    given = {"now": NOW, "lostAt": None, "live": {"generated_at": "2026-11-22T23:30:00Z", "lag_seconds": 0}}
    found = evaluate(["freshness", "zone"], "m.freshness(given, new m.Zone('Europe/Berlin'))", given)
    assert found["text"] == "counted to 00:30:00 on Monday 23 November, 38 h ago"


def test_page_without_counts_says_what_to_do() -> None:
    found = evaluate(["freshness"], "[m.freshness({now: 0, live: null, missing: true, lostAt: null}), "
                     "m.freshness({now: 0, live: null, missing: false, lostAt: 1}), "
                     "m.freshness({now: 0, live: undefined, missing: false, lostAt: null})]")
    assert "Start pv-dashboard-export" in found[0]["alarm"]
    assert "cannot reach its server" in found[1]["alarm"]
    assert found[2]["alarm"] is None


def test_difference_is_said_in_words() -> None:
    said = {(112, 100): "12% more than", (88, 100): "12% fewer than", (1001, 1000): "as many as",
            (3000, 100): "30 times as many as", (0, 5): "100% fewer than"}
    found = evaluate(["numbers"], "given.map(([now, before]) => m.difference(now, before).text)", list(said))
    assert found == list(said.values())


def test_there_is_no_difference_to_nothing() -> None:
    assert evaluate(["numbers"], "[m.difference(5, 0), m.difference(5, null)]") == [None, None]


def test_zone_that_the_browser_does_not_know_is_the_readers_own() -> None:
    names = ["Europe/Berlin", "localtime", "posix/Europe/Berlin", "", None]
    found = evaluate(["zone"], "given.map((name) => new m.Zone(name)).map((zone) => [zone.name, zone.isReaders])", names,
                     zone="Asia/Tokyo")
    assert found == [["Europe/Berlin", False], *[["Asia/Tokyo", True]] * 4]


# A page's parts that take what is done to them, and a feed that tells what is watched.
_WATCHED = """
(() => {
  const part = () => ({ addEventListener() {}, setAttribute() {}, append() {}, replaceChildren() {} });
  globalThis.document = { createElement: part };
  const watched = new Map();
  const feed = { nowMs: given[0], now() { return this.nowMs; },
    watch(path, seen) { watched.set(path, seen); return () => watched.delete(path); } };
  const page = m.filteredPage({ feed, zone: new m.Zone('UTC') });
  const seen = given.map((now) => {
    feed.nowMs = now;
    watched.get('live.json')({});
    return [...watched.keys()].filter((path) => path.startsWith('filtered/'));
  });
  page.stop();
  return [...seen, [...watched.keys()]];
})()
"""


def test_page_that_is_open_over_midnight_shows_the_new_yesterday() -> None:
    midnight = ms("2026-11-25")
    seen = evaluate(["filtered", "zone"], _WATCHED, [midnight - 1, midnight, midnight + DAY_MS])
    assert seen == [["filtered/2026-11-23.json"], ["filtered/2026-11-24.json"], ["filtered/2026-11-25.json"], []]
