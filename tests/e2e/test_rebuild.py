"""--rebuild: the retained log is counted again while the live counts go on, and takes their place at once."""
from __future__ import annotations


from confluent_kafka import TopicPartition

from harness.event_traffic import Traffic, send_views
from harness.pipeline import Pipeline
from harness.redis_counts import read_hash
from harness.repeated import Repeated
from harness.waiting import pause, wait_until


def spoil(pipeline: Pipeline) -> None:
    """Counts that a fault of a machine has changed: in the large, and in one bucket."""
    client = pipeline.redis()
    client.hincrby("pv:views", "/traffic/1", 1_000_000)
    client.hset("pv:views", "/never", 7)
    bucket = next(client.scan_iter("pv:views:*T*:*", count=1000))
    client.hdel(bucket, *client.hkeys(bucket)[:3])


def test_rebuilt_counts_are_the_recount_of_the_topic(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 5000)
    pipeline.count()
    spoil(pipeline)
    rebuilding = pipeline.aggregator(rebuild=True)
    rebuilding.finish()
    pipeline.check()
    assert pipeline.redis().keys("pv:rebuild*") == []


class Reader(Repeated):
    """Reads every 5 ms what belongs together in one transaction, until left."""

    def __init__(self, pipeline: Pipeline, wrong_article: bytes) -> None:
        super().__init__()
        self._client = pipeline.redis()
        self._wrong = wrong_article
        self._last = 0
        self.reads = 0
        self.saw = {"old": 0, "new": 0}
        self.faults: list[str] = []

    def turn(self) -> None:
        transaction = self._client.pipeline(transaction=True)
        transaction.hvals("pv:views").hget("pv:views", self._wrong).hget("pv:totals", "views")
        transaction.hget("pv:totals", "views")
        values, wrong, total, _ = transaction.execute()
        views = sum(map(int, values))
        old = wrong is not None
        self.reads += 1
        self.saw["old" if old else "new"] += 1
        if views != int(total) + (7 if old else 0):
            self.faults.append(f"{views} views of articles, {total!r} in all, {wrong!r} of {self._wrong!r}")
        if int(total) < self._last:
            self.faults.append(f"{total!r} views after {self._last}")
        if old and self.saw["new"]:
            self.faults.append("the old counts came back")
        self._last = int(total)
        pause(0.005)


def test_reader_sees_the_old_counts_or_the_new_ones_while_traffic_flows(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 20_000)
    aggregator = pipeline.aggregator()
    pipeline.wait_all_counted()
    pipeline.redis().hset("pv:views", "/never", 7)
    with Traffic(pipeline.broker.address, pipeline.topic), Reader(pipeline, b"/never") as reader:
        wait_until(lambda: reader.saw["old"] > 10, "the reader reads")
        rebuilding = pipeline.aggregator(rebuild=True)
        rebuilding.finish()
        seen = reader.saw["new"]
        wait_until(lambda: reader.saw["new"] > seen + 10, "the reader sees the new counts",
                   explain=pipeline.describe)
        pipeline.wait_views_counted(1000)
    assert not reader.faults, "\n".join(reader.faults[:20])
    assert reader.reads > 20
    pipeline.wait_all_counted()
    aggregator.stop()
    pipeline.check()


def test_rebuild_refuses_when_the_log_has_lost_events_that_are_counted(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 4000)
    pipeline.count()
    before = read_hash(pipeline.redis(), "pv:views")
    for done in pipeline.broker.admin.delete_records([TopicPartition(pipeline.topic, 0, 200)]).values():
        done.result(30)
    refused = pipeline.aggregator(rebuild=True)
    refused.expect_exit(2)
    assert "--accept-loss" in refused.text()
    assert read_hash(pipeline.redis(), "pv:views") == before
    assert pipeline.redis().keys("pv:rebuild:*") == []
    pipeline.aggregator(rebuild=True, accept_loss=True).finish()
    assert pipeline.check().totals["views"] < 4000


def test_killed_rebuild_changes_nothing_and_the_next_one_begins_anew(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 5000)
    pipeline.count()
    client = pipeline.redis()
    client.hset("pv:rebuild:views", "/left", 9)
    client.hset("pv:rebuild:offsets", f"{pipeline.topic}/0", 3)
    pipeline.aggregator(rebuild=True).finish()
    pipeline.check()


def test_second_rebuild_says_that_another_is_running(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 100)
    pipeline.count()
    pipeline.redis().set("pv:rebuilder", "another", px=600_000)
    refused = pipeline.aggregator(rebuild=True)
    refused.expect_exit(2)
    assert "another rebuild" in refused.text()
    pipeline.check()


def test_rebuild_that_lost_its_lock_leaves_the_counts_of_the_other_alone(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 100)
    pipeline.count()
    client = pipeline.redis()
    client.hset("pv:offsets", f"{pipeline.topic}/0", 1_000_000)  # so it does not come to its end
    rebuilding = pipeline.aggregator(rebuild=True)
    wait_until(lambda: client.exists("pv:rebuild:views"), "it counts", explain=rebuilding.describe)
    client.set("pv:rebuilder", "another", px=600_000)
    client.hset("pv:rebuild:views", "/of-the-other", 1)
    rebuilding.expect_exit(2)
    assert "another rebuild" in rebuilding.text()
    assert client.hget("pv:rebuild:views", "/of-the-other") == b"1"
    assert client.get("pv:rebuilder") == b"another"
