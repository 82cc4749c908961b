"""The Redis function pv_commit, on a real redis-server, called by another client than ours."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from commit_call import DAY, HOUR, META, MINUTE, OFFSETS, YEAR_2100, Commit, Group, dump, one_view
from harness.programs import function_library
from harness.redis_server import RedisServer

LIBRARY = function_library()


@pytest.fixture
def client(redis_server: RedisServer) -> redis.Redis:
    client = redis_server.client()
    client.function_load(LIBRARY.read_text())
    return client


# ---- The fence ----


def test_first_batch_is_counted_and_its_offset_stored(client: redis.Redis) -> None:
    assert one_view().send(client) == [b"ok", b"1"]
    assert client.hgetall("pv:views") == {b"/a": b"1"}
    assert client.hgetall(MINUTE) == {b"/a": b"1"}
    assert client.hgetall("pv:site:2026-11-24") == {b"13:05": b"1"}
    assert client.hgetall("pv:totals") == {b"views": b"1"}
    assert client.hgetall(OFFSETS) == {b"pageviews/0": b"1"}
    assert client.hgetall(META) == {b"last_commit_ms": b"1795525507000", b"commits": b"1"}


def test_next_batch_adds_to_it(client: redis.Redis) -> None:
    one_view().send(client)
    assert one_view(1, 5).send(client) == [b"ok", b"5"]
    assert client.hgetall("pv:views") == {b"/a": b"2"}


def test_batch_sent_again_counts_once(client: redis.Redis) -> None:
    one_view().send(client)
    before = dump(client)
    assert one_view().send(client) == [b"already", b"1"]
    assert dump(client) == before


@pytest.mark.parametrize(("start", "end"), [(None, 9), (0, 9), (1, 9), (9, 12), (50, 60)])
def test_batch_from_another_offset_is_stale_and_changes_nothing(
    client: redis.Redis, start: int | None, end: int
) -> None:
    one_view(None, 7).send(client)
    before = dump(client)
    assert one_view(start, end).send(client) == [b"stale", b"7"]
    assert dump(client) == before


def test_batch_after_redis_forgot_everything_is_stale_with_nothing_stored(client: redis.Redis) -> None:
    assert one_view(7, 9).send(client) == [b"stale", b""]
    assert dump(client) == {}


def test_empty_batch_only_asks(client: redis.Redis) -> None:
    assert Commit(None, None).send(client) == [b"already", b""]
    assert dump(client) == {}
    one_view(None, 7).send(client)
    before = dump(client)
    assert Commit(7, 7).send(client) == [b"already", b"7"]
    assert Commit(6, 6).send(client) == [b"stale", b"7"]
    assert Commit(8, 8).send(client) == [b"stale", b"7"]
    assert dump(client) == before


def test_batch_without_events_moves_the_offset_only(client: redis.Redis) -> None:
    assert Commit(None, 3).send(client) == [b"ok", b"3"]
    assert set(client.keys("*")) == {OFFSETS.encode(), META.encode()}


def test_partitions_have_fences_of_their_own(client: redis.Redis) -> None:
    one_view(None, 7).send(client)
    assert one_view(None, 3, partition="pageviews/1").send(client) == [b"ok", b"3"]
    assert one_view(None, 4, partition="other/0").send(client) == [b"ok", b"4"]
    assert client.hgetall(OFFSETS) == {b"pageviews/0": b"7", b"pageviews/1": b"3", b"other/0": b"4"}
    assert client.hget("pv:views", "/a") == b"3"


def test_offsets_are_exact_beyond_what_a_double_holds(client: redis.Redis) -> None:
    ends = [10**14, 10**14 + 1, 2**53, 2**53 + 1, 2**63 - 1]
    for start, end in zip([None, *ends], ends):
        assert one_view(start, end).send(client) == [b"ok", str(end).encode()]
        assert client.hget(OFFSETS, "pageviews/0") == str(end).encode()
    assert one_view(2**63 - 2, 2**63 - 1).send(client)[0] == b"already"
    assert one_view(2**63 - 2, 5).send(client)[0] == b"stale"
    assert one_view(2**63 - 3, 2**63 - 2).send(client)[0] == b"stale"


# ---- Expiry ----


def test_expiry_is_set_once_and_never_moved(client: redis.Redis) -> None:
    commit = one_view()
    commit.send(client)
    assert client.expiretime(MINUTE) == YEAR_2100
    assert client.expiretime("pv:views") == -1
    later = one_view(1, 2)
    for group in later.groups:
        group.expire_at = group.expire_at and group.expire_at + 1000
    later.send(client)
    assert client.expiretime(MINUTE) == YEAR_2100
    assert client.expiretime(DAY) == YEAR_2100
    assert client.hget(MINUTE, "/a") == b"2"


def test_bucket_whose_time_is_over_on_the_servers_clock_is_gone_and_the_rest_is_counted(client: redis.Redis) -> None:
    groups = [Group("pv:views", [1]), Group(MINUTE, [1], expire_at=1000)]
    assert Commit(None, 1, [b"/a"], groups).send(client) == [b"ok", b"1"]
    assert client.exists(MINUTE) == 0
    assert client.hget("pv:views", "/a") == b"1"


# ---- Numbers and sizes ----


@pytest.mark.parametrize("count", [1, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**53 - 2])
def test_counts_of_every_size_are_added_exactly(client: redis.Redis, count: int) -> None:
    Commit(None, 1, [b"/a"], [Group("pv:views", [count])]).send(client)
    assert client.hget("pv:views", "/a") == str(count).encode()
    Commit(1, 2, [b"/a"], [Group("pv:views", [1])]).send(client)
    assert client.hget("pv:views", "/a") == str(count + 1).encode()


def test_counts_around_the_texts_that_are_kept_are_right(client: redis.Redis) -> None:
    counts = [32766, 32767, 32768, 32769, 65536, 70000, 1, 5, 0x7FFF + 6, 70000 - 32768, 2]
    articles = [b"/%d" % i for i in range(len(counts))]
    for i in range(3):
        Commit(i or None, i + 1, articles, [Group("pv:views", counts)]).send(client)
        assert client.hgetall("pv:views") == {a: str(n * (i + 1)).encode() for a, n in zip(articles, counts)}


def test_article_ids_are_bytes(client: redis.Redis) -> None:
    articles = [b"/", b"/%s", b"/\xff\x00\r\n", "/ünï".encode(), b"/1", b"1", b"/" + b"x" * 511, b"/" + b"y" * 30]
    counts = list(range(1, len(articles) + 1))
    Commit(None, 1, articles, [Group("pv:views", counts)]).send(client)
    assert client.hgetall("pv:views") == {a: str(n).encode() for a, n in zip(articles, counts)}


def test_groups_name_some_articles_by_their_number(client: redis.Redis) -> None:
    groups = [Group("pv:views", [1, 2, 3]), Group(HOUR, [30, 10], [3, 1])]
    Commit(None, 1, [b"/a", b"/b", b"/c"], groups).send(client)
    assert client.hgetall(HOUR) == {b"/c": b"30", b"/a": b"10"}


def large(count: int, start: int | None, end: int) -> Commit:
    articles = [b"/article/%d" % i for i in range(count)]
    counts = [i % 300 + 1 for i in range(count)]
    keys = ["pv:views", DAY, HOUR, MINUTE]
    return Commit(start, end, articles, [Group(key, list(counts)) for key in keys])


@pytest.mark.parametrize("count", [3999, 4000, 7000, 7001, 8000, 14001, 20000])
def test_batches_beyond_luas_unpack_limit_are_counted(client: redis.Redis, count: int) -> None:
    large(count, None, 1).send(client)
    assert large(count, 1, 2).send(client) == [b"ok", b"2"]
    expected = {b"/article/%d" % i: str(2 * (i % 300 + 1)).encode() for i in range(count)}
    for key in ("pv:views", DAY, HOUR, MINUTE):
        assert client.hgetall(key) == expected


# ---- The append-only file ----


def test_killed_server_replays_the_same_data(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", {"appendfsync": "always"})
    try:
        server.start()
        client = server.client()
        client.function_load(LIBRARY.read_text())
        for i in range(20):
            large(500, i or None, i + 1).send(client)
        one_view(20, 21).send(client)
        before = dump(client)
        server.kill()
        server.start()
        assert dump(server.client()) == before
        assert one_view(20, 21).send(server.client()) == [b"already", b"21"]
    finally:
        server.kill()


def test_append_only_file_cut_anywhere_has_whole_batches_only(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", {"appendfsync": "always"})
    try:
        server.start()
        client = server.client()
        client.function_load(LIBRARY.read_text())
        for i in range(10):
            large(50, i or None, i + 1).send(client)
        server.kill()
        written = server.append_only_file.read_bytes()
        begin = written.rindex(b"MULTI") - 100
        for length in range(begin, len(written), 997):
            server.append_only_file.write_bytes(written[:length])
            server.start()
            client = server.client()
            batches = int(client.hget(OFFSETS, "pageviews/0") or 0)
            for key in ("pv:views", DAY, HOUR, MINUTE):
                assert client.hget(key, "/article/7") == str(8 * batches).encode()
            server.kill()
    finally:
        server.kill()


# ---- Version ----


def test_version_is_the_one_in_the_file(client: redis.Redis) -> None:
    assert f"local VERSION = {client.fcall_ro('pv_version', 0)}\n" in LIBRARY.read_text()


# ---- Cost: printed, never asserted ----


def commands_us(client: redis.Redis) -> int:
    return int(client.info("commandstats").get("cmdstat_fcall", {}).get("usec", 0))


@pytest.mark.parametrize("count", [4000, 8000])
def test_time_of_a_call_is_measured(
    client: redis.Redis, count: int, record_property: Callable[[str, object], None]
) -> None:
    large(count, None, 1).send(client)
    calls_us = []
    for i in range(1, 11):
        before = commands_us(client)
        large(count, i, i + 1).send(client)
        calls_us.append(commands_us(client) - before)
    best = min(calls_us)
    record_property("us_per_call", best)
    record_property("us_per_delta", round(best / (4 * count), 2))
    print(f"{count} articles in 4 hashes: {best / 1000:.1f} ms a call, {best / (4 * count):.2f} us a delta")
