"""The proxy that loses messages does lose them: otherwise the tests that use it would prove nothing."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from harness.redis_server import RedisServer
from harness.tcp_proxy import Lose, TcpProxy

LIBRARY = """#!lua name=counting
redis.register_function('count_up', function(keys, args) return redis.call('INCRBY', keys[1], #args[1]) end)
"""


@pytest.fixture
def proxy(redis_server: RedisServer) -> Iterator[TcpProxy]:
    redis_server.client().function_load(LIBRARY)

    def calls() -> int:
        return int(redis_server.client().info("commandstats").get("cmdstat_fcall", {}).get("calls", 0))

    between = TcpProxy(redis_server.port, b"count_up", calls)
    yield between
    between.close()


def count_up(proxy: TcpProxy, argument: bytes = b"x") -> int:
    client = redis.Redis("127.0.0.1", proxy.port, retry=None, socket_timeout=20)
    return int(client.fcall("count_up", 1, "counter", argument))


def test_unarmed_proxy_passes_everything(proxy: TcpProxy) -> None:
    assert [count_up(proxy) for _ in range(3)] == [1, 2, 3]
    assert proxy.lost == 0


@pytest.mark.parametrize("argument", [b"x", b"x" * 3_000_000], ids=["short", "long"])
def test_lost_reply_comes_after_the_deed(proxy: TcpProxy, redis_server: RedisServer, argument: bytes) -> None:
    proxy.lose(Lose.REPLY)
    with pytest.raises(redis.exceptions.ConnectionError):
        count_up(proxy, argument)
    assert redis_server.client().get("counter") == str(len(argument)).encode()
    assert proxy.lost == 1
    assert count_up(proxy) == len(argument) + 1


def test_lost_request_has_no_effect(proxy: TcpProxy, redis_server: RedisServer) -> None:
    proxy.lose(Lose.REQUEST, times=2)
    for _ in range(2):
        with pytest.raises(redis.exceptions.ConnectionError):
            count_up(proxy)
    assert redis_server.client().get("counter") is None
    assert count_up(proxy) == 1
