"""Which article the next reader opens: a few are read by many (Zipf), and yesterday's less than today's."""
from __future__ import annotations

import random
from datetime import datetime, timedelta

from demo.news_site import Article, Newspaper

ZIPF = 0.8
HALF_LIFE = timedelta(hours=20)
# What is left of an article's readers when it is old, of those that the most popular one had when it was new.
LEFT = 0.04


class Popularity:
    """`now` is when the site starts: the ages of articles are as of then."""

    def __init__(self, paper: Newspaper, now: datetime, seed: int) -> None:
        self.articles = list(paper.articles)
        random.Random(seed).shuffle(self.articles)
        self._published = [article.published(now) for article in self.articles]

    def weights(self, when: datetime) -> list[float]:
        """One an article, in the order of `articles`; 0 before it is published."""
        found = []
        for rank, published in enumerate(self._published, 1):
            age = when - published
            found.append(max(2 ** -(age / HALF_LIFE) / rank**ZIPF, LEFT) if age >= timedelta() else 0.0)
        return found

    def least_read(self, when: datetime, count: int) -> list[Article]:
        ranked = sorted(zip(self.weights(when), range(len(self.articles))))
        return [self.articles[index] for _, index in ranked[:count]]
