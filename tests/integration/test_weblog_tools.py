"""The recount, shift and generator of access logs, checked by other means than themselves."""
from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from harness.access_log_line import parse_line
from harness.page_view_policy import REPOSITORY, Policy
from harness.weblog_generate import WeblogGenerator
from harness.weblog_recount import recount_files, recount_lines
from harness.weblog_shift import shift_lines

END = datetime(2026, 11, 24, 13, 5, 7, tzinfo=timezone.utc)
HARNESS = REPOSITORY / "tests" / "harness"


def run_tool(name: str, *argv: str) -> bytes:
    return subprocess.run([sys.executable, str(HARNESS / name), *argv], capture_output=True, check=True).stdout


def test_every_hit_of_the_real_log_is_a_view_or_has_a_reason(real_log: Path) -> None:
    result = recount_files(real_log, policy=Policy(["bot"]))
    assert result.hits == 6000
    assert result.hits == result.views + result.reasons.total()
    assert not result.reasons["bad_line"]


def test_reasons_of_the_real_log_are_those_that_a_plain_search_finds(real_log: Path) -> None:
    text = real_log.read_text(encoding="latin-1")
    others = re.findall(r'\] "(?!GET )', text)
    failures = re.findall(r'\] "GET [^"]*" (?!200|304)', text)
    assets = re.findall(
        r'\] "GET [^" ?]*\.(?:png|gif|jpe?g|ico|css|js|txt|xml|rss|atom|pdf|gz|zip|bz2|tgz|xz|svg|json|webm|mp4|'
        r'rpm|deb|tar|dmg|exe|ttf|woff)(?:\?[^" ]*)? HTTP/1\.[01]" (?:200|304)', text, re.IGNORECASE)
    reasons = recount_files(real_log, policy=Policy(["bot"])).reasons
    assert reasons["method"] == len(others) == 27
    assert reasons["status"] == len(failures) == 284
    assert reasons["asset"] == len(assets) == 3118


def test_recount_reads_plain_and_gzipped_logs_and_leaves_half_a_line(tmp_path: Path) -> None:
    lines = b"".join(WeblogGenerator(50, seed=3))
    plain, zipped = tmp_path / "access.log", tmp_path / "access.log.1.gz"
    plain.write_bytes(lines + b'10.0.0.1 - - [24/Nov/2026:13:05:07 +0000] "GET /half')
    zipped.write_bytes(gzip.compress(lines))
    assert recount_files(plain, policy=Policy(["bot"])).hits == 50
    assert recount_files(zipped, plain, policy=Policy(["bot"])).hits == 100


def test_buckets_of_a_recount_add_up_to_its_articles() -> None:
    lines = [line[:-1] for line in WeblogGenerator(5000, seed=5, end=END)]
    counts = recount_lines(lines, Policy(["bot"])).counts
    for length in (10, 13, 16):
        total: Counter[str] = Counter()
        for name, bucket in counts.buckets.items():
            total += bucket if len(name) == length else Counter()
        assert total == counts.articles
    assert sum(day.total() for day in counts.site.values()) == counts.totals["views"]


def test_shifted_log_ends_now_and_keeps_every_distance_and_byte(real_log: Path) -> None:
    lines = real_log.read_bytes().splitlines(keepends=True) + [b"no log line\n"]
    shifted = shift_lines(lines, END)
    before = [hit.time_ms for hit in map(parse_line, (line[:-1] for line in lines)) if hit]
    after = [hit.time_ms for hit in map(parse_line, (line[:-1] for line in shifted)) if hit]
    assert max(after) == END.timestamp() * 1000
    assert len({new - old for old, new in zip(before, after, strict=True)}) == 1
    without_time = re.compile(rb"\[[^\]]*\]")
    assert [without_time.sub(b"", line) for line in lines] == [without_time.sub(b"", line) for line in shifted]


def test_same_seed_gives_the_same_log_and_another_seed_another() -> None:
    one, again, other = (list(WeblogGenerator(300, seed, end=END)) for seed in (1, 1, 2))
    assert one == again != other


def test_generated_log_has_every_kind_of_hit() -> None:
    result = recount_lines([line[:-1] for line in WeblogGenerator(20_000, seed=9, end=END)], Policy(["bot"]))
    assert {"bad_line", "method", "status", "asset", "spider"} == set(result.reasons)
    assert result.counts.articles.most_common(1)[0][0].startswith("/articles/00000-")


def test_tools_run_as_commands(tmp_path: Path) -> None:
    log, spiders = tmp_path / "access.log", tmp_path / "spiders.txt"
    spiders.write_text("# robots\nbot\n")
    log.write_bytes(run_tool("weblog_generate.py", "--lines=200", "--seed=4"))
    assert log.read_bytes().count(b"\n") == 200
    shifted = run_tool("weblog_shift.py", str(log), "--end=2026-11-24T13:05:07+00:00")
    assert shifted.count(b"24/Nov/2026") > 100
    answer = json.loads(run_tool("weblog_recount.py", str(log), f"--spiders={spiders}"))
    assert answer["hits"] == 200 == answer["views"] + sum(answer["reasons"].values())
