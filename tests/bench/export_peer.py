#!/usr/bin/env python3
"""What pv-dashboard-export is measured beside: the same files from the same Redis, in Python with redis-py.

Written as one would write it who minds speed: pipelines, pages, one syncfs for all files, and the compression that
zlib has for both. The files are compared with the exporter's after each run.
"""
from __future__ import annotations

import argparse
import ctypes
import gzip
import heapq
import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import redis

LISTS = ("1h", "24h", "7d", "30d", "hot", "rising")
LIMIT, SECTION_LIMIT, PAGE, DAYS, HOURS = 1000, 100, 1000, 2, 3
ARTICLE_HOURS, ARTICLE_DAYS, SITE_HOURS, SITE_DAYS = 48, 30, 336, 60
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
ALSO_MIN, ALSO_MAX = 5, 10
LENGTHS = {MINUTE_S: 16, HOUR_S: 13, DAY_S: 10}
BADGE = ('<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{text}"><title>{text}'
         "</title><style>rect{{fill:#e8ebee}}text{{fill:#1d2125;font:11px Verdana,sans-serif}}@media(prefers-color-scheme:"
         'dark){{rect{{fill:#2b3036}}text{{fill:#f0f2f4}}}}</style><rect width="{width}" height="20" rx="3"/><text x="50%" '
         'y="14" text-anchor="middle">{text}</text></svg>\n')

Counts = dict[str, int]


def bucket(at_s: int, step_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M", time.gmtime(at_s))[:LENGTHS[step_s]]


def buckets(now_s: int, step_s: int, count: int) -> list[str]:
    """The oldest first."""
    return [bucket(now_s - ago * step_s, step_s) for ago in range(count - 1, -1, -1)]


def dumps(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def counts_of(pairs: dict[bytes, bytes]) -> Counts:
    return {name.decode(): int(count) for name, count in sorted(pairs.items())}


class Export:
    def __init__(self, address: str, out: Path) -> None:
        host, port = address.split(":")
        self.redis = redis.Redis(host, int(port))
        self.out = out
        self.now_s = int(time.time())
        self._hot: dict[str, list[tuple[bytes, float]]] = {}  # by section
        self._pending: list[tuple[Path, Path]] = []
        offsets, committed = self.redis.hgetall("pv:offsets"), self.redis.hget("pv:meta", "last_commit_ms")
        self._about = {"generated_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now_s)),
                       "lag_seconds": max(0, self.now_s - int(committed or 0) // 1000)}
        self._counted_to = counts_of(offsets)

    def head(self, schema: str) -> dict[str, Any]:
        return {**self._about, "schema": f"pageviews/{schema}/1", "exact": True, "counted_to": self._counted_to}

    def write(self, name: str, data: bytes) -> None:
        """Shown by `show`."""
        path = self.out / name
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            temporary.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
        self._pending.append((temporary, path))

    def show(self) -> None:
        directory = os.open(self.out, os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).syncfs(directory) != 0:
            raise OSError(ctypes.get_errno(), "syncfs")
        os.close(directory)
        for temporary, path in self._pending:
            os.rename(temporary, path)
        self._pending.clear()

    def totals(self) -> None:
        today = bucket(self.now_s, DAY_S)
        pipeline = self.redis.pipeline()
        pipeline.hgetall("pv:totals").hlen("pv:views").hvals(f"pv:site:{today}").hgetall(f"pv:filtered:{today}")
        totals, articles, site, filtered = pipeline.execute()
        reasons = counts_of(totals)
        views = reasons.pop("views", 0)
        self.write("totals.json", dumps({
            **self.head("totals"), "events": views + sum(reasons.values()), "views": views, "filtered": reasons,
            "articles": articles,
            "today": {"date": today, "views": sum(map(int, site)), "filtered": counts_of(filtered)}}))

    def site(self) -> None:
        """Every file that the site's minutes are in."""
        days = buckets(self.now_s, DAY_S, SITE_DAYS)
        minutes_now = buckets(self.now_s, MINUTE_S, 60)
        pipeline = self.redis.pipeline(transaction=False)
        for day in days:
            pipeline.hgetall(f"pv:site:{day}")
        for day in days[-DAYS:]:
            pipeline.hgetall(f"pv:filtered:{day}")
        pipeline.pfcount(*(f"pv:visitors:{minute}" for minute in minutes_now[-5:]))
        *answers, people = pipeline.execute()
        minutes = dict(zip(days, map(counts_of, answers)))
        hours: Counts = {}
        for day, found in minutes.items():
            for minute, views in found.items():
                hour = f"{day}T{minute[:2]}"
                hours[hour] = hours.get(hour, 0) + views
        for day in (days[-8], *days[-DAYS:]):
            if minutes[day]:
                items = [{"time": minute, "views": views} for minute, views in minutes[day].items()]
                self.write(f"site/{day}.json", dumps({**self.head("site"), "items": items}))
        self._series("hours", buckets(self.now_s, HOUR_S, SITE_HOURS), hours)
        self._series("days", days, {day: sum(found.values()) for day, found in minutes.items()})
        live = [{"time": f"{minute}:00Z", "views": minutes[minute[:10]].get(minute[11:], 0)} for minute in minutes_now]
        self.write("live.json", dumps({**self.head("live"), "now": {
            "minutes": 5, "views": sum(item["views"] for item in live[-5:]), "people": people}, "items": live}))
        for day, reasons in zip(days[-DAYS:], map(counts_of, answers[SITE_DAYS:])):
            if reasons:
                self.write(f"filtered/{day}.json", dumps({
                    **self.head("filtered"), "date": day, "events": sum(reasons.values()), "reasons": reasons}))

    def _series(self, size: str, names: list[str], views: Counts) -> None:
        self.write(f"site/{size}.json", dumps({
            **self.head(f"site-{size}"), size: {"to": names[-1], "views": [views.get(name, 0) for name in names]}}))

    def _scan(self, key: str) -> Iterator[tuple[bytes, bytes]]:
        yield from self.redis.hscan_iter(key, count=PAGE)

    def tops(self) -> None:
        for kind, step_s, count in (("day", DAY_S, DAYS), ("hour", HOUR_S, HOURS)):
            for name in buckets(self.now_s, step_s, count):
                best = heapq.nlargest(LIMIT, ((int(views), article) for article, views in self._scan(f"pv:views:{name}")))
                if not best:
                    continue
                date = {"year": name[:4], "month": name[5:7], "day": name[8:10]}
                hour = {"hour": name[11:]} if kind == "hour" else {}
                self.write(f"top/{kind}/{name}.json", dumps({**self.head("top"), "items": [{**date, **hour, "articles": [
                    {"article": article.decode(), "views": views, "rank": rank}
                    for rank, (views, article) in enumerate(best, 1)]}]}))

    def trending(self) -> dict[str, Counts]:
        """Returns each article's rank in the lists of the site."""
        names = [name.decode() for name in self.redis.hkeys("pv:rankings")]
        ranks: dict[str, Counts] = {}
        for name in sorted({f"trending:{one}" for one in LISTS} | set(names)):
            which, _, section = name.removeprefix("trending:").partition(":section:")
            entries = self.redis.zrevrange(f"pv:{name}", 0, (SECTION_LIMIT if section else LIMIT) - 1, withscores=True)
            pipeline = self.redis.pipeline()
            if entries:
                pipeline.hmget("pv:views", [article for article, _ in entries])
            for article, _ in entries:
                pipeline.hmget(b"pv:article:" + article, "title", "section")
            views, *facts = pipeline.execute() if entries else [[]]
            items = []
            for rank, ((article, score), count, told) in enumerate(zip(entries, views, facts), 1):
                title, of = (one.decode() if one is not None else None for one in told)
                items.append({"rank": rank, "article": article.decode(), "title": title, "section": of,
                              "views": int(count or 0), "score": score, "change": None})
                if not section:
                    ranks.setdefault(article.decode(), {})[which] = rank
            self.write(f"trending/{which}{'/' if section else ''}{section}.json", dumps({
                **self.head("trending"), "list": which, "section": section or None, "items": items}))
        return ranks

    def articles(self, ranks: dict[str, Counts]) -> None:
        """Those of the last two hours."""
        changed = {article for minute in buckets(self.now_s, MINUTE_S, 120)
                   for article, _ in self._scan(f"pv:views:{minute}")}
        ordered = sorted(changed)
        for first in range(0, len(ordered), PAGE):
            self._page(ordered[first:first + PAGE], ranks)

    def _hot_in(self, section: str) -> list[tuple[bytes, float]]:
        if section not in self._hot:
            key = f"pv:trending:hot:section:{section}" if section else "pv:trending:hot"
            self._hot[section] = self.redis.zrevrange(key, 0, ALSO_MAX - 1, withscores=True)
        return self._hot[section]

    def _also_read(self, articles: list[bytes], sections: list[str | None]) -> None:
        """What the readers of each also read, then what is hot in its section and on the site."""
        pipeline = self.redis.pipeline(transaction=False)
        for article in articles:
            pipeline.zrevrange(b"pv:also:" + article, 0, ALSO_MAX - 1, withscores=True)
        lists: list[dict[bytes, tuple[str, float]]] = []
        for article, section, readers in zip(articles, sections, pipeline.execute()):
            found = {other: ("readers", score) for other, score in readers if other != article}
            for of in (section, "") if section else ("",):
                for other, score in self._hot_in(of):
                    if len(found) < ALSO_MIN and other != article:
                        found.setdefault(other, ("section", score))
            lists.append(found)
        others = sorted({other for found in lists for other in found})
        if not others:
            return
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.hmget("pv:views", others)
        for other in others:
            pipeline.hmget(b"pv:article:" + other, "title", "section")
        views, *told = pipeline.execute()
        about = {other: {"article": other.decode(), "title": title and title.decode(),
                         "section": of and of.decode(), "views": int(count or 0)}
                 for other, count, (title, of) in zip(others, views, told)}
        for article, found in zip(articles, lists):
            if found:
                items = [{**about[other], "score": float(f"{score:{'.3g' if by == 'readers' else '.6g'}}"), "by": by}
                         for other, (by, score) in found.items()]
                self.write(f"also-read{article.decode()}.json", dumps({
                    **self.head("also-read"), "article": article.decode(), "items": items}))

    def _page(self, articles: list[bytes], ranks: dict[str, Counts]) -> None:
        hours, days = buckets(self.now_s, HOUR_S, ARTICLE_HOURS), buckets(self.now_s, DAY_S, ARTICLE_DAYS)
        pipeline = self.redis.pipeline(transaction=False)
        for key in ("pv:views", *(f"pv:views:{name}" for name in (*hours, *days))):
            pipeline.hmget(key, articles)
        for article in articles:
            pipeline.hmget(b"pv:article:" + article, "title", "section")
            pipeline.pfcount(f"pv:visitors:{days[-1]}:".encode() + article)
        answers = pipeline.execute()
        told = answers[1 + ARTICLE_HOURS + ARTICLE_DAYS:]
        counts = [[int(count) if count else 0 for count in column] for column in zip(*answers[:-len(told)])]
        for place, (article, (total, *series)) in enumerate(zip(articles, counts)):
            name = article.decode()
            title, section = (one.decode() if one is not None else None for one in told[2 * place])
            by_hour, by_day = series[:ARTICLE_HOURS], series[ARTICLE_HOURS:]
            self.write(f"articles{name}.json", dumps({
                **self.head("article"), "article": name, "title": title, "section": section, "total": total,
                "today": by_day[-1], "this_hour": by_hour[-1], "visitors_today": told[2 * place + 1],
                "hours": {"to": hours[-1], "views": by_hour}, "days": {"to": days[-1], "views": by_day},
                "ranks": ranks.get(name, {})}))
            text = f"{total:,} view{'' if total == 1 else 's'}".replace(",", "\u202f")
            self.write(f"articles{name}.svg", BADGE.format(width=16 + 7 * len(text), text=text).encode())
        self._also_read(articles, [section and section.decode() for _, section in told[::2]])

    def archive(self) -> None:
        views = dict(self._scan("pv:views"))
        lines: Iterable[bytes] = (dumps({"article": article.decode(), "views": int(views[article])})
                                  for article in sorted(views))
        text = dumps({**self.head("archive"), "articles": len(views)}) + b"".join(lines)
        self.write("articles.ndjson.gz", gzip.compress(text, 6, mtime=0))

    def run(self) -> None:
        self.totals()
        self.site()
        self.tops()
        self.articles(self.trending())
        self.archive()
        self.show()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redis", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    Export(options.redis, options.out).run()


if __name__ == "__main__":
    main()
