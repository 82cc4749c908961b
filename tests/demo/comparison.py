"""At the end: what the programs have counted is what the log has, article by article and list by list."""
from __future__ import annotations

import re
import time

from demo.news_site import Newspaper
from demo.pipeline import DemoPipeline
from demo.recount import Recount
from harness.counts import bucket_end_s
from harness.trending_reference import LISTS, lists
from harness.waiting import DeadlineExceeded, wait_until
from harness.weblog_recount import WeblogCounts

FINAL_DEADLINE_S = 30.0


def settle(pipeline: DemoPipeline) -> WeblogCounts:
    """Waits until Redis accounts for every line of the log, or as long as that may take at most."""
    recount = Recount().count(pipeline.log)
    due = recount.views + recount.reasons["spider"]
    try:
        wait_until(lambda: pipeline.counted() >= due, "all is counted", FINAL_DEADLINE_S)
        counted_ms = time.time() * 1000
        wait_until(lambda: pipeline.ranking_clock_ms() > counted_ms, "all is ranked", FINAL_DEADLINE_S)
    except DeadlineExceeded:
        pass  # the comparison that follows says what is missing
    return recount


def compare(pipeline: DemoPipeline, recount: WeblogCounts) -> bool:
    """Ends the programs, so that lists and their time stay as they are; prints what it finds."""
    articles, totals = pipeline.redis_hash("pv:views"), pipeline.redis_hash("pv:totals")
    pipeline.end_programs()
    reasons = " + ".join(f"{name} {count:,}" for name, count in sorted(recount.reasons.items()))
    closing = re.search(r"event=closing (.*)", pipeline.producer.text())
    views, spiders = totals.get("views", 0), totals.get("spider", 0)
    equal = articles == dict(recount.counts.articles) and spiders == recount.reasons["spider"]
    print(f"\nlog, counted again in Python:  {recount.hits:,} lines = views {recount.views:,} + {reasons}")
    print(f"pv-producer's closing line:    {closing[1] if closing else '(none)'}")
    print(f"Redis:                         views {views:,} of {len(articles):,} articles, spiders {spiders:,}")
    print("Every article's count is equal." if equal else "THE COUNTS DIFFER.")
    return compare_lists(pipeline, recount) and equal


def compare_lists(pipeline: DemoPipeline, recount: WeblogCounts) -> bool:
    """Those of the site and of each section."""
    views = [((bucket_end_s(minute) - 60) * 1000, article, count)
             for minute, articles in recount.counts.buckets.items() if len(minute) == 16
             for article, count in articles.items()]
    paper = Newspaper()
    sections = {article.path: article.section for article in paper.articles}
    expected = lists(views, sections, pipeline.ranking_clock_ms())
    scopes = [None, *sorted(set(sections.values()))]
    wrong = [(name, section) for name in LISTS for section in scopes
             if pipeline.trending(name, section=section) != expected[name].get(section, [])]
    for name, section in wrong:
        found, due = pipeline.trending(name, section=section)[:3], expected[name].get(section, [])[:3]
        print(f"trending {name} of {section or 'the site'} differs: {found}, should begin {due}")
    lengths = ", ".join(f"{name} {len(expected[name][None])}" for name in LISTS)
    print(f"Trending lists:                {lengths} articles, and those of {len(scopes) - 1} sections")
    if not wrong:
        print("Every list is what the recount gives, in order and score.")
    return not wrong
