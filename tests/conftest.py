"""Servers and data that all Python tests share."""
from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kafka_broker import KafkaBroker
from harness.lifetime import end_by_signals
from harness.page_view_policy import REPOSITORY
from harness.pipeline import Pipeline
from harness.redis_server import RedisServer


def pytest_configure() -> None:
    end_by_signals()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """One Kafka for all tests: each has topics and groups of its own."""
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def pipeline(tmp_path: Path, broker: KafkaBroker, redis_server: RedisServer) -> Iterator[Pipeline]:
    with Pipeline(tmp_path, broker, redis_server) as started:
        yield started


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker that a test may kill."""
    with KafkaBroker(tmp_path / "kafka") as kafka:
        yield kafka


@pytest.fixture
def own_pipeline(tmp_path: Path, own_broker: KafkaBroker, redis_server: RedisServer) -> Iterator[Pipeline]:
    with Pipeline(tmp_path, own_broker, redis_server) as started:
        yield started


@pytest.fixture(scope="session")
def real_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6,000 lines of a real site's access log of May 2015."""
    log = tmp_path_factory.mktemp("semicomplete") / "access.log"
    packed = REPOSITORY / "tests" / "data" / "semicomplete" / "access.log.gz"
    log.write_bytes(gzip.decompress(packed.read_bytes()))
    return log
