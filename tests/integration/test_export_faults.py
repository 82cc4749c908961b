"""What becomes of the files when the exporter is killed, or its disk, its directory or its Redis fails: the last good
ones stay whole, the log says what, where and what to do, and it goes on without a restart."""
from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from harness.child_process import ChildProcess
from harness.counts_writer import CountsWriter
from harness.json_poll import Reader
from harness.programs import EXPORTER, OptionValue, Program, arguments, binary, clean_environment
from harness.redis_server import RedisServer
from harness.tcp_proxy import Lose, TcpProxy
from harness.waiting import wait_until

KILLS = 50
DISK = "6m"
SMALL = 2000  # articles; a list of more is made beside the other files


def exporter(server: RedisServer, directory: Path, out: Path, **options: OptionValue) -> Program:
    options = {"interval": "20ms", "articles_interval": "20ms", "csv": True, "gzip": True, **options}
    if options.get("once"):
        del options["interval"]
    return Program(EXPORTER, arguments({"redis": server.address, "out": out, **options}), directory / "exporter.log")


def unfinished(out: Path) -> list[Path]:
    found = []
    for directory, _, names in os.walk(out):
        found += [Path(directory) / name for name in names if name.startswith(".") and name.endswith(".tmp")]
    return found


def contents(out: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def views_in(out: Path, server: RedisServer) -> bool:
    """All views that Redis has are in the files. In the round after a fault some of them may not be there yet."""
    views, totals = int(server.client().hget("pv:totals", "views") or 0), out / "totals.json"
    return totals.exists() and f'"views":{views},'.encode() in totals.read_bytes()


def caught_in_the_act(running: Program, out: Path) -> bool:
    """The program is stopped while a file is in the making, or it goes on."""
    assert running.is_running, running.describe()
    running.send_signal(signal.SIGSTOP)
    wait_until(lambda: Path(f"/proc/{running.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T",
               "it is stopped", poll_interval_s=0.001)
    if unfinished(out):
        return True
    running.send_signal(signal.SIGCONT)
    return False


def test_files_are_whole_after_each_of_fifty_kills_in_the_middle_of_writing(redis_server: RedisServer,
                                                                            tmp_path: Path) -> None:
    out, reader = tmp_path / "out", Reader()
    with CountsWriter(redis_server.client()):
        exporter(redis_server, tmp_path, out, once=True).finish()
        for _ in range(KILLS):
            running = exporter(redis_server, tmp_path, out)
            wait_until(lambda: caught_in_the_act(running, out), "it writes", poll_interval_s=0.002,
                       explain=running.describe)
            running.kill()
            assert unfinished(out), "killed between two files"
            reader.read_all(out)
    exporter(redis_server, tmp_path, out, once=True).finish()
    reader.read_all(out)
    assert views_in(out, redis_server) and not unfinished(out)
    print(f"{KILLS} kills, {reader.polled.reads} readings, {len(reader.polled.distinct)} contents")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "disk"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", directory], check=True)
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)


def failures(running: ChildProcess) -> list[str]:
    return [line for line in running.text().splitlines() if "event=round_failed" in line]


def exporter_that_has_written(server: RedisServer, writer: CountsWriter, directory: Path, out: Path) -> Program:
    writer.turn()
    running = exporter(server, directory, out)
    wait_until((out / "index.json").exists, "the first round ends", explain=running.describe)
    return running


def check_failed_and_kept(running: ChildProcess, writer: CountsWriter, out: Path, reader: Reader,
                          *said: str) -> None:
    """While counts move and nothing can be written: whole files that stay, and a log line that has these words."""
    before = contents(out)
    seen = len(failures(running))
    for _ in range(5):
        writer.turn()
    wait_until(lambda: len(failures(running)) > seen + 2, "rounds fail", explain=running.describe)
    reader.read_all(out)
    assert contents(out).keys() == before.keys()
    line = failures(running)[-1]
    assert all(word in line for word in said), line
    assert running.is_running


def test_full_disk_keeps_the_files_and_room_is_enough_to_go_on(redis_server: RedisServer, disk: Path,
                                                               tmp_path: Path) -> None:
    out, reader, writer = disk / "out", Reader(), CountsWriter(redis_server.client())
    running = exporter_that_has_written(redis_server, writer, tmp_path, out)
    with (disk / "filler").open("wb", buffering=0) as filler:
        def fill() -> bool:
            try:
                while filler.write(b"x" * 4096) == 4096:
                    pass
            except OSError as error:
                assert "No space left" in str(error)
            return bool(failures(running))

        for _ in range(2):
            writer.turn()
        wait_until(fill, "a round fails", explain=running.describe)
    check_failed_and_kept(running, writer, out, reader, str(out), "cannot", "No space left on device", "make room there",
                          "retry_ms")
    (disk / "filler").unlink()
    wait_until(lambda: views_in(out, redis_server), "it goes on", explain=running.describe)
    reader.read_all(out)
    wait_until(lambda: not unfinished(out), "nothing unfinished is left")
    running.stop()


def test_disk_that_becomes_read_only_keeps_the_files_until_it_is_writable(redis_server: RedisServer, disk: Path,
                                                                          tmp_path: Path) -> None:
    out, reader, writer = disk / "out", Reader(), CountsWriter(redis_server.client())
    running = exporter_that_has_written(redis_server, writer, tmp_path, out)

    def remount(how: str) -> bool:  # busy while a file is open for writing
        return subprocess.run(["mount", "-o", f"remount,{how}", disk], stderr=subprocess.DEVNULL).returncode == 0

    wait_until(lambda: remount("ro"), "it is read-only")
    writer.turn()
    check_failed_and_kept(running, writer, out, reader, str(out), "cannot", "Read-only file system", "mount it writable")
    wait_until(lambda: remount("rw"), "it is writable")
    wait_until(lambda: views_in(out, redis_server), "it goes on", explain=running.describe)
    reader.read_all(out)
    running.stop()


def test_directory_that_it_may_not_write_to_is_named_and_used_when_it_may(redis_server: RedisServer,
                                                                         tmp_path: Path) -> None:
    """Root may write everywhere, so the program runs without that right."""
    out, writer = tmp_path / "out", CountsWriter(redis_server.client())
    writer.turn()
    out.mkdir(mode=0o555)
    rights = "-dac_override,-dac_read_search"
    running = ChildProcess(
        ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", str(binary(EXPORTER)),
         *arguments({"redis": redis_server.address, "out": out, "interval": "20ms"})],
        tmp_path / "exporter.log", clean_environment())
    wait_until(lambda: len(failures(running)) > 2, "rounds fail", explain=running.describe)
    line = failures(running)[-1]
    assert all(word in line for word in (str(out), "Permission denied", "let the exporter's user write there")), line
    assert not contents(out)
    out.chmod(0o755)
    wait_until(lambda: (out / "index.json").exists() and views_in(out, redis_server), "it goes on",
               explain=running.describe)
    Reader().read_all(out)
    running.send_signal(signal.SIGTERM)
    assert running.wait_exit(60) == 0


def test_redis_that_is_away_leaves_the_files_and_is_taken_up_again(redis_server: RedisServer, tmp_path: Path) -> None:
    out, reader, writer = tmp_path / "out", Reader(), CountsWriter(redis_server.client())
    for _ in range(3):
        writer.turn()
    running = exporter(redis_server, tmp_path, out)
    wait_until(lambda: (out / "index.json").exists() and views_in(out, redis_server), "all is in the files",
               explain=running.describe)
    redis_server.stop()
    line = running.wait_text(r"event=redis_away .*")
    assert redis_server.address in line and "retry_ms" in line, line
    before = contents(out)
    reader.read_all(out)
    wait_until(lambda: running.text().count("event=redis_away") > 2, "it tries again", explain=running.describe)
    assert contents(out) == before
    redis_server.start()
    writer.turn()
    wait_until(lambda: views_in(out, redis_server), "it goes on", explain=running.describe)
    running.wait_text("event=redis_back")
    reader.read_all(out)
    running.stop()


def test_long_list_of_all_articles_that_loses_its_connection_fails_the_round_and_the_next_one_makes_it(
        redis_server: RedisServer, tmp_path: Path) -> None:
    """It has a connection of its own, which alone asks with HSCAN here; the round's connection stays."""
    client, out = redis_server.client(), tmp_path / "out"
    views = {f"/a/{n}": n + 1 for n in range(3 * SMALL)}
    client.hset("pv:views", mapping=views)
    client.hset("pv:offsets", mapping={"pageviews/0": sum(views.values())})
    client.hset("pv:totals", mapping={"views": sum(views.values())})
    proxy = TcpProxy(redis_server.port, b"HSCAN", lambda: 1)
    proxy.lose(Lose.REQUEST)
    running = Program(EXPORTER, arguments({"redis": proxy.address, "out": out, "interval": "20ms"}),
                      tmp_path / "exporter.log")
    running.wait_text(r"event=redis_away .*")
    assert proxy.lost == 1
    wait_until(lambda: (out / "index.json").exists(), "the next round has all files", explain=running.describe)
    running.stop()
    proxy.close()
    head, *lines = map(json.loads, gzip.decompress((out / "articles.ndjson.gz").read_bytes()).splitlines())
    assert {line["article"]: line["views"] for line in lines} == views
    assert head["exact"] and head["counted_to"] == {"pageviews/0": sum(views.values())}


def read_in_this_minute(server: RedisServer, articles: int, now: datetime) -> dict[str, int]:
    client, views = server.client(), {f"/a/{n}": n + 1 for n in range(articles)}
    for key in ("pv:views", f"pv:views:{now:%Y-%m-%dT%H:%M}"):
        client.hset(key, mapping=views)
    client.hset(f"pv:site:{now:%Y-%m-%d}", mapping={f"{now:%H:%M}": sum(views.values())})
    client.hset("pv:meta", mapping={"last_commit_ms": int(now.timestamp() * 1000)})
    return views


@pytest.mark.parametrize("articles", [SMALL // 2, SMALL + 100])
def test_each_article_that_fails_is_counted_once(redis_server: RedisServer, tmp_path: Path, articles: int) -> None:
    """With few of them in the round itself, with many in a thread, and in two chunks."""
    read_in_this_minute(redis_server, articles, datetime.now(timezone.utc))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/articles").write_text("in their way")
    running = exporter(redis_server, tmp_path, tmp_path / "out", once=True)
    running.expect_exit(1)
    assert running.closing()["failed"] == articles, running.text()


@pytest.mark.parametrize("lost", ["articles", "days"])
def test_files_of_articles_beside_a_long_list_are_made_in_the_next_round_when_a_connection_is_lost(
        redis_server: RedisServer, tmp_path: Path, lost: str) -> None:
    """A thread makes them then, beside the days and hours. Nothing else asks for the day that is the first of an article's
    thirty, and nothing else how many articles a day has."""
    out, now = tmp_path / "out", datetime.now(timezone.utc)
    views = read_in_this_minute(redis_server, 2 * SMALL, now)
    asked = {"articles": f"pv:views:{now - timedelta(days=29):%Y-%m-%d}\r\n",
             "days": f"HLEN\r\n$19\r\npv:views:{now:%Y-%m-%d}\r\n"}[lost]
    proxy = TcpProxy(redis_server.port, asked.encode(), lambda: 1)
    proxy.lose(Lose.REQUEST)
    running = exporter(redis_server, tmp_path, out, redis=proxy.address)
    running.wait_text(r"event=redis_away .*")
    assert proxy.lost == 1
    wait_until(lambda: len(list((out / "articles").rglob("*.json"))) == len(views), "the next rounds have all files",
               explain=running.describe)
    running.stop()
    proxy.close()
    assert running.closing()["failed"] == 1, running.text()
    for article, total in views.items():
        assert json.loads((out / f"articles{article}.json").read_bytes())["total"] == total
    assert not unfinished(out)


def test_long_list_of_all_articles_is_read_before_the_days_and_hours_are(
        redis_server: RedisServer, tmp_path: Path) -> None:
    """They are read while it is sorted and compressed, which would otherwise be left for the end."""
    client = redis_server.client()
    client.hset("pv:views", mapping={f"/a/{n}": 1 for n in range(10 * SMALL)})
    client.config_set("slowlog-max-len", 10_000)
    client.config_set("slowlog-log-slower-than", 0)
    exporter(redis_server, tmp_path, tmp_path / "out", once=True).finish()
    asked = [entry["command"] for entry in reversed(client.slowlog_get(10_000))]
    last_page = max(place for place, command in enumerate(asked) if command.startswith(b"HSCAN pv:views "))
    assert last_page < min(place for place, command in enumerate(asked) if command.startswith(b"HLEN pv:views:"))
