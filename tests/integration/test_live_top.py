"""`--top`: a table that is drawn again and again in a terminal, and printed once anywhere else."""
from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.lifetime import start
from harness.programs import EXPORTER, binary, clean_environment
from harness.redis_server import RedisServer
from harness.waiting import wait_until

DEADLINE_S = 60.0
ROWS, COLUMNS = 24, 80
OTHER_SCREEN, FIRST_SCREEN, FRAME = "\x1b[?1049h", "\x1b[?1049l", "\x1b[H"


class Terminal:
    """The exporter in a pseudo-terminal of its own."""

    def __init__(self, *argv: str) -> None:
        self._master, self.slave = pty.openpty()
        self.resize(ROWS, COLUMNS)
        self.modes_before = termios.tcgetattr(self.slave)
        self._bytes = b""
        self.process = start([binary(EXPORTER), *argv], stdin=self.slave, stdout=self.slave,
                             stderr=subprocess.DEVNULL, env=clean_environment(), start_new_session=True)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def text(self) -> str:
        while select.select([self._master], [], [], 0)[0]:
            self._bytes += os.read(self._master, 65536)
        return self._bytes.decode("utf-8", "replace")

    def frame(self) -> list[str]:
        """The lines of the last whole draw."""
        whole = self.text().split(FRAME)[1:]
        drawn = [frame for frame in whole if "\x1b[J" in frame]
        return drawn[-1].split("\x1b[J")[0].replace("\x1b[K", "").replace("\r", "").split("\n") if drawn else []

    def wait_line(self, *words: str) -> str:
        """A line of the newest frame that has all words."""

        def found() -> str:
            return next((line for line in self.frame() if all(word in line for word in words)), "")

        return wait_until(found, f"a line with {words}", DEADLINE_S, explain=lambda: "\n".join(self.frame()))

    def wait_exit(self) -> int:
        def ended() -> bool:
            self.text()  # or a full terminal would hold it
            return self.process.poll() is not None

        wait_until(ended, "the program ends", DEADLINE_S, explain=self.text)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self.slave)


@pytest.fixture
def counted(redis_server: RedisServer) -> RedisServer:
    client = redis_server.client()
    now_ms = int(time.time() * 1000)
    client.zadd("pv:trending:1h", {"/blog/one": 120, "/blog/two": 80, "/wiki/Ünïcode": 3})
    client.zadd("pv:trending:hot", {"/hot": 1.5})
    client.zadd("pv:trending:1h:section:sport", {"/match": 9})
    client.hset("pv:article:/blog/one", "title", "The first")
    client.hset("pv:meta", mapping={"last_ranking_ms": now_ms, "ranking_clock_ms": now_ms})
    return redis_server


@pytest.fixture
def terminal(counted: RedisServer) -> Iterator[Terminal]:
    started = Terminal(f"--redis={counted.address}", "--top", "--interval=20ms")
    yield started
    started.close()


def printed(server: RedisServer, *argv: str) -> str:
    done = subprocess.run([str(binary(EXPORTER)), f"--redis={server.address}", *argv], capture_output=True, text=True,
                          timeout=DEADLINE_S, env=clean_environment(), stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[4:]]


def assert_given_back(terminal: Terminal) -> None:
    assert FIRST_SCREEN in terminal.text()
    assert termios.tcgetattr(terminal.slave) == terminal.modes_before


def test_the_table_follows_the_list_until_q(terminal: Terminal, counted: RedisServer) -> None:
    terminal.wait_line(" 1 ", " 120 ", "/blog/one", "The first")
    assert OTHER_SCREEN in terminal.text()
    counted.client().zadd("pv:trending:1h", {"/blog/two": 200})
    terminal.wait_line(" 1 ", " 200 ", "/blog/two")
    terminal.wait_line(" 2 ", " 120 ", "/blog/one")
    terminal.type("xq")
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


def test_a_move_is_shown_for_one_draw(terminal: Terminal, counted: RedisServer) -> None:
    terminal.wait_line(" 2 ", "/blog/two")
    counted.client().zadd("pv:trending:1h", {"/blog/two": 200, "/new": 1})
    wait_until(lambda: "   +1  /blog/two" in terminal.text(), "it moved up", DEADLINE_S)
    assert "   -1  /blog/one" in terminal.text()
    assert "  new  /new" in terminal.text()
    wait_until(lambda: any("       /blog/two" in line for line in terminal.frame()), "it stays", DEADLINE_S)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_gives_the_terminal_back(terminal: Terminal, number: signal.Signals) -> None:
    terminal.wait_line("/blog/one")
    terminal.process.send_signal(number)
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


def test_control_c_ends_it(terminal: Terminal) -> None:
    terminal.wait_line("/blog/one")
    terminal.type("\x03\x03")
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


def test_the_table_fits_the_window_also_when_that_changes(terminal: Terminal, counted: RedisServer) -> None:
    counted.client().zadd("pv:trending:1h", {f"/{'long/' * 40}{i}": 1000 + i for i in range(100)})
    terminal.wait_line(" 20 ", "/long/")
    wait_until(lambda: len(terminal.frame()) == ROWS, "the window is full", DEADLINE_S)
    assert max(len(line) for line in terminal.frame()) <= COLUMNS
    terminal.resize(10, 40)
    wait_until(lambda: len(terminal.frame()) == 10, "the window is smaller", DEADLINE_S)
    assert max(len(line) for line in terminal.frame()) <= 40


def test_redis_away_is_said_and_the_table_stays(terminal: Terminal, counted: RedisServer) -> None:
    terminal.wait_line("/blog/one")
    counted.kill()
    terminal.wait_line("Redis at", counted.address)
    terminal.wait_line("/blog/one")
    counted.start()
    wait_until(lambda: terminal.frame() and terminal.frame()[2] in ("", "The list is empty."), "Redis is back",
               DEADLINE_S)
    terminal.type("q")
    assert terminal.wait_exit() == 0


def test_without_a_terminal_the_table_is_printed_once(counted: RedisServer) -> None:
    text = printed(counted, "--top")
    assert "\x1b" not in text
    assert rows(text) == [["1", "120", "/blog/one", "The", "first"], ["2", "80", "/blog/two"],
                          ["3", "3", "/wiki/Ünïcode"]]


def test_lists_sections_and_limits_can_be_chosen(counted: RedisServer) -> None:
    assert rows(printed(counted, "--top=hot")) == [["1", "1.50", "/hot"]]
    assert rows(printed(counted, "--top", "--section=sport")) == [["1", "9", "/match"]]
    assert rows(printed(counted, "--top", "--limit=1")) == [["1", "120", "/blog/one", "The", "first"]]
    assert rows(printed(counted, "--top=7d")) == []


def test_the_site_is_counted_by_the_clock_of_the_ranker(counted: RedisServer) -> None:
    client = counted.client()
    client.hset("pv:meta", mapping={"last_ranking_ms": int(time.time() * 1000), "ranking_clock_ms": 1432080030000})
    client.hset("pv:site:2015-05-19", mapping={"23:59": 30, "23:57": 7, "23:50": 1000})
    client.hset("pv:site:2015-05-20", mapping={"00:00": 5, "00:01": 1000})
    client.pfadd("pv:visitors:2015-05-19T23:59", "ann", "bob")
    text = printed(counted, "--top")
    assert "2015-05-20T00:00:3" in text
    assert "Site: 5 views this minute, 42 in five minutes, by 2 people" in text


def test_times_that_are_none_leave_the_wall_clock(counted: RedisServer) -> None:
    counted.client().hset("pv:meta", mapping={"last_ranking_ms": 0, "ranking_clock_ms": 2**63 - 1})
    assert rows(printed(counted, "--top"))


def test_a_user_who_may_not_count_people_sees_the_rest(counted: RedisServer, tmp_path: Path) -> None:
    counted.client().execute_command("ACL", "SETUSER", "viewer", "on", ">secret", "resetchannels", "-@all", "%R~pv:*",
                                     "+auth", "+hgetall", "+hmget", "+zrevrange")
    (tmp_path / "password").write_text("secret\n")
    text = printed(counted, "--top", "--redis-user=viewer", f"--redis-password-file={tmp_path}/password")
    assert "/blog/one" in text
    assert "people" not in text


def test_once_prints_in_a_terminal_too(counted: RedisServer) -> None:
    terminal = Terminal(f"--redis={counted.address}", "--top", "--once")
    try:
        assert terminal.wait_exit() == 0
        assert "/blog/one" in terminal.text()
        assert "\x1b" not in terminal.text()
    finally:
        terminal.close()


def test_a_reader_that_goes_away_is_no_failure(counted: RedisServer) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([str(binary(EXPORTER)), f"--redis={counted.address}", "--top"], stdout=write_end,
                          stderr=subprocess.PIPE, text=True, timeout=DEADLINE_S, env=clean_environment())
    os.close(write_end)
    assert done.returncode == 0, done.stderr


def test_without_redis_printing_fails(counted: RedisServer) -> None:
    counted.kill()
    done = subprocess.run([str(binary(EXPORTER)), f"--redis={counted.address}", "--top"], capture_output=True,
                          text=True, timeout=DEADLINE_S, env=clean_environment())
    assert done.returncode == 1
    assert counted.address in done.stderr
    assert done.stdout == ""
