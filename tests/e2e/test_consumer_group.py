"""Aggregators share the topic, hand partitions over, and keep their place while Redis is away."""
from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, KafkaException

from harness.event_traffic import Traffic, send_views
from harness.pipeline import PARTITIONS, Pipeline
from harness.redis_counts import read_offsets
from harness.redis_server import RedisServer
from harness.waiting import stays_true, wait_until

# Shorter than the time for which Redis stays away, so that a consumer that stops polling is thrown out.
IMPATIENT_GROUP = {"session.timeout.ms": "3000", "heartbeat.interval.ms": "500", "max.poll.interval.ms": "3000"}
AWAY_S = 8.0


def members(pipeline: Pipeline) -> dict[str, set[int]]:
    """Members of the group and their partitions of the topic."""
    try:
        description = pipeline.broker.admin.describe_consumer_groups([pipeline.group])[pipeline.group].result(10)
    except KafkaException:
        return {}  # the group's first coordinator is being made
    return {
        member.member_id: {part.partition for part in member.assignment.topic_partitions if part.topic == pipeline.topic}
        for member in description.members
    }


def wait_members(pipeline: Pipeline, count: int) -> dict[str, set[int]]:
    """Until `count` members share all four partitions, each having some."""

    def settled() -> dict[str, set[int]] | None:
        found = members(pipeline)
        shares = list(found.values())
        complete = len(shares) == count and all(shares) and set.union(*shares) == set(range(4))
        return found if complete else None

    found = wait_until(settled, f"{count} members share the topic", explain=pipeline.describe)
    assert found is not None
    return found


def test_two_aggregators_joining_and_leaving_under_traffic_stay_exact(pipeline: Pipeline) -> None:
    with Traffic(pipeline.broker.address, pipeline.topic):
        first = pipeline.aggregator()
        wait_members(pipeline, 1)
        for _ in range(2):
            second = pipeline.aggregator()
            wait_members(pipeline, 2)
            second.stop()
            wait_members(pipeline, 1)
        second = pipeline.aggregator()
        wait_members(pipeline, 2)
        first.kill()
        wait_members(pipeline, 1)
    pipeline.wait_all_counted()
    second.stop()
    pipeline.check()


def test_counting_to_the_end_waits_for_partitions_of_a_member_that_does_nothing(pipeline: Pipeline) -> None:
    """Such a member is one that was killed: the group takes its partitions back only after a while."""
    send_views(pipeline.broker.address, pipeline.topic, 1000)
    idle = Consumer({"bootstrap.servers": pipeline.broker.address, "group.id": pipeline.group, **IMPATIENT_GROUP,
                     "enable.auto.commit": False})
    idle.subscribe([pipeline.topic])

    def polled(condition: Callable[[], object]) -> Callable[[], object]:
        def look() -> object:
            idle.poll(0)  # keeps it in the group
            return condition()
        return look

    wait_until(polled(lambda: len(idle.assignment()) == PARTITIONS), "it has all partitions", explain=pipeline.describe)
    aggregator = pipeline.aggregator(IMPATIENT_GROUP, exit_at_end=True)
    wait_until(polled(lambda: "waiting_for_others" in aggregator.text()), "the aggregator waits",
               explain=pipeline.describe)
    assert 0 < sum(read_offsets(pipeline.redis(), pipeline.topic).values()) < 1000
    idle.close()
    aggregator.finish()
    pipeline.check()


def test_aggregators_that_count_to_the_end_together_count_all_of_it(pipeline: Pipeline) -> None:
    send_views(pipeline.broker.address, pipeline.topic, 3000)
    members = [pipeline.aggregator(exit_at_end=True) for _ in range(3)]
    for member in members:
        member.finish()
    pipeline.check()


def test_several_pipelines_in_one_aggregator_stay_exact(pipeline: Pipeline) -> None:
    aggregator = pipeline.aggregator(pipelines=2)
    with Traffic(pipeline.broker.address, pipeline.topic):
        wait_members(pipeline, 2)
        pipeline.wait_views_counted(3000)
    pipeline.wait_all_counted()
    aggregator.stop()
    pipeline.check()


@pytest.mark.parametrize(("leave", "come_back"), [
    (RedisServer.kill, RedisServer.start),
    (RedisServer.pause, RedisServer.resume),
], ids=["away", "hangs"])
def test_membership_is_kept_while_redis_does_not_answer(
        pipeline: Pipeline, leave: Callable[[RedisServer], None], come_back: Callable[[RedisServer], None]) -> None:
    aggregator = pipeline.aggregator(IMPATIENT_GROUP)
    with Traffic(pipeline.broker.address, pipeline.topic):
        before = wait_members(pipeline, 1)
        pipeline.wait_views_counted(1000)
        leave(pipeline.server)
        stays_true(lambda: members(pipeline) == before, "the same member has the same partitions", AWAY_S)
        come_back(pipeline.server)
    pipeline.wait_all_counted()
    assert members(pipeline) == before
    aggregator.stop()
    pipeline.check()


def test_aggregator_ends_well_while_redis_is_away(pipeline: Pipeline) -> None:
    aggregator = pipeline.aggregator()
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=1)
    pipeline.wait_all_counted()
    pipeline.server.kill()
    send_views(pipeline.broker.address, pipeline.topic, 1000, seed=2)
    aggregator.wait_text(r"(warn|error).*redis")
    aggregator.stop()
    pipeline.server.start()
    pipeline.count()
    pipeline.check()


def test_aggregator_stopped_past_its_session_is_fenced_when_it_wakes(pipeline: Pipeline) -> None:
    """A zombie has a batch of partitions that by then belong to another."""
    zombie = pipeline.aggregator(IMPATIENT_GROUP)
    with Traffic(pipeline.broker.address, pipeline.topic):
        asleep = set(wait_members(pipeline, 1))
        pipeline.wait_views_counted(1000)
        zombie.send_signal(signal.SIGSTOP)
        heir = pipeline.aggregator(IMPATIENT_GROUP)
        wait_until(lambda: not asleep & set(members(pipeline)), "the sleeper is thrown out", explain=pipeline.describe)
        wait_members(pipeline, 1)
        zombie.send_signal(signal.SIGCONT)
        wait_members(pipeline, 2)
    pipeline.wait_all_counted()
    zombie.stop()
    heir.stop()
    pipeline.check()
