#!/usr/bin/env python3
"""Counts the page views of an access log apart from the pipeline, to check the pipeline by.

    python3 tests/harness/weblog_recount.py access.log > counts.json
"""
from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.access_log_line import parse_line
from harness.counts import Counts
from harness.page_view_policy import SPIDERS_FILE, Policy, read_spider_patterns


@dataclass
class WeblogCounts:
    """`counts` is what should be in Redis; `reasons` also has the hits that never became an event."""

    hits: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    counts: Counts = field(default_factory=Counts)
    bad_lines: list[bytes] = field(default_factory=list)

    @property
    def views(self) -> int:
        return self.counts.articles.total()


def recount_lines(lines: Iterable[bytes], policy: Policy, log_format: str = "combined") -> WeblogCounts:
    """`lines` come without their line feeds."""
    result = WeblogCounts()
    for line in lines:
        result.hits += 1
        hit = parse_line(line, log_format)
        if hit is None:
            result.reasons["bad_line"] += 1
            result.bad_lines.append(line)
            continue
        article, reason = policy.judge(hit)
        if reason is None and policy.agent_of(hit.user_agent) == "spider":
            reason = "spider"
            result.counts.add_filtered(reason, hit.time_ms)
        if reason is not None:
            result.reasons[reason] += 1
        elif article is not None:
            result.counts.add_view(article, hit.time_ms)
    return result


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of a log, plain or gzipped; a half-written last one is left out, as the producer leaves it."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as log:
        for line in log:
            if line.endswith(b"\n"):
                yield line[:-1]


def recount_files(*paths: Path, policy: Policy | None = None, log_format: str = "combined") -> WeblogCounts:
    return recount_lines(
        (line for path in paths for line in whole_lines(path)), policy or Policy(), log_format
    )


def as_json(result: WeblogCounts) -> dict[str, Any]:
    buckets = result.counts.buckets
    by_length = {name: {b: buckets[b] for b in sorted(buckets) if len(b) == length}
                 for name, length in (("days", 10), ("hours", 13), ("minutes", 16))}
    return {
        "hits": result.hits,
        "views": result.views,
        "reasons": dict(sorted(result.reasons.items())),
        "articles": dict(result.counts.articles.most_common()),
        **by_length,
        "site": result.counts.site,
        "filtered": result.counts.filtered,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts the page views of access logs and prints JSON.")
    parser.add_argument("logs", nargs="+", type=Path)
    parser.add_argument("--format", default="combined", choices=("common", "combined", "vcombined"))
    parser.add_argument("--spiders", type=Path, default=SPIDERS_FILE, help="file of spiders' patterns")
    parser.add_argument("--article-pattern", help="count only articles that match")
    parser.add_argument("--keep-param", action="append", default=[], help="query parameter that names an article")
    options = parser.parse_args()
    policy = Policy(read_spider_patterns(options.spiders), options.article_pattern, tuple(options.keep_param))
    print(json.dumps(as_json(recount_files(*options.logs, policy=policy, log_format=options.format)), indent=1))


if __name__ == "__main__":
    main()
