"""Readers who read what belongs together, as on a news site: for tests of "also read"."""
from __future__ import annotations

import random
from itertools import accumulate

FRONT_PAGE = "/"


class ReaderTraffic:
    """Articles are in topics, both with a popularity of Zipf; most readers stay in a topic, some see the front page."""

    def __init__(self, seed: int, topics: int, articles_of_topic: int) -> None:
        self.chance = random.Random(seed)
        self.topics = [[f"/topic-{topic}/article-{number}" for number in range(articles_of_topic)]
                       for topic in range(topics)]
        self.topic_weights = list(accumulate(1 / (rank + 1) for rank in range(topics)))
        self.weights = list(accumulate(1 / (rank + 1) ** 0.8 for rank in range(articles_of_topic)))

    def one_reader(self) -> list[str]:
        """What one reads, in order; at most eight different articles."""
        chance = self.chance
        topic = chance.choices(self.topics, cum_weights=self.topic_weights)[0]
        read = [FRONT_PAGE] if chance.random() < 0.5 else []
        for _ in range(chance.randint(1, 7)):
            if chance.random() < 0.2:
                topic = chance.choices(self.topics, cum_weights=self.topic_weights)[0]
            read.append(chance.choices(topic, cum_weights=self.weights)[0])
        return read

    def visits(self, readers: int) -> list[tuple[int, str]]:
        """Interleaved: fifty read at the same time."""
        visits: list[tuple[int, str]] = []
        active: list[tuple[int, list[str]]] = []
        begun = 0
        while begun < readers or active:
            while begun < readers and len(active) < 50:
                active.append((begun, self.one_reader()))
                begun += 1
            at = self.chance.randrange(len(active))
            reader, rest = active[at]
            visits.append((reader, rest.pop(0)))
            if not rest:
                active.pop(at)
        return visits
