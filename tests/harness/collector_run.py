"""Views sent to the collector while something is away, and the check that all of them were counted."""
from __future__ import annotations

from collections import Counter

from harness.pipeline import Pipeline
from harness.ports import free_port
from harness.programs import OptionValue, Program
from harness.view_sender import ViewSender
from harness.waiting import wait_until


# Each view of a sender has an article of its own, which is what the guard against junk is there for.
NO_GUARD: dict[str, OptionValue] = {"max_new_articles_per_hour": 10_000_000}


def collector(pipeline: Pipeline, port: int, **options: OptionValue) -> Program:
    defaults: dict[str, OptionValue] = {"spool": pipeline.directory / "spool", "http": f"127.0.0.1:{port}"}
    return pipeline.producer(None, tail=False, **(defaults | options))


def wait_counted(pipeline: Pipeline, promised: Counter[str]) -> None:
    """Until everything that was promised is in the topic, and Redis has the topic."""
    wait_until(lambda: promised.keys() <= pipeline.articles_in_topic().keys(), "all promised views are in the topic",
               deadline_s=90, explain=pipeline.describe)
    pipeline.wait_all_counted()


def check(pipeline: Pipeline, producer: Program, aggregator: Program, *senders: ViewSender) -> None:
    """Both end well, Redis has what the topic has, and each sender what it was promised."""
    producer.stop()
    aggregator.stop()
    pipeline.count(**NO_GUARD)
    articles = pipeline.check().articles
    for sender in senders:
        sender.check(articles)


def assert_counted_though_kafka_was_away(pipeline: Pipeline, seconds: float, per_second: int = 2000) -> None:
    """The broker is killed, and views for so many seconds at this rate are accepted before it is back."""
    port = free_port()
    producer, aggregator = collector(pipeline, port), pipeline.aggregator(None, **NO_GUARD)
    producer.wait_text("event=starting")
    sender = ViewSender(port, "away", views=20, per_second=per_second).start()
    wait_until(lambda: len(sender.promised) > 1000, "views are accepted", explain=producer.describe)
    pipeline.broker.kill()
    wanted = len(sender.promised) + per_second * seconds
    wait_until(lambda: len(sender.promised) > wanted, "views are accepted without Kafka",
               deadline_s=60 + 4 * seconds, explain=producer.describe)
    pipeline.broker.restart()
    sender.stop()
    assert set(sender.statuses) == {202} and not sender.unknown
    wait_counted(pipeline, sender.promised)
    check(pipeline, producer, aggregator, sender)
