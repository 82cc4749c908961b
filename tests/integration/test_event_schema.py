"""docs/event.schema.json and the examples of docs/event-schema.md against the parser that counts."""
from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator

from data.event_cases import ACCEPTED_CASES, REJECTED_CASES, AcceptedCase, RejectedCase
from harness.event_check import NOW_MS, check_events
from harness.event_rules import AGENTS, TEXT_BOUNDS
from harness.page_view_policy import REPOSITORY

DOCS = REPOSITORY / "docs"
SCHEMA = json.loads((DOCS / "event.schema.json").read_text())
PROSE = (DOCS / "event-schema.md").read_text()
VALID_EXAMPLES = re.findall(r"```json\n(.*?)\n```", PROSE, re.DOTALL)
REJECTED_EXAMPLES = re.findall(r"^\| `(\w+)` \| .* \| `(\{.*|\[.*)` \|$", PROSE, re.MULTILINE)
# What a JSON Schema cannot see: it is given a parsed value, and knows no clock.
BEYOND_SCHEMA = {"not_json", "too_large", "future"}

validator = Draft202012Validator(SCHEMA)


def reason_of(text: str) -> str:
    return check_events([(text.encode(), NOW_MS)])[0].split()[0]


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_prose_has_an_example_of_every_reason() -> None:
    assert len(VALID_EXAMPLES) >= 4
    assert [reason for reason, _ in REJECTED_EXAMPLES] == [
        "not_json", "not_object", "bad_version", "missing_article", "bad_article", "bad_ts", "future", "bad_agent",
        "bad_field",
    ]


@pytest.mark.parametrize("text", VALID_EXAMPLES)
def test_valid_examples_are_valid(text: str) -> None:
    assert reason_of(text) == "none"
    assert validator.is_valid(json.loads(text))


@pytest.mark.parametrize(("reason", "text"), REJECTED_EXAMPLES)
def test_rejected_examples_are_rejected_for_their_reason(reason: str, text: str) -> None:
    assert reason_of(text) == reason
    given_twice = text.count('"article"') > 1
    if reason not in BEYOND_SCHEMA and not given_twice:
        assert not validator.is_valid(json.loads(text))


@pytest.mark.parametrize("case", REJECTED_CASES, ids=lambda case: f"{case.reason}: {case.name}")
def test_parser_names_the_reason_of_a_bad_event(case: RejectedCase) -> None:
    assert check_events([(case.value or b"", NOW_MS)]) == [case.reason]


@pytest.mark.parametrize("case", ACCEPTED_CASES, ids=lambda case: case.name)
def test_parser_accepts_a_good_event(case: AcceptedCase) -> None:
    (answer,) = check_events([(case.value, NOW_MS)])
    word, _, agent, article = answer.split()
    assert (word, AGENTS[int(agent)], bytes.fromhex(article).decode()) == ("none", case.agent, case.article)


VALUES: list[object] = [
    0, 1, 1.0, -1, 1.5, 10**14, 10**14 - 1, True, None, [], {}, "", "/a", "user", "spider", "automated", "bot", "x" * 64,
    "x" * 65, "x" * 255, "x" * 256, "x" * 300, "x" * 301, "x" * 512, "x" * 513, "a\x00", "a\n", "a\n\n", "a\x7f", "a\x80",
    "a\x9f", "a\xa0", "é", "\U0001f600", "\ud800", "a\u2028",
]


@pytest.mark.parametrize("name", ["article", "ts", "v", "agent", *TEXT_BOUNDS, "unknown"])
def test_schema_and_parser_agree_on_every_field(name: str) -> None:
    """On texts of ASCII, where characters are bytes, or short ones."""
    events = [{"article": "/a", name: value} for value in VALUES]
    answers = check_events([(json.dumps(event).encode(), NOW_MS) for event in events])
    for event, answer in zip(events, answers, strict=True):
        reason = answer.split()[0]
        assert validator.is_valid(event) == (reason in ("none", "future")), (event, reason)
