"""A real browser on pages with pv.js, with Plausible's tracker, and with pixels: one view for each page it shows."""
from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.chromium import ANYONE, NPM_MODULES, OTHER_SITE, SITE, WITH_GPC, Chromium, Reader
from harness.nginx_server import NginxServer
from harness.pipeline import Pipeline
from harness.ports import answers, free_port
from harness.programs import Program
from harness.shipped_snippet import render
from harness.topic_reader import read_topic
from harness.waiting import wait_until

# The module of the npm package is served as it is; it names its parts without their extension.
_LOCATIONS = """
location /script/ { try_files /script.html =404; }
location /named/ { try_files /named.html =404; }
location /elsewhere/ { try_files /elsewhere.html =404; }
location /plausible/ { try_files /plausible.html =404; }
location /goat/ { try_files /goat.html =404; }
location /pixel/ { try_files /pixel.html =404; }
location = /requests.log { }
location /plausible-tracker/ { types { } default_type text/javascript; try_files $uri.js $uri =404; }
"""

_PAGES = {
    "script": '<script defer src="/pv.js"></script>',
    "named": '<script defer src="/pv.js" data-article="/named/article" data-section="news"></script>',
    "elsewhere": f'<script defer src="http://{OTHER_SITE}:COLLECTOR/pv.js"></script>',
    "plausible": f"""<script type="module">
        import Plausible from '/plausible-tracker/index';
        const plausible = Plausible({{ domain: '{SITE}', apiHost: location.origin }});
        plausible.enableAutoPageviews();
        document.signup = () => plausible.trackEvent('signup');
        </script>""",
    # What GoatCounter's count.js asks for.
    "goat": """<script>
        new Image().src = '/count?' + new URLSearchParams({
            p: location.pathname, r: document.referrer, t: document.title, e: 'false', s: '1280,720,1',
            b: '0', q: location.search, rnd: Math.random() });
        </script>""",
    "pixel": '<img src="/v1/pixel.gif" alt="">',
}


# Lets the browser fetch a page ahead, and waits until it has asked for it: requests are in nginx's log.
FETCH_AHEAD = """(async (path) => {
    const rules = document.createElement('script');
    rules.type = 'speculationrules';
    rules.text = JSON.stringify({ prerender: [{ urls: [path], eagerness: 'immediate' }] });
    document.head.append(rules);
    for (let look = 0; look < 1000; look++) {
        const log = await (await fetch('/requests.log', { cache: 'no-store' })).text();
        if (log.includes(path)) return;
        await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error('the page was not fetched ahead');
})('PATH')"""
WAS_FETCHED_AHEAD = "performance.getEntriesByType('navigation')[0].deliveryType === 'navigational-prefetch'"

# Under a driver chromium only fetches such a page, and does not run it. What its scripts would see if it did:
PRERENDERED = Reader(scripts=(
    "let isHidden = true; Object.defineProperty(Document.prototype, 'prerendering', { get: () => isHidden });"
    "document.show = () => { isHidden = false; document.dispatchEvent(new Event('prerenderingchange')); };",))

GO_TO = "history.pushState({{}}, '', '{}')"


@dataclass
class Site:
    """Pages behind nginx, which hands what they send to a producer's collector."""

    pipeline: Pipeline
    producer: Program
    browser: Chromium
    url: str

    def visit(self, path: str, *steps: tuple[str, ...], reader: Reader = ANYONE) -> list[Any]:
        return self.browser.visit(("open", self.url + path), *steps, reader=reader)

    def expect(self, views: dict[str, int]) -> None:
        """These views, and no others: the last page comes after all that should have sent nothing."""
        self.visit("/pixel/last")
        expected = Counter(views) + Counter(["/pixel/last"])
        self.pipeline.wait_articles_in_topic(expected)
        self.producer.stop()
        self.pipeline.assert_articles_in_topic(expected)
        self.pipeline.count()
        assert self.pipeline.check().articles == expected


@pytest.fixture
def site(tmp_path: Path, pipeline: Pipeline) -> Iterator[Site]:
    port = free_port()
    producer = pipeline.producer(
        tail=False, spool=tmp_path / "spool", http=f"127.0.0.1:{port}", allow_host=[SITE, "127.0.0.1"],
        trusted_proxy="127.0.0.1/32")
    wait_until(lambda: answers(port), "the collector answers", explain=producer.describe)
    snippet = render("nginx/pageviews-collector.conf", {"127.0.0.1:8090": f"127.0.0.1:{port}"})
    requests = f"access_log {tmp_path}/nginx/pages/requests.log combined;"
    pages = NginxServer(tmp_path / "nginx", http=requests, server=snippet + _LOCATIONS)
    with pages as nginx, Chromium(tmp_path) as browser:
        for name, head in _PAGES.items():
            text = head.replace("COLLECTOR", str(port))
            page = f"<!doctype html><meta charset=utf-8><title>Page {name}</title>{text}<p>Text\n"
            (nginx.pages / f"{name}.html").write_text(page, encoding="utf-8")
        shutil.copytree(NPM_MODULES / "plausible-tracker" / "build" / "module", nginx.pages / "plausible-tracker")
        yield Site(pipeline, producer, browser, f"http://{SITE}:{nginx.port}")


KINDS = ("script", "elsewhere", "plausible", "goat", "pixel")
KINDS_THAT_SEE_HISTORY = ("script", "elsewhere", "plausible")


def test_page_is_one_view_however_it_is_sent(site: Site) -> None:
    for kind in KINDS:
        site.visit(f"/{kind}/one")
    site.expect({f"/{kind}/one": 1 for kind in KINDS})


def test_page_with_global_privacy_control_is_no_view_however_it_is_sent(site: Site) -> None:
    for kind in KINDS:
        steps = [("run", GO_TO.format(f"/{kind}/two"))] if kind in KINDS_THAT_SEE_HISTORY else []
        site.visit(f"/{kind}/one", *steps, reader=WITH_GPC)
    site.expect({})


def test_each_change_of_history_to_another_page_is_one_view(site: Site) -> None:
    expected: dict[str, int] = {}
    for kind in KINDS_THAT_SEE_HISTORY:
        one, two, three = (f"/{kind}/{page}" for page in ("one", "two", "three"))
        site.visit(one, ("run", GO_TO.format(two)), ("run", GO_TO.format(three)), ("back",))
        expected |= {one: 1, two: 2, three: 1}
    site.expect(expected)


def test_history_that_stays_on_the_page_is_no_view(site: Site) -> None:
    site.visit("/script/one", ("run", "history.replaceState({}, '', '/script/one')"), ("run", "location.hash = 'part'"))
    site.expect({"/script/one": 1})


def test_return_to_a_page_that_the_browser_kept_is_a_view(site: Site) -> None:
    site.browser.visit(("open", f"{site.url}/script/one"), ("open", f"{site.url}/script/two"), ("back",))
    site.expect({"/script/one": 2, "/script/two": 1})


def test_page_that_the_browser_fetched_ahead_is_a_view_once_it_is_shown(site: Site) -> None:
    """Chromium fetches ahead from this machine and by HTTPS only."""
    here = site.url.replace(SITE, "127.0.0.1")
    site.browser.visit(("open", f"{here}/script/left"), ("run", FETCH_AHEAD.replace("PATH", "/script/never")))
    results = site.browser.visit(
        ("open", f"{here}/script/one"), ("run", FETCH_AHEAD.replace("PATH", "/script/two")),
        ("follow", f"{here}/script/two"), ("run", WAS_FETCHED_AHEAD))
    assert results[-1], "the browser did not show what it had fetched"
    site.expect({"/script/left": 1, "/script/one": 1, "/script/two": 1})


def test_page_that_runs_before_it_is_shown_is_a_view_once_it_is_shown(site: Site) -> None:
    site.visit("/script/hidden", reader=PRERENDERED)
    site.visit("/script/shown", ("run", "document.show()"), reader=PRERENDERED)
    site.expect({"/script/shown": 1})


def test_page_names_its_article_and_section(site: Site) -> None:
    site.visit("/named/one?from=mail")
    site.expect({"/named/article": 1})
    messages = read_topic(site.pipeline.broker.address, site.pipeline.topic)
    events = [json.loads(message.value() or b"") for message in messages]
    (event,) = (event for event in events if event["article"] == "/named/article")
    assert (event["section"], event["title"]) == ("news", "Page named")


def test_event_that_is_no_pageview_is_no_view(site: Site) -> None:
    site.visit("/plausible/one", ("run", "document.signup()"))
    site.expect({"/plausible/one": 1})


def test_page_of_a_site_that_is_not_listed_is_no_view(site: Site) -> None:
    site.browser.visit(("open", f"{site.url.replace(SITE, OTHER_SITE)}/script/one"))
    site.expect({})
