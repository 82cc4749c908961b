"""The news site of the examples: its pages, its log, and the past that the demo makes up for it."""
from __future__ import annotations

import http.client
import re
import struct
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from demo import history, news_site
from demo.news_site import ARTICLE_PATTERN, FORMAT, Newspaper
from demo.popularity import Popularity
from demo.recount import Recount
from harness.access_log_line import parse_line
from harness.child_process import ChildProcess
from harness.log_lines import BROWSER
from harness.page_view_policy import Policy
from harness.ports import answers, free_port
from harness.programs import binary
from harness.waiting import wait_until
from harness.weblog_recount import recount_files

NOW = datetime(2026, 11, 25, 13, 5, 7, tzinfo=timezone.utc)
LINES = 20_000
VIEWS = "http://127.0.0.1:1"
SPIDER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ODD_AGENT = 'Mozilla/5.0 "quoted" \\ caf\u00e9'


class Site:
    def __init__(self, directory: Path) -> None:
        self.log = directory / "access.log"
        self.port = free_port()
        self.child = ChildProcess(news_site.command(self.port, self.log, VIEWS), directory / "site.log")
        wait_until(lambda: answers(self.port), "the site answers", explain=self.child.describe)
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, str]:
        """All on one connection."""
        said = {"User-Agent": BROWSER.decode()} | {name.replace("_", "-"): text for name, text in headers.items()}
        self._connection.request(method, path, headers={name: text.encode() for name, text in said.items()})
        answer = self._connection.getresponse()
        return answer, answer.read().decode()

    def lines(self, count: int) -> list[bytes]:
        """The log once it has so many lines: one is written when its answer has gone."""
        wait_until(lambda: self.log.read_bytes().count(b"\n") >= count, f"{count} lines", explain=self.child.describe)
        lines = self.log.read_bytes().splitlines()
        assert len(lines) == count
        return lines


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    started = Site(tmp_path)
    try:
        yield started
    finally:
        started.child.kill()


class Page(HTMLParser):
    """Fails on elements that are not closed in order."""

    VOID = {"meta", "link", "br", "img"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: set[str] = set()
        self.marks: list[str] = []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        if tag == "a" and said["href"] and said["href"].startswith("/"):
            self.links.add(said["href"])
        self.marks += [name for name in said if name.startswith("data-pv-")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


def test_every_page_is_reached_from_the_front_page(site: Site) -> None:
    seen: set[str] = set()
    due = {"/"}
    while due:
        path = due.pop()
        seen.add(path)
        answer, text = site.ask(path)
        assert answer.status == 200, path
        due |= Page(text).links - seen
    assert seen > set(Newspaper().by_path) and len(Newspaper().articles) >= 24


def test_article_is_laid_out_as_articles_are(site: Site) -> None:
    for article in Newspaper().articles:
        _, text = site.ask(article.path)
        body = re.sub(r"<[^>]+>", "", text.partition('<main class="story">')[2])
        assert re.search(r"Views: .*Also read.*Also read.*Comments: 0", body, re.DOTALL), article.path
        assert Page(text).marks == ["data-pv-views", "data-pv-also-read", "data-pv-also-read"]
        assert len(article.paragraphs) >= 5, article.path
        assert f'<script defer src="{VIEWS}/views.js" data-refresh="1">' in text


def answers_of_producer(lines: list[bytes]) -> list[list[str | None]]:
    """What pv-producer's parser makes of them: title and section are last."""
    stdin = b"".join(struct.pack(">I", len(line)) + line for line in lines)
    done = subprocess.run([binary("pv-format-check"), FORMAT], input=stdin, capture_output=True, timeout=60, check=True)
    return [[None if word == "-" else "" if word == "=" else bytes.fromhex(word).decode() for word in line.split()[3:]]
            for line in done.stdout.decode().splitlines()]


def test_each_request_is_a_line_that_the_producer_reads(site: Site) -> None:
    article = Newspaper().articles[0]
    answer, _ = site.ask(article.path, User_Agent=ODD_AGENT, Referer="https://example.org/?q=a b",
                         X_Forwarded_For="203.0.113.9, 10.1.2.3")
    assert answer.getheader("Cache-Control") == "no-store", "or a second look would not be in the log"
    site.ask("/", method="HEAD")
    site.ask("/nowhere%22")
    lines = site.lines(3)
    method, target, referrer, agent, address, _, _, title, section = answers_of_producer(lines)[0]
    assert (method, target, referrer) == ("GET", article.path, "https://example.org/?q=a b")
    assert (agent, address) == (ODD_AGENT, "10.1.2.3")
    assert (title, section) == (article.title, article.section)
    assert answers_of_producer(lines)[1][-2:] == [None, None]
    assert [hit and (hit.method, hit.status) for hit in map(parse_line, lines)] == [
        (b"GET", 200), (b"HEAD", 200), (b"GET", 404)]


def test_target_that_is_no_address_is_not_found(site: Site) -> None:
    answer, _ = site.ask("x://[")
    assert answer.status == 404
    assert [hit and hit.status for hit in map(parse_line, site.lines(1))] == [404]


def make_past(seed: int) -> bytes:
    paper = Newspaper()
    made = history.History(paper, Popularity(paper, NOW, seed), NOW, LINES, seed)
    return b"".join(line for chunk in made.chunks() for line in chunk)


@cache
def past() -> bytes:
    return make_past(1)


def test_past_is_the_same_for_the_same_moment() -> None:
    assert make_past(1) == past()
    assert make_past(2) != past()


def test_past_ends_now_and_has_eight_days(tmp_path: Path) -> None:
    times = [hit.time_ms for hit in map(parse_line, past().splitlines()) if hit]
    assert times == sorted(times)
    assert NOW - timedelta(minutes=30) < datetime.fromtimestamp(times[-1] / 1000, timezone.utc) <= NOW
    assert timedelta(days=8) <= NOW - datetime.fromtimestamp(times[0] / 1000, timezone.utc) < timedelta(days=9)
    assert abs(len(times) - LINES) < LINES / 20


def test_articles_of_the_past_are_read_after_they_are_published() -> None:
    published = {article.path: article.published(NOW).timestamp() * 1000 for article in Newspaper().articles}
    for hit in map(parse_line, past().splitlines()):
        assert hit is not None
        if hit.target.decode() in published and b"bot" not in (hit.user_agent or b"").lower():
            assert hit.time_ms >= published[hit.target.decode()] - 60_000


def test_recount_by_kinds_of_lines_is_the_recount_line_by_line(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    broken = [b"", b"-", b"10.0.0.1 - - [not a time] \"GET /a/b HTTP/1.1\" 200 5 \"-\" \"x\"", b"a] b"]
    log.write_bytes(past() + b"".join(line + b"\n" for line in broken) + b"half a line")
    quick, plain = Recount().count(log), recount_files(log, policy=Policy(article_pattern=ARTICLE_PATTERN))
    assert quick.hits == plain.hits and quick.reasons == plain.reasons and quick.reasons["bad_line"] == len(broken)
    assert quick.counts == plain.counts
