"""`--serve`: the files and nothing else, conditional requests, and whoever asks for them."""
from __future__ import annotations

import gzip
import json
import os
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from harness.exporter_server import ExporterServer
from harness.json_schemas import check
from harness.programs import EXPORTER, Program, arguments
from harness.redis_server import RedisServer
from harness.served_counts import ARTICLE, count, server, total  # noqa: F401
from harness.waiting import wait_until

HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"

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
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, options: dict[str, Any], word: str) -> None:
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
