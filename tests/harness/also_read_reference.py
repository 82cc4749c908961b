"""What readers of each article also read, counted without any bound: written from docs/redis-schema.md."""
from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations

ITEMS = 10
READERS_MIN = 3

Scores = dict[str, float]


def cosines(visits: Iterable[tuple[int, str]]) -> dict[str, Scores]:
    """Of visits (reader, article), for each article the cosine with every other that enough people read too."""
    read: dict[int, set[str]] = defaultdict(set)
    for reader, article in visits:
        read[reader].add(article)
    readers: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for articles in read.values():
        readers.update(articles)
        both.update(combinations(sorted(articles), 2))
    scores: dict[str, Scores] = defaultdict(dict)
    for (one, other), common in both.items():
        if common >= READERS_MIN:
            cosine = common / math.sqrt(readers[one] * readers[other])
            scores[one][other] = scores[other][one] = cosine
    return scores


def best(scores: Scores, count: int = ITEMS) -> list[str]:
    """The highest first; of equal ones the higher id in byte order."""
    return sorted(scores, key=lambda other: (scores[other], other.encode()), reverse=True)[:count]
