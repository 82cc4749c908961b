"""The rules of the view event, written again from their description: a view, or the reason why it is none."""
from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.page_view_policy import is_control

MAX_EVENT_BYTES = 8192
MAX_ARTICLE_BYTES = 512
MAX_TS_MS = 10**14
FUTURE_MS = 5 * 60 * 1000
AGENTS = ("user", "spider", "automated")
# Field: smallest and largest length in bytes.
TEXT_BOUNDS = {"visitor": (1, 64), "section": (0, 64), "title": (0, 300), "referrer": (0, 255), "id": (0, 64)}

REJECT_REASONS = (
    "too_large", "not_json", "not_object", "bad_version", "missing_article", "bad_article", "bad_ts", "future",
    "bad_agent", "bad_field",
)


@dataclass(frozen=True)
class ValidEvent:
    article: str
    ts_ms: int
    agent: str
    visitor: str = ""
    section: str = ""
    title: str = ""


class Rejected(Exception):
    """The event breaks a rule; the message is the reason's name."""


class _NotJson(Exception):
    pass


def _refuse_constant(name: str) -> Any:
    raise _NotJson(name)


def _number(text: str) -> Decimal | float:
    try:
        return Decimal(text)
    except InvalidOperation:
        return float("inf")


class _Object(list[tuple[str, Any]]):
    """An object as its pairs, so that a name given twice is seen."""


def _parse(value: bytes) -> Any:
    try:
        return json.loads(
            value.decode("utf-8"),
            object_pairs_hook=_Object,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError, _NotJson):
        raise Rejected("not_json") from None


def _integer(value: Any) -> int | None:
    if not isinstance(value, Decimal) or value.adjusted() > 20 or value != value.to_integral_value():
        return None
    return int(value)


def _is_text(value: Any, smallest: int, largest: int) -> bool:
    if not isinstance(value, str) or any(map(is_control, value)):
        return False
    try:
        return smallest <= len(value.encode("utf-8")) <= largest
    except UnicodeEncodeError:
        return False


def validate(value: bytes | None, message_ts_ms: int | None, now_ms: int) -> ValidEvent:
    """Raises `Rejected`. The order of the checks decides which of several reasons is named."""
    if not value:
        raise Rejected("not_json")
    if len(value) > MAX_EVENT_BYTES:
        raise Rejected("too_large")
    pairs = _parse(value)
    if not isinstance(pairs, _Object):
        raise Rejected("not_object")
    fields = dict(pairs)
    if "v" in fields and _integer(fields["v"]) != 1:
        raise Rejected("bad_version")
    if "article" not in fields:
        raise Rejected("missing_article")
    article = fields["article"]
    if sum(name == "article" for name, _ in pairs) > 1 or not _is_text(article, 1, MAX_ARTICLE_BYTES):
        raise Rejected("bad_article")
    ts_ms = _integer(fields["ts"]) if "ts" in fields else message_ts_ms
    if ts_ms is None or not 0 <= ts_ms < MAX_TS_MS:
        raise Rejected("bad_ts")
    if ts_ms > now_ms + FUTURE_MS:
        raise Rejected("future")
    agent = fields.get("agent", "user")
    if agent not in AGENTS:
        raise Rejected("bad_agent")
    for name, (smallest, largest) in TEXT_BOUNDS.items():
        if name in fields and not _is_text(fields[name], smallest, largest):
            raise Rejected("bad_field")
    return ValidEvent(article, ts_ms, agent, *(fields.get(name, "") for name in ("visitor", "section", "title")))
