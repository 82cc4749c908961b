"""The trending lists by recounting every view: what the ranker's lists are held against."""
from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

LISTS = ("1h", "24h", "7d", "30d", "hot", "rising")
SITE_TOP, SECTION_TOP = 1000, 100
OTHER = "(other)"

# 2^(-j/6) in units of 1/4096: hot halves a view's weight every six hours of age.
HOT_WEIGHTS = [round(4096 * 2 ** (-j / 6)) for j in range(6)]

View = tuple[int, str, int]  # time in ms, article, views
Ranked = list[tuple[str, float]]


def lists(views: Iterable[View], sections: Mapping[str, str], now_ms: int) -> dict[str, dict[str | None, Ranked]]:
    """List → section (None: the whole site) → articles with their scores, best first.

    `sections` names the section of each article that has one.
    """
    found: dict[str, dict[str | None, Ranked]] = {}
    for name, scores in _scores(views, now_ms).items():
        ranked = sorted(((score, article.encode()) for article, score in scores.items() if score > 0), reverse=True)
        by_section: dict[str | None, Ranked] = defaultdict(list)
        for score, article_bytes in ranked:
            article = article_bytes.decode()
            if len(by_section[None]) < SITE_TOP:
                by_section[None].append((article, score))
            section = sections.get(article)
            if section is not None and len(by_section[section]) < SECTION_TOP:
                by_section[section].append((article, score))
        by_section[None]  # there also when it is empty
        found[name] = dict(by_section)
    return found


def _scores(views: Iterable[View], now_ms: int) -> dict[str, dict[str, float]]:
    minute = now_ms // 60_000
    hour, day = minute // 60, minute // 1440
    last_hour: dict[str, int] = defaultdict(int)
    last_day: dict[str, int] = defaultdict(int)
    last_week: dict[str, int] = defaultdict(int)
    last_month: dict[str, int] = defaultdict(int)
    hot: dict[str, int] = defaultdict(int)  # in units of 2^-24 views
    for ts_ms, article, count in views:
        of_minute = ts_ms // 60_000
        of_hour = of_minute // 60
        age = hour - of_hour
        if of_minute > minute or of_minute // 1440 < day - 30 or article == OTHER:
            continue
        last_month[article] += count
        if age <= 168:
            last_week[article] += count
        if age <= 72:
            hot[article] += count * HOT_WEIGHTS[age % 6] * (4096 >> age // 6)
        if age <= 24:
            last_day[article] += count
        if of_minute >= minute - 60:
            last_hour[article] += count
    return {
        "1h": {article: float(count) for article, count in last_hour.items()},
        "24h": {article: float(count) for article, count in last_day.items()},
        "7d": {article: float(count) for article, count in last_week.items()},
        "30d": {article: float(count) for article, count in last_month.items()},
        "hot": {article: count / 2**24 for article, count in hot.items()},
        "rising": {
            article: _rising(count, last_day[article]) for article, count in last_hour.items() if count >= 10
        },
    }


def _rising(last_hour: int, last_day: int) -> float:
    mu = (last_day - last_hour) / 23.0
    return (last_hour - mu) / math.sqrt(mu + 1.0)
