"""Servers and data that all Python tests share."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kafka_broker import KafkaBroker
from harness.page_view_policy import REPOSITORY
from harness.pipeline import Pipeline
from harness.redis_server import RedisServer


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """One Kafka for all tests: each has topics and groups of its own."""
    kafka = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.kill()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def pipeline(tmp_path: Path, broker: KafkaBroker, redis_server: RedisServer) -> Iterator[Pipeline]:
    with Pipeline(tmp_path, broker, redis_server) as started:
        yield started


@pytest.fixture(scope="session")
def real_log() -> Path:
    """6,000 lines of a real site's access log of May 2015."""
    return REPOSITORY.parent / "shared" / "data" / "semicomplete-access.log"
