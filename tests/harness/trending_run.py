"""A simulated stretch of a site's life on a topic, and the lists that it should leave in Redis."""
from __future__ import annotations

import random
from dataclasses import dataclass, field

import redis

from harness.event_traffic import event_client, view
from harness.pipeline import Pipeline
from harness.trending_reference import lists

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
SECTIONS = ("news", "sport", "culture", "Wirtschaft & Börse")

Lists = dict[str, dict[str | None, list[tuple[str, float]]]]


@dataclass
class SimulatedSite:
    """Sends events and remembers them all."""

    pipeline: Pipeline
    source: random.Random
    now_ms: int
    events: list[tuple[int, str, int]] = field(default_factory=list)
    sections: dict[str, tuple[int, str]] = field(default_factory=dict)

    def live(self, span_ms: int, count: int) -> None:
        """`count` events over the next `span_ms`: a few articles are hot for an hour, some events come late."""
        client = event_client(self.pipeline.broker.address)
        hot = [f"/{self.source.randrange(150)}" for _ in range(5)]
        for number in range(count):
            ts_ms = self.now_ms + span_ms * (number + 1) // count
            if self.source.random() < 0.05:
                ts_ms -= int(self.source.expovariate(1) * HOUR_MS)
            article = self.source.choice(hot) if self.source.random() < 0.3 else f"/{self.source.randrange(150)}"
            section = SECTIONS[hash_of(article) % len(SECTIONS)]
            if self.source.random() < 0.002:
                section = self.source.choice(SECTIONS)
            fields = {"section": section} if self.source.random() < 0.9 else {}
            if self.source.random() < 0.02:
                fields["agent"] = "spider"
            else:
                self._remember(article, ts_ms, fields.get("section"))
            client.produce(self.pipeline.topic, view(article, ts_ms, **fields), key=article.encode(), timestamp=ts_ms)
            client.poll(0)
        assert client.flush(60) == 0, "Kafka did not take the events"
        self.now_ms += span_ms

    def _remember(self, article: str, ts_ms: int, section: str | None) -> None:
        """The section is that of the event latest by hour, and of those the one sent last."""
        self.events.append((ts_ms, article, 1))
        if section and ts_ms // HOUR_MS >= self.sections.get(article, (0, ""))[0]:
            self.sections[article] = (ts_ms // HOUR_MS, section)

    def expected(self, now_ms: int) -> Lists:
        return lists(self.events, {article: name for article, (_, name) in self.sections.items()}, now_ms)


def hash_of(article: str) -> int:
    return sum(map(ord, article))


def read_lists(client: redis.Redis, prefix: str = "pv:") -> Lists:
    found: Lists = {}
    for key in client.scan_iter(f"{prefix}trending:*", count=1000):
        name, _, section = key.decode()[len(prefix) + len("trending:"):].partition(":section:")
        found.setdefault(name, {})[section or None] = [
            (article.decode(), score) for article, score in client.zrevrange(key, 0, -1, withscores=True)]
    return found


def without_empty(of: Lists) -> Lists:
    kept = {name: {section: entries for section, entries in scopes.items() if entries} for name, scopes in of.items()}
    return {name: scopes for name, scopes in kept.items() if scopes}


def differences(actual: Lists, expected: Lists) -> list[str]:
    wrong = []
    actual, expected = without_empty(actual), without_empty(expected)
    for name in sorted(actual.keys() | expected.keys()):
        got, want = actual.get(name, {}), expected.get(name, {})
        for section in sorted(got.keys() | want.keys(), key=str):
            ours, theirs = got.get(section, []), want.get(section, [])
            if ours != theirs:
                at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
                wrong.append(f"{name} {section}: {len(ours)} entries, should be {len(theirs)}; at {at}: "
                             f"{ours[at:at + 2]}, should be {theirs[at:at + 2]}")
    return wrong
