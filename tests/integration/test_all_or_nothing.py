"""A call that writes counts makes all of its changes, or is an error and makes none: whatever is in Redis,
and whatever its user may not do. Redis does not undo a function that fails half way."""
from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import redis

from commit_call import META, MINUTE, OFFSETS, YEAR_2100, Commit, dump, one_view, shadow, swap
from harness.functions_server import client, server  # noqa: F401
from harness.programs import function_library
from harness.redis_server import RedisServer

LIBRARY = function_library()
NEW, OVER = "pv:new_articles:2026-11-24", "pv:views:2026-11-20"
NOW = 1795525507000
OPEN_FROM = NOW + 60_000  # views of NOW are late
COUNTED = ["pv:totals", "pv:views", "pv:views:2026-11-24", "pv:views:2026-11-24T13", MINUTE, "pv:site:2026-11-24"]
BY_WALL = [OFFSETS, META, *COUNTED, NEW, "pv:buckets", "pv:watermarks", "pv:origins", "pv:repeats"]
BY_EVENTS = [*BY_WALL, "pv:clock", OVER]
CLOCKS = {"wall": BY_WALL, "event": BY_EVENTS}
KEYS = [(clock, key) for clock, keys in CLOCKS.items() for key in keys]
COMMANDS = ["del", "expireat", "hdel", "hget", "hmget", "hset", "hsetnx", "pfadd", "pfmerge", "set", "type", "unlink",
            "zadd", "zrangebyscore", "zrem"]
NO_COUNTS = ["", "x", "12x", "1.5", "nan", "inf", "1 2", "--1", "9007199254740992", "9223372036854775807", "1e300",
             "-9223372036854775808"]


def user_without(server: RedisServer, client: redis.Redis, *rules: str) -> redis.Redis:
    client.execute_command("ACL", "SETUSER", "writer", "reset", "on", "nopass", "+@all", *rules)
    return redis.Redis(port=server.port, username="writer", password="any")


def only_reads(server: RedisServer, client: redis.Redis, key: str, others: list[str]) -> redis.Redis:
    return user_without(server, client, f"%R~{key}", *(f"~{other}" for other in others if other != key))


def whole(clock: str, end: int = 9) -> Commit:
    """The first batch of another partition, which changes every key that a commit ever does: /a is a new article,
    its view is late, and by the clock of events a bucket's time is over."""
    notes = {"new_max": "100", "new_day": "2026-11-24", "new_hour": "13", "new_expires": str(YEAR_2100),
             "watermark": str(NOW), "origin": "0", "repeats_from": "0", "oldest": str(NOW)}
    if clock == "event":
        notes |= {"clock": "event", "partitions": "2", "idle": "1"}
    return one_view(None, end, partition="pageviews/1", notes=notes)


def prepare(client: redis.Redis) -> None:
    """Counts of another partition and another article, and a bucket that is over."""
    other = one_view(None, 7)
    other.articles = [b"/other"]
    other.send(client)
    client.hset(META, "open_from_ms", OPEN_FROM)
    client.hset("pv:clock", "pageviews/0", "idle")
    client.hset(OVER, "/other", 1)
    client.zadd("pv:buckets", {OVER.removeprefix("pv:"): NOW - 1})


def refused(client: redis.Redis, call: Callable[[], object], why: str | None = None) -> None:
    before = dump(client)
    with pytest.raises(redis.ResponseError, match=why):
        call()
    assert dump(client) == before


# ---- A commit ----


@pytest.mark.parametrize(("clock", "keys"), CLOCKS.items())
def test_keys_below_are_those_that_a_commit_changes(client: redis.Redis, clock: str, keys: list[str]) -> None:
    prepare(client)
    before = dump(client)
    assert whole(clock).send(client) == [b"ok", b"9"]
    after = dump(client)
    assert {key.decode() for key in before | after if before.get(key) != after.get(key)} == set(keys)
    assert client.hget(META, "late") == b"1"


@pytest.mark.parametrize(("clock", "key"), [row for row in KEYS if row[1] != OVER])
def test_key_of_a_wrong_type_is_an_error_and_nothing_is_written(client: redis.Redis, clock: str, key: str) -> None:
    prepare(client)
    client.delete(key)
    client.rpush(key, "planted")
    refused(client, lambda: whole(clock).send(client), "WRONGTYPE")


@pytest.mark.parametrize(("clock", "key"), KEYS)
def test_user_who_may_only_read_one_of_the_keys_writes_nothing(
    server: RedisServer, client: redis.Redis, clock: str, key: str
) -> None:
    prepare(client)
    writer = only_reads(server, client, key, CLOCKS[clock])
    refused(client, lambda: whole(clock).send(writer), f"may not use .* on {key} |has no permissions")


@pytest.mark.parametrize("command", COMMANDS)
def test_user_without_one_of_the_commands_writes_nothing(
    server: RedisServer, client: redis.Redis, command: str
) -> None:
    prepare(client)
    writer = user_without(server, client, "~*", f"-{command}")
    refused(client, lambda: one_view(7, 9).send(writer))


def test_user_without_a_command_of_the_clock_of_events_writes_nothing(
    server: RedisServer, client: redis.Redis
) -> None:
    prepare(client)
    writer = user_without(server, client, "~*", "-hgetall")
    refused(client, lambda: whole("event").send(writer))


@pytest.mark.parametrize("value", NO_COUNTS[:-1])
@pytest.mark.parametrize(("key", "field"), [
    ("pv:totals", "views"), ("pv:views", "/a"), (MINUTE, "/a"), ("pv:site:2026-11-24", "13:05"),
    (META, "commits"), (META, "late")])
def test_field_that_is_no_number_is_an_error_and_nothing_is_written(
    client: redis.Redis, key: str, field: str, value: str
) -> None:
    prepare(client)
    client.hset(key, field, value)
    refused(client, lambda: whole("wall").send(client), "not a whole number")


@pytest.mark.parametrize("value", NO_COUNTS)
@pytest.mark.parametrize(("key", "field"), [
    (NEW, "13"), (META, "open_from_ms"), (META, "last_commit_ms"), ("pv:watermarks", "pageviews/0"),
    ("pv:watermarks", "pageviews/1"), ("pv:origins", "pageviews/1"), ("pv:repeats", "pageviews/1"),
    ("pv:clock", "now"), ("pv:clock", "pageviews/1")])
@pytest.mark.parametrize("clock", CLOCKS)
def test_whatever_else_is_in_a_field_a_batch_counts_once_or_not_at_all(
    client: redis.Redis, clock: str, key: str, field: str, value: str
) -> None:
    prepare(client)
    client.hset(key, field, value)
    before = dump(client)
    try:
        whole(clock).send(client)
    except redis.ResponseError:
        assert dump(client) == before
    else:
        assert whole(clock).send(client) == [b"already", b"9"]
        assert client.hget("pv:totals", "views") == b"2"


def test_call_that_only_asks_changes_all_or_nothing(client: redis.Redis) -> None:
    prepare(client)
    notes = {"clock": "event", "partitions": "2", "idle": "1", "watermark": str(NOW), "caught_up": str(NOW)}
    client.rpush("pv:caught_up", "planted")
    refused(client, lambda: Commit(7, 7, notes=notes).send(client), "WRONGTYPE")


# ---- A call that is none ----


@pytest.mark.parametrize("arguments", [[0], [2, OFFSETS, META, "pageviews/0", "", "5", "1", b"\xc1garbage"]])
def test_call_that_is_no_call_writes_nothing(client: redis.Redis, arguments: list[object]) -> None:
    refused(client, lambda: client.execute_command("FCALL", "pv_commit", *arguments))


@pytest.mark.parametrize("place", range(3, 8))
def test_garbage_in_an_argument_writes_nothing(client: redis.Redis, place: int) -> None:
    arguments = one_view().arguments()
    arguments[2 + int(arguments[1]) + place] = b"\xc1garbage"
    refused(client, lambda: client.execute_command("FCALL", *arguments))


@pytest.mark.parametrize("expire_at", ["x", "1e15", "4102444800.5", " 4102444800", "99999999999999999999"])
def test_time_that_redis_would_not_take_writes_nothing(client: redis.Redis, expire_at: str) -> None:
    commit = one_view()
    commit.groups[-1].expire_at = expire_at  # type: ignore[assignment]
    refused(client, lambda: commit.send(client))
    commit = whole("wall")
    commit.notes["new_expires"] = expire_at
    refused(client, lambda: commit.send(client))


def test_key_that_is_to_be_of_two_types_writes_nothing(client: redis.Redis) -> None:
    commit = one_view()
    commit.groups[0].key = "pv:buckets"
    refused(client, lambda: commit.send(client), "WRONGTYPE")


# ---- Memory ----


def test_full_memory_is_an_error_and_nothing_is_written(client: redis.Redis) -> None:
    prepare(client)
    client.config_set("maxmemory", "1")
    try:
        refused(client, lambda: one_view(7, 9).send(client), "OOM|maxmemory")
        for name in re.findall(r"register_function\('(\w+)'", LIBRARY.read_text()):
            refused(client, partial(client.execute_command, "FCALL", name, 0), "OOM|maxmemory")
    finally:
        client.config_set("maxmemory", "0")
    assert one_view(7, 9).send(client) == [b"ok", b"9"]


def test_memory_that_runs_out_during_a_call_does_not_end_it(client: redis.Redis) -> None:
    articles = [b"/article/%d" % i for i in range(20000)]
    commit = one_view()
    commit.articles = articles
    for group in commit.groups[1:5]:
        group.counts = [1] * len(articles)
    limit = client.info("memory")["used_memory"] + 3_000_000
    client.config_set("maxmemory", limit)
    try:
        assert commit.send(client) == [b"ok", b"1"]
        assert client.info("memory")["used_memory"] > limit, "memory did not run out"
    finally:
        client.config_set("maxmemory", "0")
    assert client.hlen("pv:views") == client.hlen(MINUTE) == len(articles)


# ---- The swap of a rebuild ----

SWAPPED = [OFFSETS, "pv:views", "pv:totals", MINUTE, "pv:buckets", META]


def prepare_swap(client: redis.Redis) -> None:
    prepare(client)
    client.execute_command("FCALL", *shadow(one_view(None, 8)))


@pytest.mark.parametrize("key", [OFFSETS, "pv:totals", "pv:buckets", META, "pv:rebuild:offsets", "pv:rebuild:totals",
                                 "pv:rebuild:buckets"])
def test_swap_with_a_key_of_a_wrong_type_changes_nothing(client: redis.Redis, key: str) -> None:
    prepare_swap(client)
    client.delete(key)
    client.rpush(key, "planted")
    refused(client, lambda: swap(client), "WRONGTYPE")


@pytest.mark.parametrize("value", NO_COUNTS[:-1])
@pytest.mark.parametrize(("key", "field"), [(META, "late"), ("pv:totals", "views"), ("pv:rebuild:totals", "views")])
def test_swap_with_a_field_that_is_no_number_changes_nothing(
    client: redis.Redis, key: str, field: str, value: str
) -> None:
    prepare_swap(client)
    client.hset(key, field, value)
    refused(client, lambda: swap(client, "accept-loss"), "not a whole number")


@pytest.mark.parametrize("prefix", ["pv:", "pv:rebuild:"])
@pytest.mark.parametrize("key", SWAPPED)
def test_swap_by_a_user_who_may_only_read_one_of_the_keys_changes_nothing(
    server: RedisServer, client: redis.Redis, prefix: str, key: str
) -> None:
    prepare_swap(client)
    keys = [key.decode() for key in client.keys("*")] + ["pv:watermarks", "pv:origins", "pv:repeats", "pv:clock"]
    writer = only_reads(server, client, key.replace("pv:", prefix), keys)
    refused(client, lambda: swap(writer), "may not use|has no permissions|can't access")


@pytest.mark.parametrize("command", ["exists", "hgetall", "hmget", "hset", "hvals", "rename", "type", "unlink",
                                     "zrange"])
def test_swap_by_a_user_without_one_of_the_commands_changes_nothing(
    server: RedisServer, client: redis.Redis, command: str
) -> None:
    prepare_swap(client)
    writer = user_without(server, client, "~*", f"-{command}")
    refused(client, lambda: swap(writer))
