"""Every log format, and every spelling of an article, comes out as the recount says."""
from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest

from data.article_cases import ARTICLE_CASES
from data.event_cases import ACCEPTED_CASES, REJECTED_CASES
from harness.event_traffic import view
from harness.log_lines import log_line
from harness.pipeline import Pipeline
from harness.topic_reader import read_topic
from harness.weblog_generate import WeblogGenerator
from harness.weblog_recount import recount_files


def test_every_spelling_of_a_target_becomes_its_canonical_article(pipeline: Pipeline) -> None:
    pipeline.log.write_bytes(b"".join(log_line(target) for target, _ in ARTICLE_CASES))
    producer = pipeline.ship()
    found = pipeline.articles_in_topic()
    expected = recount_files(pipeline.log).counts.articles
    assert expected.total() == sum(article is not None for _, article in ARTICLE_CASES)
    assert found == expected
    assert producer.closing()["bad_article"] == sum(article is None for _, article in ARTICLE_CASES)


def test_key_and_time_of_a_message_are_those_of_its_view(pipeline: Pipeline) -> None:
    pipeline.log.write_bytes(log_line(b"/caf%c3%a9/"))
    pipeline.ship()
    messages = list(read_topic(pipeline.broker.address, pipeline.topic))
    assert [message.key() for message in messages] == ["/caf\u00e9".encode()]
    (minute,) = (name for name in recount_files(pipeline.log).counts.buckets if len(name) == 16)
    sent = datetime.fromtimestamp(messages[0].timestamp()[1] / 1000, timezone.utc)
    assert sent.strftime("%Y-%m-%dT%H:%M") == minute


@pytest.mark.parametrize("log_format", ["common", "combined", "vcombined"])
def test_format_is_counted_exactly(pipeline: Pipeline, log_format: str) -> None:
    lines = list(WeblogGenerator(2000, seed=21))
    if log_format == "common":
        lines = [line.rstrip(b"\n").rsplit(b' "', 2)[0] + b"\n" for line in lines]
    elif log_format == "vcombined":
        lines = [b"www.example.org:443 " + line for line in lines]
    pipeline.log.write_bytes(b"".join(lines))
    producer = pipeline.ship(format=log_format)
    pipeline.count()
    expected = recount_files(pipeline.log, log_format=log_format)
    closing = producer.closing()
    assert {name: count for name, count in closing.items() if count and name not in ("hits", "views")} == expected.reasons
    assert pipeline.check().articles == expected.counts.articles


def test_event_lines_are_shipped_byte_for_byte(pipeline: Pipeline) -> None:
    good = [case.value for case in ACCEPTED_CASES if b"\n" not in case.value]
    good += [view(f"/n/{number}", int(time.time() * 1000)) for number in range(100)]
    bad = [case.value for case in REJECTED_CASES if case.value is not None and b"\n" not in case.value]
    rejects = pipeline.directory / "rejects"
    pipeline.log.write_bytes(b"".join(line + b"\n" for line in [*good, *bad]))
    producer = pipeline.ship(format="event", rejects=rejects)
    sent = [message.value() for message in read_topic(pipeline.broker.address, pipeline.topic)]
    assert sorted(sent) == sorted(good)
    assert producer.closing()["bad_line"] == len(bad)
    assert rejects.read_bytes() == b"".join(line + b"\n" for line in bad)


def test_options_of_the_policy_reach_it(pipeline: Pipeline) -> None:
    targets = [b"/blog/?p=2&utm=x", b"/blog/?q=1&p=2", b"/about", b"/blog/x"]
    pipeline.log.write_bytes(b"".join(log_line(target) for target in targets) + log_line(b"/blog/y", b"ourmonitor/1"))
    spiders = pipeline.directory / "spiders.txt"
    spiders.write_text("# ours\n^OurMonitor/\n")
    producer = pipeline.ship(article_pattern="^/blog", keep_param=["p", "q"], spiders=spiders)
    pipeline.assert_articles_in_topic({"/blog?p=2": 1, "/blog?p=2&q=1": 1, "/blog/x": 1})
    closing = producer.closing()
    assert (closing["not_article"], closing["spider"]) == (1, 1)
