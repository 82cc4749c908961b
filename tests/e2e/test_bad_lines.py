"""Hostile lines in a log harm nothing: each is counted under its reason and the good ones around it are counted."""
from __future__ import annotations

from harness.log_lines import log_line, numbered_lines, raw_line
from harness.pipeline import Pipeline
from harness.redis_counts import assert_redis_holds
from harness.weblog_recount import recount_files

TEN_MEGABYTES = 10 * 1024 * 1024


def ship_with_good_neighbours(pipeline: Pipeline, hostile: list[bytes]) -> dict[str, int]:
    """Ten good lines before, between and after; the whole is counted and compared with the recount."""
    content = b"".join(numbered_lines(f"before-{number}", 10) + line for number, line in enumerate(hostile))
    pipeline.log.write_bytes(content + numbered_lines("after", 10))
    closing = pipeline.ship(rejects=pipeline.directory / "rejects").closing()
    pipeline.count()
    expected = recount_files(pipeline.log)
    assert {name: count for name, count in closing.items() if count and name not in ("hits", "views")} == expected.reasons
    assert closing["hits"] == expected.hits == closing["views"] + expected.reasons.total()
    assert closing["views"] >= 10 * len(hostile) + 10
    assert_redis_holds(pipeline.redis(), expected.counts)
    pipeline.check()
    rejects = pipeline.directory / "rejects"
    rejected = rejects.read_bytes() if rejects.exists() else b""
    assert rejected == b"".join(line + b"\n" for line in expected.bad_lines)
    return closing


def test_line_of_ten_megabytes_costs_only_itself(pipeline: Pipeline) -> None:
    closing = ship_with_good_neighbours(pipeline, [b"x" * TEN_MEGABYTES + b"\n"])
    assert closing["bad_line"] == 1


def test_lines_that_are_no_log_lines_are_kept_untouched(pipeline: Pipeline) -> None:
    hostile = [b"\n", b"words\n", b"\x00\x00\x00\n", b"\xff\xfe\xfd\n", b'{"json": true}\n', b"\r\n", b'"' * 5000 + b"\n",
               b"[" * 5000 + b"\n", log_line(b"/x").replace(b'"GET', b"GET"), b"%s%n%d" * 50 + b"\n"]
    closing = ship_with_good_neighbours(pipeline, hostile)
    assert closing["bad_line"] == len(hostile)


def test_nul_bytes_and_invalid_utf8_are_judged_by_where_they_stand(pipeline: Pipeline) -> None:
    hostile = [
        raw_line(b"/nul\x00byte"), raw_line(b"/bad\xff\xfeutf8"), raw_line(b"/cut\xc3"), raw_line(b"/surrogate\xed\xa0\x80"),
        log_line(b"/nul\x00byte"), log_line(b"/bad\xff\xfeutf8"),
    ]
    closing = ship_with_good_neighbours(pipeline, hostile)
    assert closing["bad_article"] == len(hostile)


def test_odd_bytes_outside_the_path_do_not_cost_the_view(pipeline: Pipeline) -> None:
    agent = b"Mozilla/5.0 \xff\x00 Firefox/127.0"
    hostile = [
        raw_line(b"/agent", agent), log_line(b"/agent-escaped", agent), raw_line(b"/referrer", referrer=b"http://\xe4\xe5.ru/"),
        log_line(b"/referrer-escaped", referrer=b"http://\xe4\xe5\x00.ru/\n"), log_line(b"/query?\xff\x00\n"),
        log_line(b"/long-referrer", referrer=b"http://" + b"r" * 3000 + b"/"),
        log_line(b"/long-agent", b"Mozilla/5.0 " + b"a" * 6000), log_line(b"/long-query?" + b"q" * 6000),
    ]
    closing = ship_with_good_neighbours(pipeline, hostile)
    assert closing["views"] == 10 * len(hostile) + 10 + len(hostile)


def test_ids_with_newlines_and_climbing_paths_are_tamed(pipeline: Pipeline) -> None:
    hostile = [
        log_line(b"/a\nb"), log_line(b"/a%0Ab"), log_line(b"/../../etc/passwd"), log_line(b"/x/%2e%2e/%2e%2e/root"),
        log_line(b'/quote"and\\slash'), log_line(b"/space and  tab%09"), log_line(b"/" + b"../" * 1500),
        log_line(b"/$(reboot)`reboot`"), log_line(b"/" + b"%2f" * 300),
    ]
    closing = ship_with_good_neighbours(pipeline, hostile)
    assert closing["bad_article"] == 2
