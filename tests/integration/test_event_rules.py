"""The recount's own reading of the event rules, held against the table of cases."""
from __future__ import annotations

import pytest

from data.event_cases import ACCEPTED_CASES, REJECTED_CASES, AcceptedCase, RejectedCase
from harness.event_rules import FUTURE_MS, REJECT_REASONS, Rejected, validate

NOW_MS = 1_795_000_000_000


@pytest.mark.parametrize("case", REJECTED_CASES, ids=lambda case: f"{case.reason}: {case.name}")
def test_recount_names_the_reason_of_a_bad_event(case: RejectedCase) -> None:
    with pytest.raises(Rejected) as found:
        validate(case.value, NOW_MS, NOW_MS)
    assert str(found.value) == case.reason


@pytest.mark.parametrize("case", ACCEPTED_CASES, ids=lambda case: case.name)
def test_recount_accepts_a_good_event(case: AcceptedCase) -> None:
    event = validate(case.value, NOW_MS, NOW_MS)
    assert (event.article, event.agent) == (case.article, case.agent)


def test_every_reason_has_a_case() -> None:
    assert {case.reason for case in REJECTED_CASES} == set(REJECT_REASONS)


def test_event_without_time_takes_the_time_of_its_message() -> None:
    assert validate(b'{"article":"/a"}', 1_790_000_000_123, NOW_MS).ts_ms == 1_790_000_000_123


@pytest.mark.parametrize("message_ts_ms", [None, -1])
def test_event_without_any_time_is_rejected(message_ts_ms: int | None) -> None:
    with pytest.raises(Rejected, match="bad_ts"):
        validate(b'{"article":"/a"}', message_ts_ms, NOW_MS)


def test_five_minutes_ahead_is_not_yet_the_future() -> None:
    edge = NOW_MS + FUTURE_MS
    assert validate(b'{"article":"/a","ts":%d}' % edge, None, NOW_MS).ts_ms == edge
    with pytest.raises(Rejected, match="future"):
        validate(b'{"article":"/a","ts":%d}' % (edge + 1), None, NOW_MS)
