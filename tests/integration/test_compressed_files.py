"""--gzip: beside each JSON file the same, compressed."""
from __future__ import annotations

import gzip
from pathlib import Path

from harness.counts_writer import CountsWriter
from harness.programs import EXPORTER, OptionValue, Program, arguments
from harness.redis_server import RedisServer
from harness.waiting import wait_until


def exporter(server: RedisServer, directory: Path, **options: OptionValue) -> Program:
    return Program(EXPORTER, arguments({"redis": server.address, "out": directory / "out", **options}),
                   directory / "exporter.log")


def compressed(out: Path) -> dict[str, bytes]:
    """What is compressed, by the name without .gz; of the list of all articles nothing."""
    return {str(path.relative_to(out))[:-3]: path.read_bytes() for path in out.rglob("*.json.gz")}


def plain(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.json")}


def test_each_json_file_has_the_same_compressed_beside_it(redis_server: RedisServer, tmp_path: Path) -> None:
    writer = CountsWriter(redis_server.client())
    for _ in range(20):
        writer.turn()
    out = tmp_path / "out"
    exporter(redis_server, tmp_path, once=True, gzip=True, csv=True).finish()
    files, beside = plain(out), compressed(out)
    assert {name: gzip.decompress(data) for name, data in beside.items()} == files
    kinds = {name.split("/")[0] for name in files}
    assert kinds >= {"articles", "trending", "top", "site", "filtered", "live.json", "totals.json", "index.json"}
    assert not [path for pattern in ("*.svg.gz", "*.csv.gz", "*.gz.gz") for path in out.rglob(pattern)]
    assert b".json.gz" not in files["index.json"]


def test_compressed_files_follow_while_counts_move_and_go_with_their_files(redis_server: RedisServer,
                                                                           tmp_path: Path) -> None:
    out, client = tmp_path / "out", redis_server.client()
    with CountsWriter(client) as writer:
        running = exporter(redis_server, tmp_path, interval="20ms", gzip=True)
        wait_until((out / "index.json.gz").exists, "the first round ends", explain=running.describe)
        before = (out / "totals.json.gz").read_bytes()
        wait_until(lambda: (out / "totals.json.gz").read_bytes() != before, "it follows", explain=running.describe)
        reads = 0
        while reads < 500:  # replaced whole: each can be decompressed
            for path in out.rglob("*.json.gz"):
                gzip.decompress(path.read_bytes())
                reads += 1
    client.hdel("pv:rankings", "trending:24h:section:sport", "trending:24h:section:a/b")
    gone = [out / "trending" / "24h" / name for name in ("sport.json", "sport.json.gz", "a/b.json.gz", "a")]
    wait_until(lambda: not any(path.exists() for path in gone), "what is gone has nothing", explain=running.describe)
    wait_until(lambda: {name: gzip.decompress(data) for name, data in compressed(out).items()} == plain(out),
               "all is the same when counts rest", explain=running.describe)
    running.stop()
    assert writer.turns > 1


def test_without_it_nothing_old_stays_beside_a_new_file(redis_server: RedisServer, tmp_path: Path) -> None:
    writer = CountsWriter(redis_server.client())
    writer.turn()
    exporter(redis_server, tmp_path, once=True, gzip=True).finish()
    writer.turn()
    exporter(redis_server, tmp_path, once=True).finish()
    out = tmp_path / "out"
    assert not (out / "totals.json.gz").exists() and not (out / "trending" / "1h.json.gz").exists()
    files = plain(out)
    assert all(gzip.decompress(data) == files[name] for name, data in compressed(out).items())
