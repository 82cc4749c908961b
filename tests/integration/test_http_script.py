"""When pv.js sends a view, and which."""
from __future__ import annotations

import pytest

from harness.http_script import views_of_page

ENDPOINT = "https://views.test/sub/v1/views"


def pages(sent: list[dict[str, object]]) -> list[object]:
    return [view["u"] for view in sent]


def test_loaded_page_is_a_view() -> None:
    sent = views_of_page(url="https://example.org/a?x=1#part", referrer="https://other.org/")
    assert sent == [
        {"to": ENDPOINT, "by": "beacon", "u": "https://example.org/a?x=1", "r": "https://other.org/", "t": "First"}
    ]


@pytest.mark.parametrize("beacon", [None, False])
def test_fetch_stands_in_for_the_beacon(beacon: bool | None) -> None:
    """Where there is no sendBeacon, and where it takes no more."""
    (view,) = views_of_page(beacon=beacon)
    assert (view["by"], view["alive"], view["to"]) == ("POST", True, ENDPOINT)


@pytest.mark.parametrize("wish", [{"gpc": True}, {"dnt": "1"}])
def test_who_asks_not_to_be_counted_sends_nothing(wish: dict[str, object]) -> None:
    assert views_of_page("page.history.pushState(0, '', '/b'); settle(); tell('popstate')", **wish) == []
    assert len(views_of_page(dnt="0", gpc=False)) == 1


def test_each_change_of_page_is_a_view() -> None:
    sent = views_of_page(
        """
        page.history.pushState(0, '', '/b');
        page.document.title = 'Second';
        settle();
        page.history.replaceState(0, '', '/c');
        page.history.pushState(0, '', '/d');
        settle();
        page.location.href = 'https://example.org/a';
        tell('popstate');
        """
    )
    assert pages(sent) == [f"https://example.org/{name}" for name in "abcda"]
    assert sent[1]["t"] == "Second", "the title is set after the change"
    assert [view["r"] for view in sent[1:]] == [f"https://example.org/{name}" for name in "abcd"]


def test_what_leaves_the_page_the_same_is_no_view() -> None:
    sent = views_of_page(
        """
        page.history.pushState(0, '', '#part');
        page.history.replaceState({scroll: 5}, '');
        page.history.pushState(0, '', '/a');
        settle();
        tell('popstate');
        tell('pageshow', {persisted: false});
        """
    )
    assert pages(sent) == ["https://example.org/a"]


def test_page_from_the_back_forward_cache_is_a_view() -> None:
    assert pages(views_of_page("tell('pageshow', {persisted: true})")) == ["https://example.org/a"] * 2


def test_prerendered_page_is_a_view_once_it_is_shown() -> None:
    assert views_of_page(prerendering=True) == []
    assert pages(views_of_page("tell('prerenderingchange')", prerendering=True)) == ["https://example.org/a"]


def test_script_tag_names_article_and_section() -> None:
    sent = views_of_page(
        "page.history.pushState(0, '', '/b'); settle(); tell('pageshow', {persisted: true})",
        dataset={"article": "/id/7", "section": "news"},
    )
    assert pages(sent) == ["https://example.org/id/7", "https://example.org/b", "https://example.org/b"]
    assert {view["s"] for view in sent} == {"news"}
