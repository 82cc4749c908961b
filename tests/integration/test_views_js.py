"""What views.js writes into a page, and that it leaves the page alone when it cannot."""
from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from harness.views_script import SCRIPT, fill_page

ITEMS = [{"article": f"/{name}", "title": f"Title {name}"} for name in "abcdefgh"]
ALSO_READ = {"also-read/a": {"items": ITEMS}}
LIST = [{"pvAlsoRead": ""}]


def digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def test_script_is_small() -> None:
    assert SCRIPT.stat().st_size <= 2048


def test_views_of_the_page_are_filled_in() -> None:
    page = fill_page(files={"articles/a": {"total": 1234567}})
    assert page.asked == ["https://views.test/sub/articles/a.json"]
    assert re.sub(r"\D", "", page.views[0]) == "1234567"
    assert page.views[0] != "1234567", "grouped as the reader's locale has it"
    assert not page.intervals


def test_attribute_names_another_article() -> None:
    page = fill_page(spans=[{"pvViews": "/b/c"}, {"pvViews": ""}],
                     files={"articles/a": {"total": 1}, "articles/b/c": {"total": 2}})
    assert page.views == ["2", "1"]


@pytest.mark.parametrize("path", ["/n/a/", "/n/a/index.html", "/n//a", "/n/a/amp", "/n/a/amp/index.php", "/n/%61"])
def test_path_is_brought_to_the_articles_id(path: str) -> None:
    assert fill_page(path).paths() == ["articles/n/a.json"]


@pytest.mark.parametrize("path", ["/", "//", "/index.html", "/index.htm"])
def test_front_page_has_a_name(path: str) -> None:
    assert fill_page(path).paths() == ["articles/~.json"]


@pytest.mark.parametrize("component", [
    "a b", ".hidden", "..", "~user", "a.json", "a.svg", "a+b", "(x)", "x" * 201, "é" * 101, "a?b", "a\\b", "a\u0085",
])
def test_unsafe_components_are_their_hash(component: str) -> None:
    page = fill_page(spans=[{"pvViews": f"/x/{component}/y"}])
    assert page.paths() == [f"articles/x/~{digits(component)}/y.json"]


@pytest.mark.parametrize("component", ["a-b_c.d,e~f", "x" * 200, "é" * 100, "日本", "a.jsonx"])
def test_safe_components_are_themselves(component: str) -> None:
    page = fill_page(spans=[{"pvViews": f"/{component}"}], files={f"articles/{component}": {"total": 5}})
    assert page.views == ["5"]


@pytest.mark.parametrize("trouble", [
    {"files": {}}, {"offline": True}, {"path": "/%ff", "files": {}}, {"files": {"articles/a": {}}},
    {"path": "/a b", "insecure": True}, {"files": {"articles/a": None}},
])
def test_page_stays_as_it_was_when_something_fails(trouble: dict[str, Any]) -> None:
    page = fill_page(lists=LIST, **trouble)
    assert page.views == ["before"]
    assert page.lists == [None]


def test_list_without_another_article_stays_as_it_was() -> None:
    assert fill_page(lists=LIST, files={"also-read/a": {"items": ITEMS[:1]}}).lists == [None]


def test_also_read_links_other_articles() -> None:
    (links,) = fill_page(lists=LIST, files=ALSO_READ).lists
    assert links == [["li", "a", f"/{name}", f"Title {name}"] for name in "bcdef"]
    (links,) = fill_page(lists=[{"pvAlsoRead": "/a", "max": "2"}], path="/z", files=ALSO_READ).lists
    assert links is not None
    assert [link[2] for link in links] == ["/b", "/c"]


def test_article_without_a_title_is_its_id_and_links_lead_to_it() -> None:
    items = [{"article": article, "title": None} for article in ("/ü b", "/x%3Fy", "/p?id=1", "/\\evil.test")]
    (links,) = fill_page(lists=LIST, files={"also-read/a": {"items": items}}).lists
    assert links is not None
    assert [link[2] for link in links] == ["/%C3%BC%20b", "/x%3Fy", "/p?id=1", "/%5Cevil.test"]
    assert links[0][3] == "/ü b"


@pytest.mark.parametrize("article, href", [
    ("//evil.test/x", "/evil.test/x"), ("///evil.test", "/evil.test"), ("javascript:alert(1)", "/javascript:alert(1)"),
    ("https://evil.test/", "/https://evil.test/"), ("x", "/x"),
])
def test_no_id_makes_a_link_to_another_site(article: str, href: str) -> None:
    """The producers make paths of what is asked for, but others may write events too."""
    (links,) = fill_page(lists=LIST, files={"also-read/a": {"items": [{"article": article, "title": "T"}]}}).lists
    assert links == [["li", "a", href, "T"]]


@pytest.mark.parametrize("attributes, path", [
    ({"list": "24h"}, "trending/24h"), ({"section": "/news", "list": "1h"}, "trending/1h/~/news"),
])
def test_a_trending_list_is_shown_where_it_is_asked_for(attributes: dict[str, str], path: str) -> None:
    page = fill_page(lists=[LIST[0] | attributes], spans=[], files=ALSO_READ | {path: {"items": ITEMS[:2]}})
    assert page.paths() == [f"{path}.json"]
    assert page.lists == [[["li", "a", "/b", "Title b"]]]


@pytest.mark.parametrize("attributes, path", [
    ({}, "trending/hot"), ({"section": "sport/ski"}, "trending/hot/sport/ski"),
    ({"section": "/news"}, "trending/hot/~/news"), ({"section": "a b"}, f"trending/hot/~{digits('a b')}"),
])
def test_a_trending_list_stands_in(attributes: dict[str, str], path: str) -> None:
    page = fill_page(lists=[LIST[0] | attributes], spans=[], files={path: {"items": ITEMS[:2]}})
    assert page.paths() == ["also-read/a.json", f"{path}.json"]
    assert page.lists == [[["li", "a", "/b", "Title b"]]]


def test_a_server_that_says_in_json_that_a_file_is_missing_is_understood() -> None:
    page = fill_page(lists=LIST, files={"trending/hot": {"items": ITEMS[:2]}}, missing='{"total":0,"items":[]}')
    assert page.views == ["before"]
    assert page.lists == [[["li", "a", "/b", "Title b"]]]


def test_refresh_asks_again_while_the_page_is_seen() -> None:
    files: dict[str, object] = {"articles/a": {"total": 1}}
    later = {"articles/a": {"total": 2}}
    page = fill_page(files=files, later=later, script={"refresh": "5"})
    assert (page.views, page.intervals) == (["2"], [5000])
    page = fill_page(files=files, later=later, script={"refresh": "5"}, hidden=True)
    assert page.views == ["1"]
    assert not fill_page(script={"refresh": "0"}).intervals
