"""A Redis that refuses to write costs nothing: no batch is half applied, and counting goes on when it accepts again."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from harness.event_traffic import send_views
from harness.pipeline import Pipeline

Refusal = Callable[[redis.Redis], Iterator[None]]


def out_of_memory(client: redis.Redis) -> Iterator[None]:
    client.config_set("maxmemory", "1mb")
    yield
    client.config_set("maxmemory", "0")


def key_of_another_type(client: redis.Redis) -> Iterator[None]:
    """Written to only after the counts of the batch, were types not checked first."""
    client.set("pv:repeats", "planted")
    yield
    client.delete("pv:repeats")


def permission_revoked(client: redis.Redis) -> Iterator[None]:
    client.acl_setuser("default", enabled=True, commands=["-fcall"], reset=False)
    yield
    client.acl_setuser("default", enabled=True, commands=["+fcall"], reset=False)


def read_only_replica(client: redis.Redis) -> Iterator[None]:
    client.config_set("replica-serve-stale-data", "yes")
    client.replicaof("127.0.0.1", "1")
    yield
    client.replicaof("NO", "ONE")


@pytest.mark.parametrize("refusal", [out_of_memory, key_of_another_type, permission_revoked, read_only_replica],
                         ids=lambda refusal: refusal.__name__)
def test_refused_commit_is_said_and_repeated_until_accepted(pipeline: Pipeline, refusal: Refusal) -> None:
    aggregator = pipeline.aggregator()
    send_views(pipeline.broker.address, pipeline.topic, 2000, seed=1)
    pipeline.wait_all_counted()
    client = pipeline.redis()
    before = client.hgetall("pv:views")
    said = len(aggregator.text())
    with contextmanager(refusal)(client):
        send_views(pipeline.broker.address, pipeline.topic, 2000, seed=2)
        aggregator.wait_text(r"(?s).{%d}.*\b(warn|error) event=" % said)
        assert client.hgetall("pv:views") == before
    pipeline.wait_all_counted()
    aggregator.stop()
    assert pipeline.check().totals["views"] == 4000
