"""What the function library does beside counting: facts, the guard, the clock of events, lists, the swap."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis

from harness.functions_server import client, server  # noqa: F401
from harness.programs import AGGREGATOR, Program, function_library
from harness.redis_server import RedisServer
from commit_call import Commit, Group, pack, shadow, swap

LIBRARY = function_library()
NOW = 4102491907000  # 2100-01-01T13:05:07Z: nothing expires by the server's clock
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MINUTE_KEY = "pv:views:2100-01-01T13:05"


def test_program_loads_the_text_that_these_tests_load(client: redis.Redis, server: RedisServer, tmp_path: Path) -> None:
    client.function_flush()
    aggregator = Program(AGGREGATOR, ["--brokers=127.0.0.1:1", f"--redis={server.address}"], tmp_path / "log")
    try:
        aggregator.wait_text("event=library_loaded ")
    finally:
        aggregator.kill()
    [library] = client.function_list(withcode=True)
    assert LIBRARY.read_bytes() in (library.values() if isinstance(library, dict) else library)


def views(start: int | None, end: int, articles: list[bytes], partition: str = "pageviews/0",
          **more: Any) -> Commit:
    """A batch with one view of each article, in all time and in the minute 13:05."""
    ones = [1] * len(articles)
    groups = [Group("pv:totals", [len(articles)], [b"views"]), Group("pv:views", ones),
              Group(MINUTE_KEY, ones, expire_at=(NOW // MINUTE * MINUTE + MINUTE + 2 * HOUR) // 1000)]
    return Commit(start, end, articles, groups, partition, **more)


# ---- Descriptions ----

def described(index: int, first: int, last: int, title: tuple[bytes, int, int],
              section: tuple[bytes, int, int]) -> list[object]:
    said = [(text, b"%d/%d" % (hour, offset)) for text, hour, offset in (title, section)]
    return [index, b"%d" % first, b"%d" % last, b"%d" % ((NOW + 400 * DAY) // 1000), *said[0], *said[1]]


def test_article_is_described_by_its_latest_event(client: redis.Redis) -> None:
    stem: list[object] = [b"pv:article:"]
    views(None, 1, [b"/a"], descriptions=stem + described(
        1, NOW, NOW, (b"Title", NOW, 5), (b"news", NOW, 5))).send(client)
    views(1, 2, [b"/a"], descriptions=stem + described(
        1, NOW - HOUR, NOW - HOUR, (b"Older", NOW - HOUR, 9), (b"sport", NOW - HOUR, 9))).send(client)
    assert client.hgetall("pv:article:/a") == {
        b"title": b"Title", b"title_at": b"%d/5" % NOW, b"section": b"news", b"section_at": b"%d/5" % NOW,
        b"first_seen": b"%d" % (NOW - HOUR), b"last_seen": b"%d" % NOW}
    assert client.hgetall("pv:sections") == {b"/a": b"news"}
    views(2, 3, [b"/a"], descriptions=stem + described(
        1, NOW, NOW, (b"", 0, 0), (b"sport", NOW, 11))).send(client)
    assert client.hmget("pv:article:/a", "title", "section") == [b"Title", b"sport"]
    assert client.hgetall("pv:sections") == {b"/a": b"sport"}
    assert client.expiretime("pv:article:/a") == (NOW + 400 * DAY) // 1000


def test_fact_that_redis_refuses_is_reported_and_holds_up_no_count(client: redis.Redis) -> None:
    client.set("pv:article:/a", "not ours")
    answer = views(None, 1, [b"/a", b"/b"], descriptions=[
        b"pv:article:", *described(1, NOW, NOW, (b"A", NOW, 0), (b"", 0, 0)),
        *described(2, NOW, NOW, (b"B", NOW, 0), (b"", 0, 0))]).send_for_all(client)
    assert answer[:4] == [b"ok", b"1", 0, 1]
    assert b"WRONGTYPE" in answer[4]
    assert client.hgetall("pv:views") == {b"/a": b"1", b"/b": b"1"}
    assert client.hget("pv:article:/b", "title") == b"B"


# ---- Visitors ----

def test_visitors_of_article_and_site_are_counted_once_each(client: redis.Redis) -> None:
    expires = (NOW + DAY) // 1000
    sets: list[object] = [b"pv:visitors:2100-01-01:", 1, b"%d" % expires, 3, b"anna", b"bert", b"anna",
                          b"pv:visitors:2100-01-01T13:05", 0, b"%d" % expires, 1, b"anna"]
    views(None, 3, [b"/a"], visitors=sets).send(client)
    assert client.pfcount("pv:visitors:2100-01-01:/a") == 2
    assert client.pfcount("pv:visitors:2100-01-01T13:05") == 1
    assert client.expiretime("pv:visitors:2100-01-01:/a") == expires


# ---- The guard ----

def guarded(limit: int, hour: str = "13") -> dict[str, str]:
    return {"new_max": str(limit), "new_day": "2100-01-01", "new_hour": hour, "new_expires": str((NOW + DAY) // 1000)}


def test_new_articles_past_the_limit_count_under_other_and_known_ones_go_on(client: redis.Redis) -> None:
    known = [b"/%d" % i for i in range(5)]
    assert views(None, 5, known, notes=guarded(5)).send_for_all(client)[2] == 0
    answer = views(5, 9, [b"/junk1", b"/0", b"/junk2", b"/4"], notes=guarded(5)).send_for_all(client)
    assert answer[2] == 2
    assert client.hgetall("pv:views") == {b"/0": b"2", b"/1": b"1", b"/2": b"1", b"/3": b"1", b"/4": b"2",
                                          b"(other)": b"2"}
    assert client.hgetall(MINUTE_KEY) == client.hgetall("pv:views")
    assert client.hgetall("pv:new_articles:2100-01-01") == {b"13": b"5"}


def test_next_hour_takes_new_articles_again(client: redis.Redis) -> None:
    views(None, 2, [b"/a", b"/b"], notes=guarded(1)).send(client)
    views(2, 3, [b"/b"], notes=guarded(1, "14")).send(client)
    assert client.hgetall("pv:views") == {b"/a": b"1", b"(other)": b"1", b"/b": b"1"}


def test_sketch_of_visitors_becomes_the_value_or_is_merged(client: redis.Redis) -> None:
    client.pfadd("one", "anna", "bert")
    client.pfadd("two", "bert", "carl")
    sketches = [client.get("one"), client.get("two")]
    client.delete("one", "two")
    expires = (NOW + DAY) // 1000
    for number, sketch in enumerate(sketches):
        views(None if number == 0 else number, number + 1, [b"/a"],
              visitors=[b"pv:visitors:2100-01-01:", 1, b"%d" % expires, 0, sketch,
                        b"pv:visitors:2100-01-01T13:05", 0, b"%d" % expires, 1, b"anna"]).send(client)
        assert client.pfcount("pv:visitors:2100-01-01:/a") == 2 + number
        assert client.pfcount("pv:visitors:2100-01-01T13:05") == 1
    assert client.expiretime("pv:visitors:2100-01-01:/a") == expires
    assert not client.exists("pv:sketch")


def test_sketch_that_cannot_be_merged_is_left_out_and_leaves_nothing_behind(client: redis.Redis) -> None:
    client.pfadd("one", "anna", "bert")
    sketch = client.get("one")
    client.delete("one")
    client.hset("pv:visitors:2100-01-01:/a", "somebody", "else")
    answer = views(None, 3, [b"/a"], visitors=[b"pv:visitors:2100-01-01:", 1, b"", 0, sketch]).send_for_all(client)
    assert answer[0] == b"ok" and answer[3] == 1 and b"WRONGTYPE" in answer[4]
    assert not client.exists("pv:sketch")


def merge(client: redis.Redis, articles: list[bytes], visitors: list[object], gone: list[bytes]) -> list[object]:
    answer = client.execute_command("FCALL", "pv_visit", 1, "pv:offsets", pack(articles), pack(visitors),
                                    pack(gone) if gone else b"")
    assert isinstance(answer, list)
    return answer


def test_visits_that_are_to_wait_are_kept_as_they_are_until_they_are_merged(client: redis.Redis) -> None:
    views(None, 3, [b"/a"], notes={"visits": "wait"}, visitors=b"what they are").send(client)
    views(3, 5, [b"/a"], notes={"visits": "wait"}, visitors=b"and more").send(client)
    assert client.hgetall("pv:waiting") == {b"pageviews/0/3": b"what they are", b"pageviews/0/5": b"and more"}
    assert client.keys("pv:visitors:*") == []
    expires = (NOW + DAY) // 1000
    sets: list[object] = [b"pv:visitors:2100-01-01:", 1, b"%d" % expires, 2, b"anna", b"bert",
                          b"pv:visitors:2100-01-01T13:05", 0, b"%d" % expires, 1, b"anna"]
    assert merge(client, [b"/a"], sets, []) == [0, b""]
    assert client.hlen("pv:waiting") == 2
    assert merge(client, [b"/a"], sets, [b"pageviews/0/3"]) == [0, b""]
    assert client.hkeys("pv:waiting") == [b"pageviews/0/5"]
    assert client.pfcount("pv:visitors:2100-01-01:/a") == 2
    assert client.pfcount("pv:visitors:2100-01-01T13:05") == 1
    assert client.expiretime("pv:visitors:2100-01-01:/a") == expires


def test_articles_that_were_not_admitted_have_no_visitors_when_those_are_merged(client: redis.Redis) -> None:
    views(None, 3, [b"/a"]).send(client)
    sets: list[object] = [b"pv:visitors:2100-01-01:", 1, b"", 1, b"anna", b"pv:visitors:2100-01-01:", 2, b"", 1, b"anna"]
    assert merge(client, [b"/junk", b"/a"], sets, []) == [0, b""]
    assert client.keys("pv:visitors:*") == [b"pv:visitors:2100-01-01:/a"]


def test_visits_that_cannot_be_kept_waiting_hold_up_no_count(client: redis.Redis) -> None:
    client.set("pv:waiting", "not ours")
    answer = views(None, 3, [b"/a"], notes={"visits": "wait"}, visitors=b"what they are").send_for_all(client)
    assert answer[:4] == [b"ok", b"3", 0, 1] and b"WRONGTYPE" in answer[4]
    assert client.hgetall("pv:views") == {b"/a": b"1"}


def test_junk_leaves_no_description_and_no_visitors(client: redis.Redis) -> None:
    views(None, 2, [b"/a", b"/junk"], notes=guarded(1),
          descriptions=[b"pv:article:", *described(2, NOW, NOW, (b"Junk", NOW, 1), (b"junk", NOW, 1))],
          visitors=[b"pv:visitors:2100-01-01:", 2, b"%d" % ((NOW + DAY) // 1000), 1, b"anna"]).send(client)
    assert client.keys("pv:article:*") == [] and client.keys("pv:visitors:*") == []
    assert client.hgetall("pv:sections") == {}


# ---- The clock of events ----

def by_events(watermark: int | None = None, idle: bool = False, partitions: int = 2) -> dict[str, str]:
    notes = {"clock": "event", "partitions": str(partitions)}
    if watermark is not None:
        notes["watermark"] = str(watermark)
    if idle:
        notes["idle"] = "1"
    return notes


def test_clock_waits_for_a_partition_that_nobody_has_read(client: redis.Redis) -> None:
    views(None, 1, [b"/a"], notes=by_events(NOW)).send(client)
    assert client.hget("pv:clock", "now") is None


def test_clock_is_the_lowest_watermark_of_those_that_are_not_idle(client: redis.Redis) -> None:
    views(None, 1, [b"/a"], notes=by_events(NOW)).send(client)
    views(None, 1, [b"/b"], "pageviews/1", notes=by_events(NOW - 10 * MINUTE)).send(client)
    assert client.hget("pv:clock", "now") == b"%d" % (NOW - 10 * MINUTE)
    Commit(1, 1, partition="pageviews/1", notes=by_events(idle=True)).send(client)
    assert client.hget("pv:clock", "now") == b"%d" % NOW


def test_clock_is_the_highest_watermark_when_all_are_idle_and_never_goes_back(client: redis.Redis) -> None:
    views(None, 1, [b"/a"], notes=by_events(NOW, idle=True)).send(client)
    Commit(None, None, partition="pageviews/1", notes=by_events(idle=True)).send(client)
    assert client.hget("pv:clock", "now") == b"%d" % NOW
    views(None, 1, [b"/b"], "pageviews/1", notes=by_events(NOW - HOUR)).send(client)
    assert client.hget("pv:clock", "now") == b"%d" % NOW


def test_bucket_is_gone_when_its_time_is_over_by_the_clock_of_events(client: redis.Redis) -> None:
    views(None, 1, [b"/a"], notes=by_events(NOW, True, 1)).send(client)
    assert client.ttl(MINUTE_KEY) == -1
    assert client.zrange("pv:buckets", 0, -1) == [b"views:2100-01-01T13:05"]
    Commit(1, 2, notes=by_events(NOW + 3 * HOUR, True, 1)).send(client)
    assert client.exists(MINUTE_KEY) == 0
    assert client.zcard("pv:buckets") == 0
    assert client.hgetall("pv:views") == {b"/a": b"1"}
    views(2, 3, [b"/a"], notes=by_events(NOW, True, 1)).send(client)
    assert client.exists(MINUTE_KEY) == 0, "a bucket that is over came back"
    assert client.hgetall("pv:views") == {b"/a": b"2"}


def test_buckets_counted_by_events_expire_by_the_wall_clock_once_adopted(client: redis.Redis) -> None:
    views(None, 1, [b"/a"], notes=by_events(NOW, True, 1)).send(client)
    assert client.execute_command("FCALL", "pv_adopt", 1, "pv:buckets") == 1
    assert client.expiretime(MINUTE_KEY) == (NOW // MINUTE * MINUTE + MINUTE + 2 * HOUR) // 1000


# ---- Caught up ----

def at_end(partition: int, time_ms: int, place: int | None = None) -> Commit:
    """Asks whether the offset stands; the log was known to have nothing more at `time_ms`."""
    return Commit(place, place, partition=f"pageviews/{partition}",
                  notes={"caught_up": str(time_ms), "partitions": "2"})


def test_counts_are_caught_up_since_the_earliest_of_all_partitions(client: redis.Redis) -> None:
    at_end(0, NOW).send(client)
    assert client.hget("pv:meta", "caught_up_ms") is None, "nobody has read the other one"
    at_end(1, NOW - 3000).send(client)
    assert client.hget("pv:meta", "caught_up_ms") == b"%d" % (NOW - 3000)
    at_end(0, NOW + 3000).send(client)
    assert client.hget("pv:meta", "caught_up_ms") == b"%d" % (NOW - 3000)
    at_end(1, NOW + 4000).send(client)
    assert client.hget("pv:meta", "caught_up_ms") == b"%d" % (NOW + 3000)


def test_partition_that_stands_elsewhere_is_not_caught_up(client: redis.Redis) -> None:
    views(None, 7, [b"/a"]).send(client)
    at_end(1, NOW).send(client)
    assert at_end(0, NOW, 9).send(client) == [b"stale", b"7"]
    assert client.hgetall("pv:caught_up") == {b"pageviews/1": b"%d" % NOW}
    assert at_end(0, NOW, 7).send(client) == [b"already", b"7"]
    assert client.hget("pv:meta", "caught_up_ms") == b"%d" % NOW


# ---- Marks for the ranker ----

def announce(client: redis.Redis, open_from_ms: int) -> list[int]:
    return client.execute_command("FCALL", "pv_announce", 1, "pv:meta", open_from_ms)


def test_commits_are_counted_and_late_ones_apart(client: redis.Redis) -> None:
    assert announce(client, NOW // MINUTE * MINUTE) == [0, 0, 1]
    views(None, 1, [b"/a"], notes={"oldest": str(NOW // MINUTE * MINUTE)}).send(client)
    assert announce(client, 0) == [1, 0, 2]
    views(1, 2, [b"/a"], notes={"oldest": str(NOW // MINUTE * MINUTE - MINUTE)}).send(client)
    assert announce(client, 0) == [2, 1, 3]


# ---- Lists ----

def rank(client: redis.Redis, expected: str, stamp: str, entries: list[tuple[bytes, str]],
         gone: list[bytes] | None = None) -> bytes:
    flat = [part for member, score in entries for part in (member, score.encode())]
    return client.execute_command("FCALL", "pv_rank", 2, "pv:trending:1h", "pv:rankings", "trending:1h",
                                  expected, stamp, pack(gone or []), pack(flat))


def test_list_is_replaced_by_its_difference(client: redis.Redis) -> None:
    assert rank(client, "", "x:1", [(b"/a", "3"), (b"/b", "2.5"), (b"/c", "1")]) == b"ok"
    assert rank(client, "x:1", "x:2", [(b"/c", "9")], [b"/a"]) == b"ok"
    assert client.zrevrange("pv:trending:1h", 0, -1, withscores=True) == [(b"/c", 9.0), (b"/b", 2.5)]
    assert client.hgetall("pv:rankings") == {b"trending:1h": b"x:2"}


def test_difference_to_another_list_is_stale_and_changes_nothing(client: redis.Redis) -> None:
    rank(client, "", "x:1", [(b"/a", "3")])
    assert rank(client, "y:7", "y:8", [(b"/b", "1")]) == b"stale"
    client.delete("pv:trending:1h")
    assert rank(client, "x:1", "x:2", [(b"/b", "1")]) == b"stale"
    assert client.exists("pv:trending:1h") == 0


def test_list_without_entries_is_no_key(client: redis.Redis) -> None:
    rank(client, "", "x:1", [(b"/a", "3")])
    assert rank(client, "x:1", "x:2", [], [b"/a"]) == b"ok"
    assert client.exists("pv:trending:1h", "pv:rankings") == 0


def test_lock_is_held_by_one(client: redis.Redis) -> None:
    def hold(owner: str) -> int:
        return client.execute_command("FCALL", "pv_hold", 1, "pv:ranker", owner, 60000)
    assert [hold("a"), hold("b"), hold("a")] == [1, 0, 1]
    client.delete("pv:ranker")
    assert [hold("b"), hold("a")] == [1, 0]


# ---- The swap ----

def test_swap_puts_all_of_the_new_counts_in_place(client: redis.Redis) -> None:
    views(None, 2, [b"/wrong", b"/wrong2"]).send(client)
    client.hset("pv:views:2099-12-31", "/old", 7)
    client.zadd("pv:buckets", {"views:2099-12-31": NOW + DAY})
    client.execute_command("FCALL", *shadow(views(None, 2, [b"/a", b"/b"])))
    assert swap(client) == [b"ok", b"2", b"2"]
    assert client.hgetall("pv:views") == {b"/a": b"1", b"/b": b"1"}
    assert client.hgetall(MINUTE_KEY) == {b"/a": b"1", b"/b": b"1"}
    assert client.exists("pv:views:2099-12-31") == 0
    assert client.ttl(MINUTE_KEY) > 0
    assert client.keys("pv:rebuild:*") == []
    assert announce(client, 0)[1] == 1, "rankers were not told"


def test_swap_waits_until_the_new_counts_are_as_far(client: redis.Redis) -> None:
    views(None, 2, [b"/a", b"/b"]).send(client)
    client.execute_command("FCALL", *shadow(views(None, 1, [b"/a"])))
    assert swap(client, "accept-loss") == [b"behind", b"pageviews/0", b"1", b"2"]
    assert client.hgetall("pv:views") == {b"/a": b"1", b"/b": b"1"}


def test_swap_refuses_smaller_totals_unless_they_are_accepted(client: redis.Redis) -> None:
    views(None, 2, [b"/a", b"/b"]).send(client)
    client.execute_command("FCALL", *shadow(views(None, 2, [b"/b"])))
    assert swap(client) == [b"smaller", b"1", b"2"]
    assert client.hgetall("pv:views") == {b"/a": b"1", b"/b": b"1"}
    assert swap(client, "accept-loss") == [b"ok", b"1", b"2"]
    assert client.hgetall("pv:views") == {b"/b": b"1"}


def test_aggregator_finds_the_swapped_offset_by_its_fence(client: redis.Redis) -> None:
    views(None, 2, [b"/a", b"/b"]).send(client)
    client.execute_command("FCALL", *shadow(views(None, 3, [b"/a", b"/b"])))
    assert swap(client)[0] == b"ok"
    assert views(2, 4, [b"/c"]).send(client) == [b"stale", b"3"]
