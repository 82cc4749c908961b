"""Each endpoint of the HTTP collector, as browsers and other counters' trackers use it."""
from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from harness.http_collector import HttpCollector, collector  # noqa: F401

PLAUSIBLE = {"n": "pageview", "u": "https://example.org/a", "d": "example.org", "r": None, "w": 1280, "h": 0}


def test_view_is_answered_when_it_is_in_the_spool(collector: HttpCollector) -> None:
    before_ms = time.time() * 1000
    view = {"u": "https://example.org/a/?utm=1", "r": "https://other.org/x", "t": " A\n title ", "s": "news", "ts": 5}
    answer = collector.post(view)
    assert (answer.status, answer.json()) == (202, {"accepted": 1, "rejected": []})
    (event,) = collector.events()
    assert before_ms - 1 <= int(str(event.pop("ts"))) <= time.time() * 1000
    assert event == {"article": "/a", "referrer": "other.org", "title": "A title", "section": "news"}


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain;charset=UTF-8"])
def test_array_of_views_names_what_is_refused(collector: HttpCollector, kind: str) -> None:
    answer = collector.post([{"url": "/a"}, {"article": "/b"}, {"u": "/c.png"}, 7], {"Content-Type": kind})
    assert answer.status == 202
    assert answer.json() == {
        "accepted": 2,
        "rejected": [{"index": 2, "reason": "asset"}, {"index": 3, "reason": "not_object"}],
    }
    assert collector.articles() == ["/a", "/b"]


def test_robots_are_accepted_and_marked(collector: HttpCollector) -> None:
    for agent in ("Googlebot/2.1", ""):
        answer = collector.post({"u": "/a"}, {"User-Agent": agent})
        assert answer.json() == {"accepted": 1, "rejected": []}
    assert [event["agent"] for event in collector.events()] == ["spider", "spider"]


@pytest.mark.parametrize("headers", [{"Sec-GPC": "1"}, {"DNT": "1"}])
def test_who_asks_not_to_be_counted_is_not(collector: HttpCollector, headers: dict[str, str]) -> None:
    assert collector.post({"u": "/a"}, headers).json()["rejected"] == [{"index": 0, "reason": "consent"}]
    assert collector.request("GET", "/v1/pixel.gif?u=/a", headers).status == 200
    assert collector.request("POST", "/api/event", headers, json.dumps(PLAUSIBLE)).status == 202
    assert collector.request("GET", "/count?p=/a", headers).status == 200
    assert collector.events() == []
    assert collector.stop()["rejected_consent"] == 4


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose"])
def test_prefetched_pages_are_no_views(collector: HttpCollector, header: str) -> None:
    collector.request("GET", "/v1/pixel.gif?u=/a", {header: "prefetch;prerender"})
    assert collector.events() == []


def test_pixel(collector: HttpCollector) -> None:
    answer = collector.request("GET", "/v1/pixel.gif?u=https%3A%2F%2Fexample.org%2Fa&t=A%20b+c&s=news&r=https://r.org/")
    assert (answer.status, len(answer.body), answer.body[:6]) == (200, 43, b"GIF89a")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    collector.request("GET", "/v1/pixel.gif", {"Referer": "https://example.org/shown"})
    assert collector.articles() == ["/a", "/shown"]
    assert collector.events()[0]["title"] == "A b c"
    assert collector.request("GET", "/v1/pixel.gif").status == 400


def test_head_answers_as_get_and_counts_nothing(collector: HttpCollector) -> None:
    for target in ("/v1/pixel.gif?u=/a", "/count?p=/a", "/pv.js"):
        head, get = collector.request("HEAD", target), collector.request("GET", target)
        assert (head.status, head.body) == (200, b"")
        for name in ("content-type", "content-length", "cache-control"):
            assert head.headers[name] == get.headers[name]
    assert collector.articles() == ["/a", "/a"]


def test_script_is_small_and_may_be_kept(collector: HttpCollector) -> None:
    answer = collector.request("GET", "/pv.js")
    assert answer.status == 200 and len(answer.body) <= 2048
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "max-age" in answer.headers["cache-control"]
    for name in (b"sendBeacon", b"globalPrivacyControl", b"prerendering", b"pushState", b"persisted"):
        assert name in answer.body
    again = collector.request("GET", "/pv.js", {"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_plausible_event(collector: HttpCollector) -> None:
    long_names = {"name": "pageview", "url": "https://example.org/b", "domain": "example.org", "referrer": None}
    other = PLAUSIBLE | {"n": "Signup"}
    for body in (json.dumps(PLAUSIBLE), json.dumps(long_names), json.dumps(other), "no json"):
        for kind in ("text/plain", "application/json"):
            answer = collector.request("POST", "/api/event", {"Content-Type": kind}, body)
            assert (answer.status, answer.body) == (202, b"ok")
    assert collector.articles() == ["/a", "/a", "/b", "/b"]


def test_goatcounter_count(collector: HttpCollector) -> None:
    query = "p=%2Fa&r=https%3A%2F%2Fr.org%2F&t=A&e=false&s=1920%2C1080%2C1&b=0&q=%3Fx%3D1&rnd=6w2ro"
    assert len(collector.request("GET", f"/count?{query}").body) == 43
    assert collector.request("POST", f"/count?{query}").status == 200
    assert collector.request("GET", "/count?p=click&e=true").status == 200
    assert collector.request("GET", "/count?p=/b&b=150").status == 200
    assert collector.articles() == ["/a", "/a", "/b"]
    assert collector.events()[2]["agent"] == "spider"


def test_other_sites_may_send_and_read_the_answer(collector: HttpCollector) -> None:
    origin = {"Origin": "https://example.org"}
    asked = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = collector.request("OPTIONS", "/v1/views", asked)
    assert allowed.status == 204
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert allowed.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert allowed.headers["access-control-allow-headers"] == "Content-Type"
    for answer in (
        collector.post({"u": "/a"}, origin),
        collector.request("POST", "/v1/views", origin, "{"),
        collector.request("POST", "/v1/views", {**origin, "Content-Type": "text/html"}, "{}"),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in collector.post({"u": "/a"}).headers


def test_answers_of_one_connection_are_each_their_own(collector: HttpCollector) -> None:
    head, json_type = "Host: a\r\nContent-Type: text/plain\r\n", "application/json"
    asked = {
        "one": (f"POST /v1/views HTTP/1.1\r\n{head}Content-Length: 10", '{"u":"/a"}', 202, json_type),
        "two": (f"POST /v1/views HTTP/1.1\r\n{head}Content-Length: 23", '[{"u":"/a"},{"u":"/b"}]', 202, json_type),
        "ok": (f"POST /api/event HTTP/1.1\r\n{head}Content-Length: 0", "", 202, "text/plain"),
        "pixel": (f"GET /v1/pixel.gif?u=/a HTTP/1.1\r\n{head}X: y", "", 200, "image/gif"),
        "bad": (f"POST /v1/views HTTP/1.1\r\n{head}Content-Length: 1", "{", 400, json_type),
        "none": (f"GET /none HTTP/1.1\r\n{head}X: y", "", 404, json_type),
    }
    bodies: dict[str, set[bytes]] = {name: set() for name in asked}
    with collector.connect() as connection:
        for name, (request, body, status, kind) in asked.items():
            for origin in ("", "\r\nOrigin: https://example.org") * 2:
                connection.send(f"{request}{origin}\r\n\r\n{body}")
                answer = connection.answer()
                assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (status, kind), name
                assert answer.headers.get("access-control-allow-origin") == ("*" if origin else None), name
                bodies[name].add(answer.body)
    assert {len(found) for found in bodies.values()} == {1}
    assert len(set().union(*bodies.values())) == len(asked)


def test_allowed_hosts_alone_are_counted(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, allow_host=["example.org", "*.example.net"]) as collector:
        hosts = ("EXAMPLE.org:8443", "www.example.net", "evil.org")
        assert collector.post([{"u": f"https://{host}/a"} for host in hosts] + [{"u": "/a"}]).json() == {
            "accepted": 2,
            "rejected": [{"index": 2, "reason": "not_allowed"}, {"index": 3, "reason": "not_allowed"}],
        }
        mine = collector.post({"u": "/b"}, {"Origin": "https://example.org"})
        assert mine.json()["accepted"] == 1
        assert mine.headers["access-control-allow-origin"] == "https://example.org"
        assert mine.headers["vary"] == "Origin"
        assert "access-control-allow-origin" not in collector.post({"u": "/b"}, {"Origin": "https://evil.org"}).headers
        assert collector.request("POST", "/api/event", body=json.dumps(PLAUSIBLE)).status == 202
        foreign = json.dumps(PLAUSIBLE | {"u": "https://evil.org/a"})
        assert collector.request("POST", "/api/event", body=foreign).status == 202
        assert collector.request("GET", "/count?p=/c", {"Referer": "https://evil.org/"}).status == 200
        assert collector.request("GET", "/count?p=/c", {"Referer": "https://example.org/"}).status == 200
        assert collector.articles() == ["/a", "/a", "/b", "/a", "/c"]
        assert collector.stop()["rejected_not_allowed"] == 5


def test_time_of_the_client_counts_when_it_is_trusted(tmp_path: Path) -> None:
    with HttpCollector(tmp_path, trust_client_time=True) as collector:
        ahead = int(time.time() * 1000) + 3_600_000
        answer = collector.post([{"u": "/a", "ts": 1763000000000}, {"u": "/b", "ts": ahead}, {"u": "/c", "ts": "x"}])
        assert answer.json() == {
            "accepted": 1,
            "rejected": [{"index": 1, "reason": "future"}, {"index": 2, "reason": "bad_ts"}],
        }
        assert collector.events()[0]["ts"] == 1763000000000


def test_each_status_is_right_and_says_why(collector: HttpCollector) -> None:
    cases = [
        (400, "POST", "/v1/views", {}, "{"),
        (400, "POST", "/v1/views", {}, ""),
        (400, "POST", "/v1/views", {}, json.dumps([{"u": "/a"}] * 1001)),
        (404, "GET", "/", {}, ""),
        (404, "POST", "/v1/view", {}, "{}"),
        (404, "GET", "/%70v.js", {}, ""),
        (405, "GET", "/v1/views", {}, ""),
        (405, "PUT", "/pv.js", {}, "{}"),
        (413, "POST", "/v1/views", {}, " " * 65537),
        (415, "POST", "/v1/views", {"Content-Type": "application/x-www-form-urlencoded"}, "u=/a"),
        (431, "GET", "/pv.js", {"X": "a" * 9000}, ""),
    ]
    for status, method, target, headers, body in cases:
        answer = collector.request(method, target, headers, body)
        assert answer.status == status, (method, target)
        assert len(answer.error()) > 5
        assert ("allow" in answer.headers) == (status == 405)
    assert collector.request("PUT", "/count").headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert collector.post([{"u": "/a"}] * 1000).json()["accepted"] == 1000
    assert collector.request("POST", "/v1/views", {}, '{"u":"/b"}' + " " * 65526).status == 202
    assert len(collector.events()) == 1001
