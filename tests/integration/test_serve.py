"""`--serve`: the files and nothing else, conditional requests, and counts live from Redis."""
from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
import redis

from harness.counts_writer import CountsWriter
from harness.exporter_server import ExporterServer
from harness.http_collector import Answer
from harness.json_schemas import check
from harness.programs import EXPORTER, Program, arguments
from harness.redis_server import RedisServer
from harness.waiting import wait_until

HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
ARTICLE = "/2026/11/24/slug"


def count(client: redis.Redis, article: str = ARTICLE, views: int = 1) -> None:
    """As the aggregator does: counts and offset in one step."""
    minute = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M")
    transaction = client.pipeline(transaction=True)
    for key in ("views", f"views:{minute[:10]}", f"views:{minute[:13]}", f"views:{minute}"):
        transaction.hincrby(f"pv:{key}", article, views)
    transaction.hincrby(f"pv:site:{minute[:10]}", minute[11:], views)
    transaction.hincrby("pv:totals", "views", views)
    transaction.hincrby("pv:offsets", "pageviews/0", views)
    transaction.hset("pv:meta", "last_commit_ms", int(time.time() * 1000))
    transaction.execute()


@pytest.fixture
def server(redis_server: RedisServer, tmp_path: Path) -> Iterator[ExporterServer]:
    count(redis_server.client(), views=3)
    with ExporterServer(tmp_path, redis_server.address, full=True) as started:
        started.wait_file("/index.json")
        wait_until(lambda: (started.out / "articles" / f"{ARTICLE[1:]}.json").exists(), "the article's file")
        yield started


def total(answer: Answer) -> int:
    content = json.loads(answer.body)
    check(content, "an answer")
    return int(content["total"])


# ---- Files ----

TYPES = {
    "index.html": "text/html; charset=utf-8", "a.js": "text/javascript; charset=utf-8",
    "a.css": "text/css; charset=utf-8", "a.svg": "image/svg+xml", "a.csv": "text/csv; charset=utf-8",
    "a.json": "application/json", "a.ndjson.gz": "application/gzip", "LICENSE": "application/octet-stream",
}


def test_file_is_sent_with_its_type(server: ExporterServer) -> None:
    (server.out / "dir").mkdir()
    for name, type_ in TYPES.items():
        (server.out / "dir" / name).write_bytes(b"content")
        answer = server.get(f"/dir/{name}")
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"content", type_)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["access-control-allow-origin"] == "*"


def test_slash_is_the_dashboard_which_may_load_its_own_files_alone(server: ExporterServer) -> None:
    (server.out / "index.html").write_text("<!doctype html>ours")
    answer = server.get("/?a=b")
    assert answer.body == b"<!doctype html>ours"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "content-security-policy" not in server.get("/totals.json").headers


def test_what_is_written_is_what_is_served(server: ExporterServer) -> None:
    """Every file of ours, but for the two kinds that Redis knows better."""
    paths = [path.relative_to(server.out).as_posix() for path in server.out.rglob("*.json")]
    assert len(paths) > 8
    for path in paths:
        answer = server.get(f"/{path}")
        assert answer.status == 200, path
        check(json.loads(answer.body), path)


OUTSIDE = (
    "/../secret", "/..%2fsecret", "/%2e%2e/secret", "/%2e%2e%2fsecret", "/a/../../secret", "//secret",
    "//etc/passwd", "/..\\secret", "/..%5csecret", "/%c0%ae%c0%ae/secret", "/link", "/up/secret", "/up/",
    "/totals.json%00", "/%00", "/.hidden", "/articles/.hidden.json", "/.totals.json.tmp", "/articles", "/articles/",
    "/trending", "/totals.json/", "/%", "/%zz", "/" + "a" * 5000, "/" + "a/" * 2000, "http://h/secret", "*",
    "/articles/../../secret.json", "/articles/%2e%2e/%2e%2e/secret.json", "/fifo.json",
)


def test_nothing_outside_hidden_or_linked_is_served(server: ExporterServer) -> None:
    outside = server.out.parent
    (outside / "secret").write_text("secret")
    (outside / "secret.json").write_text("secret")
    (server.out / ".hidden").write_text("secret")
    (server.out / "articles" / ".hidden.json").write_text("secret")
    (server.out / ".totals.json.tmp").write_text("secret")
    (server.out / "link").symlink_to(outside / "secret")
    (server.out / "up").symlink_to(outside)
    os.mkfifo(server.out / "fifo.json")
    for target in OUTSIDE:
        answer = server.get(target)
        assert answer.status in (400, 404, 414), (target, answer.status)
        assert b"secret" not in answer.body, target
    assert server.get("/totals.json").status == 200


def test_head_is_get_without_its_content(server: ExporterServer) -> None:
    for target in ("/totals.json", f"/articles{ARTICLE}.json", "/live.json", "/none.json"):
        got, head = server.get(target), server.get(target, method="HEAD")
        assert head.status == got.status
        assert head.body == b""
        for name in ("content-type", "content-length"):
            assert head.headers[name] == got.headers[name]


def test_other_methods_are_refused_and_change_nothing(server: ExporterServer) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND", "X"):
        with server.connect() as connection:
            answer = connection.request(method, "/totals.json", body="{}")
            assert answer.status == 405, method
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
            assert connection.request("GET", "/totals.json").status == 200
    assert server.get("/totals.json", method="OPTIONS").status == 204


def test_file_is_sent_once_and_then_not_modified(server: ExporterServer) -> None:
    (server.out / "a.json").write_text('{"a":1}')
    first = server.get("/a.json")
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert datetime.strptime(modified, HTTP_DATE).replace(tzinfo=timezone.utc).timestamp() == int(
        (server.out / "a.json").stat().st_mtime)
    for headers in ({"If-None-Match": etag}, {"If-None-Match": f'"x", {etag}'}, {"If-None-Match": "*"},
                    {"If-Modified-Since": modified},
                    {"If-None-Match": etag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
        with server.connect() as connection:
            connection.send("GET /a.json HTTP/1.1\r\nHost: h\r\n" +
                            "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n")
            answer = connection.answer(has_body=False)
            assert answer.status == 304, headers
            assert answer.headers["etag"] == etag
            assert connection.request("GET", "/a.json").body == b'{"a":1}'
    for headers in ({"If-None-Match": '"x"'}, {"If-None-Match": '"x"', "If-Modified-Since": modified},
                    {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, {"If-Modified-Since": "yesterday"}):
        assert server.get("/a.json", headers).status == 200, headers
    (server.out / "a.new").write_text('{"a":2}')
    (server.out / "a.new").rename(server.out / "a.json")
    assert server.get("/a.json", {"If-None-Match": etag}).body == b'{"a":2}'


def test_gzip_is_sent_to_whom_takes_it(server: ExporterServer) -> None:
    (server.out / "a.json").write_text('{"a":1}')
    (server.out / "a.json.gz").write_bytes(gzip.compress(b'{"a":1}'))
    plain, packed = server.get("/a.json"), server.get("/a.json", {"Accept-Encoding": "br, gzip"})
    assert plain.body == b'{"a":1}' == gzip.decompress(packed.body)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == "application/json"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert server.get("/a.json", {"Accept-Encoding": "gzip;q=0"}).body == plain.body
    assert server.get("/a.json.gz").headers["content-type"] == "application/gzip"


def test_large_file_is_sent_whole(server: ExporterServer) -> None:
    content = os.urandom(5_000_000)
    (server.out / "large.bin").write_bytes(content)
    assert server.get("/large.bin").body == content


# ---- Live ----

def test_count_is_served_at_the_next_question(redis_server: RedisServer, tmp_path: Path) -> None:
    """The files are of the first round; what is served is of now."""
    client = redis_server.client()
    count(client, views=3)
    with ExporterServer(tmp_path, redis_server.address, interval="1h") as server:
        server.wait_file("/index.json")
        for expected in range(4, 8):
            count(client)
            wait_until(lambda expected=expected: total(server.get(f"/articles{ARTICLE}.json")) == expected,
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


def test_redis_that_does_not_answer_holds_up_nobody_else(server: ExporterServer, redis_server: RedisServer) -> None:
    redis_server.pause()
    try:
        with server.connect() as waiting:
            waiting.send(f"GET /articles{ARTICLE}.json HTTP/1.1\r\nHost: h\r\n\r\n")
            assert server.get("/totals.json").status == 200
            assert total(waiting.answer()) == 3
    finally:
        redis_server.resume()


def test_nothing_in_the_directory_changes_through_it(redis_server: RedisServer, tmp_path: Path) -> None:
    count(redis_server.client(), views=3)
    with ExporterServer(tmp_path, redis_server.address, interval="1h", full=True) as server:
        server.wait_file("/index.json")

        def state() -> dict[str, tuple[int, int, bytes]]:
            return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes())
                    for path in server.out.rglob("*") if path.is_file()}

        before = state()
        assert before
        for path in list(before):
            target = "/" + Path(path).relative_to(server.out).as_posix()
            for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"):
                server.get(target, method=method)
        assert state() == before


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
        server.wait_file("/articles/1/x.json")
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


# ---- Clients ----

def test_silent_and_slow_clients_hold_nobody_up(server: ExporterServer) -> None:
    (server.out / "large.bin").write_bytes(bytes(20_000_000))
    stuck = []
    for text in ("", "GE", "GET /totals.json HTTP/1.1\r\nX: ", "GET /large.bin HTTP/1.1\r\nHost: h\r\n\r\n"):
        for _ in range(5):
            connection = server.connect()
            connection.send(text)
            stuck.append(connection)
    for _ in range(20):
        assert server.get("/totals.json").status == 200
    assert server.metric("connections") >= len(stuck)
    for connection in stuck:
        connection.close()
    wait_until(lambda: server.metric("connections") == 0, "all are gone")


def test_client_that_sends_a_byte_at_times_is_let_go(server: ExporterServer) -> None:
    with server.connect() as connection:
        begun = time.monotonic()
        connection.send("GET /totals.json HTTP/1.1\r\nX: ")

        def is_gone() -> bool:
            try:
                connection.send("x")
            except OSError:
                return True
            return False

        wait_until(is_gone, "it is closed", deadline_s=40, poll_interval_s=0.5)
        assert time.monotonic() - begun > 10


def test_address_has_a_share_of_the_connections(server: ExporterServer) -> None:
    """But for a proxy on this machine, which speaks for many."""
    held = [server.connect("127.0.0.2") for _ in range(256)]
    try:
        with server.connect("127.0.0.2") as one_more:
            assert one_more.request("GET", "/totals.json").status == 429
            assert one_more.is_closed_by_server()
        assert held[0].request("GET", "/totals.json").status == 200
        assert server.get("/totals.json").status == 200
    finally:
        for connection in held:
            connection.close()


def test_requests_are_counted_by_their_status(server: ExporterServer) -> None:
    before = {status: server.metric(f'requests_total{{status="{status}"}}') for status in ("2xx", "3xx", "4xx", "5xx")}
    assert server.get("/none.json").status == 404
    etag = server.get("/views.js").headers["etag"]
    assert server.get("/views.js", {"If-None-Match": etag}, method="HEAD").status == 304
    after = {status: server.metric(f'requests_total{{status="{status}"}}') for status in before}
    assert {status: after[status] - before[status] for status in after} == {"2xx": 1, "3xx": 1, "4xx": 1, "5xx": 0}


@pytest.mark.parametrize(("options", "word"), [
    ({"serve": "127.0.0.1:1", "once": True}, "--once"), ({"serve": "nowhere"}, "--serve"),
    ({"serve": "127.0.0.1:99999"}, "--serve"), ({"serve": "127.0.0.1:1", "top": True, "out": False}, "--serve"),
])
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, options: dict, word: str) -> None:
    program = Program(EXPORTER, arguments({"out": tmp_path / "out"} | options), tmp_path / "log")
    program.expect_exit(2)
    assert word in program.text()


def test_port_that_is_taken_is_said(server: ExporterServer, redis_server: RedisServer, tmp_path: Path) -> None:
    program = Program(EXPORTER, arguments({"out": tmp_path / "other", "redis": redis_server.address,
                                           "serve": f"127.0.0.1:{server.port}"}), tmp_path / "log")
    program.expect_exit(2)
    assert "another program" in program.text()


def test_it_ends_well_while_clients_are_there(server: ExporterServer) -> None:
    idle, listener = server.connect(), server.listen()
    server.program.stop(deadline_s=10)
    while listener.event() is not None:
        continue
    assert idle.is_closed_by_server()


def test_it_ends_in_time_though_redis_does_not_answer(server: ExporterServer, redis_server: RedisServer) -> None:
    with server.listen() as listener, server.connect() as waiting:
        listener.event()
        redis_server.pause()
        waiting.send(f"GET /articles{ARTICLE}.json HTTP/1.1\r\nHost: h\r\n\r\n")
        assert total(waiting.answer()) == 3
        server.program.stop(deadline_s=11)
        redis_server.resume()
