"""The C parser and Python's, on the same thousands of good, odd and broken events: the same verdict on each."""
from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from harness.event_check import NO_TIMESTAMP, NOW_MS, check_events
from harness.event_rules import AGENTS, REJECT_REASONS, Rejected, validate
from harness.mutations import mutate

EVENTS_PER_SEED = 5000
SEEDS = range(4)
MAX_NESTING = 50  # Python gives up somewhere near 1,000, which depends on its version and its stack

NUMBERS = [
    "0", "-0", "1", "-1", "1.0", "1.5", "1e3", "1E+3", "10e-1", "1e-1", "1e400", "-1e400", "0.0", "5.000", "01", "1.", ".5", "+1",
    "1e", "0x10", "1_0", "--1", "NaN", "Infinity", "-Infinity", "99999999999999", "100000000000000", "1e14", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "1.0000000000000000000001", "0.99999999999999999999999", "1795525507123",
    "1795525507123.0", "1795525507123.00001", "1.795525507123e12", "1795525807123", "1795525807124", "1" + "0" * 80,
    "1." + "0" * 80, "1." + "0" * 80 + "1", "0." + "0" * 80 + "1e81", "1" + "0" * 80 + "e-80",
]  # fmt: skip
STRINGS = [
    "", "/", "/a", "/2026/11/24/slug", "user", "spider", "automated", "User", "bot", "example.org", "\\n", "\\u0000", "\\\\u0000",
    "\\\\\\u0000", "\\u001f", "\\u007f", "\\u009f", "\\u00a0", "\\u00e9", "é", "€", "😀", "\\ud83d\\ude00", "\\ud83d", "\\ude00",
    "\\ude00\\ud83d", "\\ud83d\\u0041", "\\uZZZZ", "\\u12", "\\x41", "\\/", "\\\"", "\x01", "\t", "\x7f", "\x80", "x" * 64, "x" * 65,
    "x" * 255, "x" * 256, "x" * 300, "x" * 301, "x" * 512, "x" * 513, "é" * 32, "é" * 33, "é" * 256, "é" * 257, "x" * 8200,
]  # fmt: skip
NAMES = ["article", "ts", "v", "agent", "visitor", "section", "title", "referrer", "id", "Article", "x", "", "\\u0061rticle", "ts\\u0000"]
BYTES = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"e", b".", b"-", b" ", b"\n", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80",
         b"\\u", b"\\ud800", b"null", b"true", b"\xef\xbb\xbf"]  # fmt: skip


def some_value(rng: random.Random, depth: int = 0) -> str:
    kind = rng.randrange(10 if depth < MAX_NESTING else 8)
    if kind < 3:
        return rng.choice(NUMBERS)
    if kind < 7:
        return f'"{rng.choice(STRINGS)}"'
    if kind == 7:
        return rng.choice(["null", "true", "false", "nul", "True"])
    if kind == 8:
        return "[" + ",".join(some_value(rng, depth + 1) for _ in range(rng.randrange(3))) + "]"
    return some_object(rng, depth + 1)


def some_object(rng: random.Random, depth: int) -> str:
    members = [f'"{rng.choice(NAMES)}":{some_value(rng, depth)}' for _ in range(rng.randrange(3))]
    return "{" + ",".join(members) + "}"


def good_value(rng: random.Random, name: str) -> str:
    if name == "ts":
        return str(rng.randrange(NOW_MS + 300_001))
    if name == "v":
        return "1"
    return json.dumps(rng.choice(AGENTS) if name == "agent" else f"/{rng.randrange(1000)}")


def some_event(rng: random.Random) -> bytes:
    """Mostly right, so that the checks behind the first are reached."""
    names = ["article", *rng.sample(NAMES, rng.randrange(5))]
    if rng.random() < 0.1:
        names = names[1:]
    rng.shuffle(names)
    members = [
        f'"{name}":{some_value(rng) if rng.random() < 0.15 else good_value(rng, name)}' for name in names
    ]
    text = "{" + ",".join(members) + "}"
    return (some_value(rng) if rng.random() < 0.02 else text).encode()


def expected(value: bytes, message_ts_ms: int) -> str:
    try:
        event = validate(value, message_ts_ms if message_ts_ms >= 0 else None, NOW_MS)
    except Rejected as rejected:
        return str(rejected)
    return f"none {event.ts_ms} {AGENTS.index(event.agent)} {event.article.encode().hex()}"


@pytest.mark.parametrize("seed", SEEDS)
def test_both_parsers_give_the_same_verdict(seed: int) -> None:
    rng = random.Random(seed)
    timestamps = [NO_TIMESTAMP, 0, NOW_MS, NOW_MS + 300_000, NOW_MS + 300_001, 10**14]
    events = [(mutate(rng, some_event(rng), BYTES), rng.choice(timestamps)) for _ in range(EVENTS_PER_SEED)]
    verdicts = [expected(value, ts_ms) for value, ts_ms in events]
    differing = [
        (value, ts_ms, verdict, answer)
        for (value, ts_ms), verdict, answer in zip(events, verdicts, check_events(events), strict=True)
        if verdict != answer
    ]
    assert not differing, f"{len(differing)} differ, such as {min(differing, key=lambda case: len(case[0]))}"
    seen = Counter(verdict.split()[0] for verdict in verdicts)
    assert set(seen) == {"none", *REJECT_REASONS}, "the corpus must reach every verdict"
    assert seen["none"] > EVENTS_PER_SEED // 20
