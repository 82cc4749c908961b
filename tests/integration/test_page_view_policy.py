"""The recount's own reading of the policy, held against cases worked out by hand."""
from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from data.article_cases import ARTICLE_CASES
from harness.access_log_line import Hit, format_time, parse_line
from harness.page_view_policy import (
    FullHit, Policy, canonical_article, read_spider_patterns, visitor_hash, visitor_of,
)
from harness.pipeline import Pipeline
from harness.topic_reader import read_topic

BROWSER = b"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"


def line(request: bytes = b"GET /a HTTP/1.1", status: bytes = b"200", agent: bytes = BROWSER) -> bytes:
    return b'10.0.0.1 - - [17/May/2015:10:05:03 +0000] "%s" %s 512 "-" "%s"' % (request, status, agent)


def verdict(text: bytes, policy: Policy | None = None) -> tuple[str | None, str | None]:
    hit = parse_line(text)
    assert hit is not None
    return (policy or Policy(["bot"])).judge(hit)


@pytest.mark.parametrize(("target", "article"), ARTICLE_CASES)
def test_target_gets_its_canonical_article(target: bytes, article: str | None) -> None:
    assert canonical_article(target) == article


def test_canonical_article_is_idempotent() -> None:
    source = random.Random(11)
    pieces = ["/", "//", "a", "%", "%4", "1", "%25", "%2f", "%C3%A9", "%ff", "..", ".", "index.html", "/amp", "é", " "]
    for _ in range(20_000):
        target = "/" + "".join(source.choices(pieces, k=source.randrange(12)))
        once = canonical_article(target.encode())
        assert once is not None and canonical_article(once.encode()) == once, target


@pytest.mark.parametrize(("text", "expected"), [
    (line(), ("/a", None)),
    (line(status=b"304"), ("/a", None)),
    (line(b"POST /a HTTP/1.1"), (None, "method")),
    (line(b"get /a HTTP/1.1"), (None, "method")),
    (line(b"-", b"408"), (None, "method")),
    (line(b"", b"400"), (None, "method")),
    (line(rb"\x16\x03\x01", b"400"), (None, "method")),
    (line(b"HEAD /a.css HTTP/1.1", b"404"), (None, "method")),
    (line(b"GET /a.css HTTP/1.1", b"404"), (None, "status")),
    (line(status=b"206"), (None, "status")),
    (line(b"GET /a/style.CSS?v=1 HTTP/1.1"), (None, "asset")),
    (line(b"GET /a.b/style HTTP/1.1"), ("/a.b/style", None)),
    (line(b"GET /a.html HTTP/1.1"), ("/a.html", None)),
    (line(b"GET /a.png/ HTTP/1.1"), ("/a.png", None)),
    (line(b"GET /a.p%6eg HTTP/1.1"), ("/a.png", None)),
    (line(b"GET ?q HTTP/1.1"), (None, "bad_article")),
    (line(rb"GET /a\nb HTTP/1.1"), (None, "bad_article")),
    (line(rb"GET /say\"hi\" HTTP/1.1"), ('/say"hi"', None)),
    (line(rb"GET /caf\xc3\xa9 HTTP/1.1"), ("/café", None)),
    (line(b"GET /with space HTTP/1.1"), ("/with space", None)),
    (line(b"GET /http-0.9"), ("/http-0.9", None)),
])
def test_hit_gets_the_first_reason_that_applies(text: bytes, expected: tuple[str | None, str | None]) -> None:
    assert verdict(text) == expected


def test_article_pattern_decides_last() -> None:
    policy = Policy([], article_pattern="^/blog/")
    assert verdict(line(b"GET /blog/x HTTP/1.1"), policy) == ("/blog/x", None)
    assert verdict(line(b"GET /about HTTP/1.1"), policy) == (None, "not_article")


PAGE = FullHit(1_431_857_103_000, b"GET", b"/a", 200, BROWSER, address=b"203.0.113.9", site=b"www.example.org")
DAY = PAGE.time_ms // 86_400_000


@pytest.mark.parametrize("purpose", [b"prefetch", b"Prefetch;prerender", b"PRERENDER", b"a, prefetch;b"])
def test_page_loaded_ahead_is_no_view(purpose: bytes) -> None:
    assert Policy([]).judge(replace(PAGE, purpose=purpose, no_consent=True)) == (None, "prefetch")
    assert Policy([]).judge(replace(PAGE, purpose=purpose, target=b"/a.css")) == (None, "asset")


@pytest.mark.parametrize("purpose", [None, b"", b"-", b"prefetc", b"preview"])
def test_page_loaded_when_it_is_seen_is_a_view(purpose: bytes | None) -> None:
    assert Policy([]).judge(replace(PAGE, purpose=purpose)) == ("/a", None)


def test_consent_comes_before_the_article_and_may_be_ignored() -> None:
    asked = replace(PAGE, no_consent=True, target=b"/\xff")
    assert Policy([]).judge(asked) == (None, "consent")
    assert Policy([], ignore_consent=True).judge(asked) == (None, "bad_article")


def test_hits_of_other_sites_are_left_out_first() -> None:
    policy = Policy([], sites=(b"WWW.example.org", b"blog.example.org"))
    assert policy.judge(PAGE) == ("/a", None)
    for site in (None, b"", b"example.org", b"www.example.org2"):
        assert policy.judge(replace(PAGE, site=site, method=b"POST")) == (None, "other_site")


@pytest.mark.parametrize(("told", "expected"), [
    ((b"203.0.113.9", b"Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0", b"www.example.org"),
     "e2be95c3bc02b9b1"),
    ((b"", b"", b""), "a204455475ddae1c"),
    ((b"2001:db8::1", b"x" * 1000, b"WWW.example.org"), "102848a38315a966"),
])
def test_visitor_is_that_of_the_c_code(told: tuple[bytes, bytes, bytes], expected: str) -> None:
    assert visitor_hash(bytes(range(32)), *told) == expected


def test_visitor_needs_address_agent_and_salt() -> None:
    salts = {DAY: b"1" * 32}
    visitor = visitor_of(PAGE, salts)
    assert visitor is not None and re.fullmatch("[0-9a-f]{16}", visitor)
    assert visitor_of(PAGE, {DAY: b"2" * 32}) != visitor != visitor_of(replace(PAGE, site=None), salts)
    assert visitor_of(PAGE, {DAY - 1: b"1" * 32}) is None
    for nothing in (None, b"", b"-"):
        assert visitor_of(replace(PAGE, address=nothing), salts) is None
        assert visitor_of(replace(PAGE, user_agent=nothing), salts) is None
    assert visitor_of(replace(PAGE, address=b"unix:"), salts) is None


def test_kept_parameters_stay_sorted() -> None:
    target = b"/index.php?z=1&p=123&utm=x&a=2"
    assert canonical_article(target, ("p", "a")) == "/?a=2&p=123"


@pytest.mark.parametrize("broken", [
    b"", b"words", line()[:-1], line().replace(b"May", b"Mai"), line().replace(b"[17", b"[32"), line(status=b"20"),
    line().replace(b" 512 ", b" "), b'10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512',
])
def test_broken_line_is_no_hit(broken: bytes) -> None:
    assert parse_line(broken) is None


def test_time_zone_of_a_line_is_respected() -> None:
    plain, moved = parse_line(line()), parse_line(line().replace(b"10:05:03 +0000", b"03:35:03 -0630"))
    assert plain is not None and moved is not None and plain.time_ms == moved.time_ms == 1_431_857_103_000


def test_other_formats_are_understood() -> None:
    common = line().rsplit(b' "', 2)[0]
    hit = parse_line(common, "common")
    assert isinstance(hit, Hit) and hit.user_agent is None
    assert parse_line(b"www.example.org:443 " + line(), "vcombined") == parse_line(line())


@pytest.mark.parametrize(("agent", "expected"), [
    (None, "user"), (b"", "spider"), (b"-", "spider"), (b"GoogleBOT/2.1", "spider"), (BROWSER, "user"),
])
def test_agent_class_follows_the_user_agent(agent: bytes | None, expected: str) -> None:
    assert Policy(["bot"]).agent_of(agent) == expected


def test_shipped_spider_patterns_work_here_as_well() -> None:
    patterns = read_spider_patterns()
    assert patterns and all(re.compile(pattern) for pattern in patterns)
    policy = Policy(patterns)
    assert policy.agent_of(b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)") == "spider"
    assert policy.agent_of(BROWSER) == "user"


def hits_of_readers(now: datetime) -> list[FullHit]:
    """Of today, yesterday and the day before, each of its own article, so that it is found again."""
    source = random.Random(23)
    hits = []
    for number in range(600):
        when = now - timedelta(days=number % 3, seconds=1)
        hits.append(FullHit(
            int(when.timestamp()) * 1000, b"GET", b"/read/%d" % number, 200,
            user_agent=source.choice([BROWSER, BROWSER + b" one", b"Wget/1.21", b"-", b"x" * 600]),
            address=source.choice([b"203.0.113.7", b"203.0.113.8", b"2001:db8::7", b"unix:"]),
            site=source.choice([b"www.example.org", b"Blog.Example.org"]),
        ))
    return hits


def vcombined(hit: FullHit) -> bytes:
    when = format_time(datetime.fromtimestamp(hit.time_ms / 1000, timezone.utc))
    return b'%s:443 %s - - [%s] "GET %s HTTP/1.1" 200 5 "-" "%s"\n' % (
        hit.site or b"-", hit.address or b"-", when, hit.target, hit.user_agent or b"-",
    )


def visitors_in_topic(pipeline: Pipeline) -> dict[str, str | None]:
    events = [json.loads(message.value() or b"") for message in read_topic(pipeline.broker.address, pipeline.topic)]
    return {event["article"]: event.get("visitor") for event in events}


def salts_in(directory: Path) -> dict[int, bytes]:
    epoch = date(1970, 1, 1)
    return {
        (date.fromisoformat(path.name.removeprefix("visitor-salt-")) - epoch).days: path.read_bytes()
        for path in directory.glob("visitor-salt-????-??-??")
    }


def test_producer_tells_visitors_as_the_recount_does_and_nothing_else_of_them(pipeline: Pipeline) -> None:
    hits = hits_of_readers(datetime.now(timezone.utc))
    state = pipeline.directory / "state"
    pipeline.log.write_bytes(b"".join(map(vcombined, hits[:300])))
    first = pipeline.ship(format="vcombined")
    with pipeline.log.open("ab") as log:
        log.write(b"".join(map(vcombined, hits[300:])))
    second = pipeline.ship(format="vcombined")  # by the same salts
    salts = salts_in(state)
    assert len(salts) >= 2 and all(len(salt) == 32 for salt in salts.values())
    expected = {hit.target.decode(): visitor_of(hit, salts) for hit in hits}
    assert visitors_in_topic(pipeline) == expected
    assert len(set(expected.values())) > 20
    told = [message.value() or b"" for message in read_topic(pipeline.broker.address, pipeline.topic)]
    told += [program.text().encode() for program in (first, second)]
    told += [path.read_bytes() for path in state.rglob("*") if path.is_file()]
    for secret in (b"203.0.113.", b"2001:db8", b"Mozilla", b"Wget", b"unix:"):
        assert not any(secret in text for text in told), secret


def test_producer_without_visitors_makes_no_salt(pipeline: Pipeline) -> None:
    pipeline.log.write_bytes(vcombined(hits_of_readers(datetime.now(timezone.utc))[0]))
    pipeline.ship(format="vcombined", visitors="off")
    assert visitors_in_topic(pipeline) == {"/read/0": None}
    assert salts_in(pipeline.directory / "state") == {}
