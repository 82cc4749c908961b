"""What must hold in each JSON file beside its schema, and from one reading of a file to the next."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

Content = dict[str, Any]


def _totals(content: Content) -> None:
    assert content["events"] == content["views"] + sum(content["filtered"].values())
    assert content["events"] == sum(content["counted_to"].values()), "counts of another moment"


def _live(content: Content) -> None:
    assert len(content["items"]) == 60
    assert content["now"]["views"] == sum(item["views"] for item in content["items"][-5:])


def _article(content: Content) -> None:
    assert content["today"] == content["days"]["views"][-1]
    assert content["this_hour"] == content["hours"]["views"][-1]
    if content["exact"]:
        assert sum(content["days"]["views"]) <= content["total"]


def _trending(content: Content) -> None:
    scores = [item["score"] for item in content["items"]]
    assert scores == sorted(scores, reverse=True)
    assert [item["rank"] for item in content["items"]] == list(range(1, len(scores) + 1))


def _top(content: Content) -> None:
    views = [item["views"] for item in content["items"][0]["articles"]]
    assert views == sorted(views, reverse=True)


def _filtered(content: Content) -> None:
    assert content["events"] == sum(content["reasons"].values())


_CLAIMS: dict[str, Callable[[Content], None]] = {"totals": _totals, "live": _live, "article": _article,
                                                 "trending": _trending, "top": _top, "filtered": _filtered}


def kind_of(content: Content) -> str:
    return str(content["schema"].split("/")[1])


def check_claims(content: Content) -> None:
    claim = _CLAIMS.get(kind_of(content))
    if claim:
        claim(content)


def totals_of(content: Content) -> dict[str, int]:
    """Counts in it that can only grow while the file has its name, by what they are of."""
    kind = kind_of(content)
    if kind == "totals":
        return {"views": content["views"], "events": content["events"], "articles": content["articles"]}
    if kind == "article":
        return {"total": content["total"]}
    if kind == "trending":
        return {item["article"]: item["views"] for item in content["items"]}
    if kind == "filtered":
        return dict(content["reasons"])
    return dict(content["counted_to"]) if "counted_to" in content else {}
