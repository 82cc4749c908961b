"""`--serve`: counts live from Redis, and from the file where Redis does not say."""
from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from harness.counts_writer import CountsWriter
from harness.exporter_server import ExporterServer
from harness.http_collector import Answer
from harness.json_schemas import check
from harness.redis_server import RedisServer
from harness.served_counts import ARTICLE, count, server, total  # noqa: F401
from harness.waiting import wait_until


def test_count_is_served_at_the_next_question(redis_server: RedisServer, tmp_path: Path) -> None:
    """The files are of the first round; what is served is of now."""
    client = redis_server.client()
    count(client, views=3)
    with ExporterServer(tmp_path, redis_server.address, interval="1h") as server:
        server.wait_file("/index.json")
        for expected in range(4, 8):
            count(client)
            wait_until(lambda: total(server.get(f"/articles{ARTICLE}.json")) == expected,
                       f"{expected} views", deadline_s=5)
        wait_until(lambda: json.loads(server.get("/live.json").body)["now"]["views"] == 7, "live.json has them",
                   deadline_s=10)


def test_live_article_is_what_its_file_is(server: ExporterServer, redis_server: RedisServer) -> None:
    client = redis_server.client()
    client.hset(f"pv:article:{ARTICLE}", mapping={"title": 'A "title" \\', "section": "Ä"})
    client.zadd("pv:trending:hot", {"/other": 5.0, ARTICLE: 3.0})
    count(client)
    path = server.out / "articles" / f"{ARTICLE[1:]}.json"
    wait_until(lambda: json.loads(path.read_bytes())["ranks"] == {"hot": 2}, "the file has the rank")

    def without_stamp(text: bytes) -> bytes:
        return re.sub(rb'^\{"generated_at":"[^"]*","lag_seconds": *\d+', b"", text)

    def is_same() -> bool:
        return without_stamp(server.get(f"/articles{ARTICLE}.json").body) == without_stamp(path.read_bytes())

    wait_until(is_same, "the same bytes", explain=lambda: server.get(f"/articles{ARTICLE}.json").body.decode())


@pytest.mark.parametrize("article", ["/", "/a//b/", "/ä/ö", "/a~b", "/" + "x" * 200, "/x y", "/a.json", "/" + "y" * 201])
def test_every_name_of_an_article_is_served(server: ExporterServer, redis_server: RedisServer, article: str) -> None:
    """With names computed from the document; those with a hash come from the file."""
    def name(component: str) -> str:
        if re.fullmatch(r"[^.~].{0,199}", component) and re.fullmatch(r"[\w.,~-]*", component) and not re.search(
                r"\.(json|svg|csv|gz)$", component):
            return component
        return "~" + hashlib.sha256(component.encode()).hexdigest()[:32] if component else "~"

    count(redis_server.client(), article)
    path = "/".join(name(component) for component in article[1:].split("/"))
    answer = server.wait_file("/articles/" + "".join(f"%{byte:02x}" if byte >= 128 else chr(byte)
                                                     for byte in path.encode()) + ".json")
    assert json.loads(answer.body)["article"] == article


def test_unchanged_article_is_not_sent_again(server: ExporterServer, redis_server: RedisServer) -> None:
    target = f"/articles{ARTICLE}.json"
    etag = server.get(target).headers["etag"]

    def status() -> int:
        with server.connect() as connection:
            connection.send(f"GET {target} HTTP/1.1\r\nHost: h\r\nIf-None-Match: {etag}\r\n\r\n")
            return connection.answer(has_body=False).status

    assert status() == 304
    pause_for_cache = time.monotonic() + 0.5
    wait_until(lambda: time.monotonic() > pause_for_cache, "it is read again")
    assert status() == 304
    count(redis_server.client())
    wait_until(lambda: status() == 200, "it is sent")


def test_article_that_nobody_knows_is_not_found(server: ExporterServer) -> None:
    assert server.get("/articles/none.json").status == 404


def test_burst_on_an_article_is_few_questions_to_redis(server: ExporterServer, redis_server: RedisServer) -> None:
    client = redis_server.client()
    target = f"/articles{ARTICLE}.json"

    def questions() -> int:
        """PFCOUNT is asked once an article that is read; rounds only read what changed."""
        return int(client.info("commandstats").get("cmdstat_pfcount", {"calls": 0})["calls"])

    wait_until(lambda: server.metric('rounds_total{result="ok"}') > 3, "all is written")
    before, begun = questions(), time.monotonic()
    with server.connect() as connection:
        for _ in range(500):
            assert connection.request("GET", target).status == 200
    rounds = 10 * (time.monotonic() - begun) + 2  # of live.json, ten a second
    assert questions() - before <= rounds + 4 * (time.monotonic() - begun) + 2


def test_file_is_served_while_redis_is_away(redis_server: RedisServer, tmp_path: Path) -> None:
    count(redis_server.client(), views=3)
    with ExporterServer(tmp_path, redis_server.address, full=True) as server:
        target = f"/articles{ARTICLE}.json"
        wait_until(lambda: (server.out / target[1:]).exists(), "the file")
        server.wait_file("/live.json")
        redis_server.kill()
        for _ in range(20):
            assert total(server.get(target)) == 3
            assert server.get("/live.json").status == 200
        server.program.wait_text("event=live_failed")
        assert server.get("/articles/none.json").status == 404
        redis_server.start()
        redis_server.client().flushall()
        count(redis_server.client(), views=9)
        wait_until(lambda: total(server.get(target)) == 9, "the count of Redis again")


def test_count_that_was_served_does_not_go_back_to_the_files_when_redis_is_gone(
        redis_server: RedisServer, tmp_path: Path) -> None:
    client = redis_server.client()
    count(client, views=3)
    target = f"/articles{ARTICLE}.json"
    with ExporterServer(tmp_path, redis_server.address, interval="1h", full=True) as server:
        wait_until(lambda: (server.out / target[1:]).exists(), "the file")
        count(client)
        wait_until(lambda: total(server.get(target)) == 4, "what Redis says")

        def was_waited_for() -> bool:
            asked = time.monotonic()
            assert total(server.get(target)) == 4
            return time.monotonic() - asked > 0.5

        redis_server.pause()
        try:
            wait_until(was_waited_for, "Redis is asked again")
        finally:
            redis_server.resume()
        redis_server.kill()

        def is_known_to_be_away() -> bool:
            assert total(server.get(target)) == 4
            return "event=live_failed" in server.program.text()

        wait_until(is_known_to_be_away, "Redis is asked again")
        assert total(server.get(target)) == 4
        assert json.loads((server.out / target[1:]).read_bytes())["total"] == 3
        redis_server.start()


def test_file_that_is_newer_than_the_last_answer_is_served(server: ExporterServer, redis_server: RedisServer) -> None:
    client = redis_server.client()
    target = f"/articles{ARTICLE}.json"
    path = server.out / target[1:]
    last = json.loads(server.get(target).body)["generated_at"]

    def is_newer() -> bool:
        count(client)
        return datetime.fromisoformat(json.loads(path.read_bytes())["generated_at"]) > (
            datetime.fromisoformat(last) + timedelta(seconds=2))

    wait_until(is_newer, "a newer file")
    redis_server.kill()
    assert total(server.get(target)) == json.loads(path.read_bytes())["total"] > 3
    redis_server.start()


def test_redis_that_does_not_answer_holds_up_nobody_else(server: ExporterServer, redis_server: RedisServer) -> None:
    redis_server.pause()
    try:
        with server.connect() as waiting:
            waiting.send(f"GET /articles{ARTICLE}.json HTTP/1.1\r\nHost: h\r\n\r\n")
            assert server.get("/totals.json").status == 200
            assert total(waiting.answer()) == 3
    finally:
        redis_server.resume()


def test_names_without_end_do_not_keep_redis_busy(redis_server: RedisServer, tmp_path: Path) -> None:
    client = redis_server.client()
    count(client)

    def offsets_read() -> int:
        """The same times in each reading; after the first round nothing else reads them."""
        return int(client.info("commandstats").get("cmdstat_hgetall", {"calls": 0})["calls"])

    with ExporterServer(tmp_path, redis_server.address, interval="1h") as server, server.connect() as connection:
        wait_until(lambda: server.metric('rounds_total{result="ok"}') == 1, "the first round")
        before = offsets_read()
        connection.request("GET", "/articles/first.json")
        in_one, begun = offsets_read() - before, time.monotonic()
        assert in_one > 0
        for number in range(300):
            assert connection.request("GET", f"/articles/none-{number}.json").status == 404
        read = (offsets_read() - before) / in_one
        assert read <= 200 * (time.monotonic() - begun) + 2


def test_question_that_is_too_many_is_refused_but_for_what_has_a_file(
    server: ExporterServer, redis_server: RedisServer
) -> None:
    """More articles than are kept in mind are asked for at once, while Redis does not answer."""
    server.wait_file(f"/articles{ARTICLE}.json")

    def ask() -> Answer | None:
        """The answer to one question too many, if the others were still waited for."""
        redis_server.pause()
        try:
            with contextlib.ExitStack() as stack:
                for number in range(256):
                    waiting = stack.enter_context(server.connect())
                    waiting.send(f"GET /articles/none-{number}.json HTTP/1.1\r\nHost: h\r\n\r\n")
                refused, known = server.get("/articles/none.json"), server.get(f"/articles{ARTICLE}.json")
                assert total(known) == 3
                return refused if refused.status == 503 else None
        finally:
            redis_server.resume()

    answer = wait_until(ask, "a question is refused")
    assert answer is not None and answer.headers["retry-after"] == "5"
    assert server.metric("live_refused_total") >= 1
    wait_until(lambda: server.get("/articles/none.json").status == 404, "Redis is asked again")


def test_reader_never_gets_half_a_file_nor_a_smaller_total(server: ExporterServer, redis_server: RedisServer) -> None:
    """While an aggregator counts and rounds replace files as fast as they can."""
    ends = threading.Event()
    failures: list[BaseException] = []

    def read(target: str, value: str) -> None:
        last = -1
        try:
            with server.connect() as connection:
                while not ends.is_set():
                    answer = connection.request("GET", target)
                    content = json.loads(answer.body)
                    check(content, target)
                    assert content[value] >= last, f"{target}: {value} fell from {last} to {content[value]}"
                    last = content[value]
        except BaseException as error:
            failures.append(error)

    with CountsWriter(redis_server.client()) as writer:
        wait_until((server.out / "articles" / "1" / "x.json").exists, "the article's file")
        readers = [threading.Thread(target=read, args=one) for one in (
            ("/totals.json", "views"), ("/totals.json", "events"), ("/articles/1/x.json", "total"))]
        for reader in readers:
            reader.start()
        target = writer.turns + 150
        wait_until(lambda: writer.turns > target or bool(failures), "it was read often enough")
        ends.set()
        for reader in readers:
            reader.join()
    assert not failures, failures
