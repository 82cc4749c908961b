"""The recount's own reading of the policy, held against cases worked out by hand."""
from __future__ import annotations

import random
import re

import pytest

from data.article_cases import ARTICLE_CASES
from harness.access_log_line import Hit, parse_line
from harness.page_view_policy import Policy, canonical_article, read_spider_patterns

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
