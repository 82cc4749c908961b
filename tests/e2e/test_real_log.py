"""A real site's access log, through Kafka into Redis, equals an independent recount, article by article."""
from __future__ import annotations

from pathlib import Path

from harness.pipeline import Pipeline
from harness.redis_counts import assert_redis_holds
from harness.weblog_recount import WeblogCounts, recount_files
from harness.weblog_shift import shift_file


def assert_closing_line_adds_up(closing: dict[str, int], expected: WeblogCounts) -> None:
    reasons = {name: count for name, count in closing.items() if name not in ("hits", "views")}
    assert closing["hits"] == expected.hits
    assert closing["views"] == expected.views
    assert {name: count for name, count in reasons.items() if count} == expected.reasons
    assert closing["hits"] == closing["views"] + sum(reasons.values())


def test_real_log_of_2015_leaves_exact_totals_and_no_bucket(pipeline: Pipeline, real_log: Path) -> None:
    producer = pipeline.ship(tail=real_log)
    pipeline.count()
    expected = recount_files(real_log)
    assert_closing_line_adds_up(producer.closing(), expected)
    assert_redis_holds(pipeline.redis(), expected.counts)
    left = {key.decode() for key in pipeline.redis().keys("pv:*")}
    assert not {key for key in left if key.startswith(("pv:views:", "pv:site:", "pv:filtered:", "pv:visitors:"))}
    pipeline.check()


def test_real_log_shifted_to_now_leaves_every_bucket_exact(pipeline: Pipeline, real_log: Path) -> None:
    shift_file(real_log, pipeline.log)
    producer = pipeline.ship()
    pipeline.count()
    expected = recount_files(pipeline.log)
    assert_closing_line_adds_up(producer.closing(), expected)
    assert_redis_holds(pipeline.redis(), expected.counts)
    assert pipeline.redis().exists("pv:views:" + max(expected.counts.buckets, key=lambda name: (len(name), name)))
    pipeline.check()


def test_counting_again_changes_nothing(pipeline: Pipeline, real_log: Path) -> None:
    shift_file(real_log, pipeline.log)
    for _ in range(2):
        pipeline.ship()
        pipeline.count()
    assert_redis_holds(pipeline.redis(), recount_files(pipeline.log).counts)
    pipeline.check()


def test_second_instance_with_the_same_log_counts_it_again(pipeline: Pipeline, real_log: Path) -> None:
    """One name, one position: another name is another web server."""
    pipeline.ship(tail=real_log)
    pipeline.ship(tail=real_log, instance=f"{pipeline.instance}-b", state_dir=pipeline.directory / "state-b")
    pipeline.count()
    once = recount_files(real_log).counts.articles
    assert pipeline.check().articles == {article: 2 * views for article, views in once.items()}


def test_position_survives_the_loss_of_the_state_directory(pipeline: Pipeline, real_log: Path) -> None:
    pipeline.ship(tail=real_log)
    pipeline.ship(tail=real_log, state_dir=pipeline.directory / "empty-state")
    pipeline.assert_articles_in_topic(recount_files(real_log).counts.articles)


def test_from_end_skips_what_was_there(pipeline: Pipeline, real_log: Path) -> None:
    lines = real_log.read_bytes().splitlines(keepends=True)
    pipeline.log.write_bytes(b"".join(lines[:3000]))
    pipeline.ship(from_="end")
    with pipeline.log.open("ab") as log:
        log.writelines(lines[3000:])
    pipeline.ship(from_="end")
    tail_only = pipeline.directory / "tail.log"
    tail_only.write_bytes(b"".join(lines[3000:]))
    pipeline.assert_articles_in_topic(recount_files(tail_only).counts.articles)
