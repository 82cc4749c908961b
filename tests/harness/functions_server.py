"""A Redis of a test file's own with the Redis functions, empty for each test."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from harness.programs import function_library
from harness.redis_server import RedisServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def client(server: RedisServer) -> redis.Redis:
    made = server.client()
    made.flushall()
    made.execute_command("FUNCTION", "LOAD", "REPLACE", function_library().read_bytes())
    return made
