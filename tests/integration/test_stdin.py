"""Lines of a pipe, as a web server's piped log sends them: taken once, however writer and reader end."""
from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.child_process import ChildProcess
from harness.ports import free_port
from harness.programs import binary, clean_environment
from harness.waiting import wait_until

LINES = [b'192.0.2.7 - - [24/Nov/2026:13:05:07 +0000] "GET /%d HTTP/1.1" 200 5' % number for number in range(20_000)]


class PipedReader:
    """pv-line-receiver at the reading end of a pipe."""

    def __init__(self, directory: Path) -> None:
        self._out = directory / "lines"
        self._full = directory / "lines.full"
        pipe = directory / "pipe"
        os.mkfifo(pipe)
        command = [str(binary("pv-line-receiver")), str(self._out), "stdin", "-", f"127.0.0.1:{free_port()}"]
        self.program = ChildProcess(
            ["/bin/sh", "-c", 'pipe=$1; shift; exec "$@" <"$pipe"', "sh", str(pipe), *command],
            directory / "log",
            clean_environment(),
        )
        self.writer = pipe.open("wb", buffering=0)
        self.wait_text("event=ready")

    def wait_text(self, text: str) -> None:
        wait_until(lambda: text in self.program.text(), f"says {text}", 30, explain=self.program.describe)

    def taken(self) -> list[bytes]:
        return self._out.read_bytes().split(b"\n")[:-1]

    def wait_taken(self, count: int) -> None:
        wait_until(lambda: len(self.taken()) >= count, f"{count} lines are taken", 30, explain=self.program.describe)

    def set_full(self, full: bool) -> None:
        self._full.touch() if full else self._full.unlink()

    def expect_end(self, **fields: int) -> None:
        assert self.program.wait_exit(30) == 0, self.program.describe()
        closing = self.program.text().split("event=closing ", 1)[1].split("\n")[0]
        said = {key: int(value) for key, value in (field.split("=") for field in closing.split())}
        assert {name: said[name] for name in fields} == fields


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[PipedReader]:
    started = PipedReader(tmp_path)
    yield started
    started.program.kill()
    started.writer.close()


def test_program_ends_with_the_stream_and_all_its_lines(reader: PipedReader) -> None:
    reader.writer.write(b"\n".join(LINES))  # the last one without its line feed
    reader.writer.close()
    reader.expect_end(at_end=1, lines=len(LINES), lost=0, cut_off=0)
    assert reader.taken() == LINES


def test_terminated_reader_takes_what_the_pipe_holds(reader: PipedReader) -> None:
    """As Apache does: it closes the pipe and sends SIGTERM at once."""
    reader.set_full(True)  # the reader gets no further than the first line
    count = 65536 // (len(LINES[-1]) + 1) - 1
    reader.writer.write(b"".join(line + b"\n" for line in LINES[:count]))
    reader.writer.close()
    reader.program.send_signal(signal.SIGTERM)
    reader.wait_text("event=draining")
    reader.set_full(False)
    reader.expect_end(at_end=1, lines=count, lost=0, cut_off=0)
    assert reader.taken() == LINES[:count]


def test_terminated_reader_does_not_wait_for_a_writer_that_stays(reader: PipedReader) -> None:
    reader.writer.write(b"one\nhalf")
    reader.wait_taken(1)
    reader.program.send_signal(signal.SIGTERM)
    reader.expect_end(at_end=0, lines=1, lost=0, cut_off=1)
    assert reader.taken() == [b"one"]


def test_lines_without_room_until_the_end_are_told(reader: PipedReader) -> None:
    reader.set_full(True)
    reader.writer.write(b"one\ntwo\n")
    reader.writer.close()
    reader.program.send_signal(signal.SIGTERM)
    reader.expect_end(lines=0, lost=2)
    assert reader.taken() == []


def test_writer_waits_while_there_is_no_room(reader: PipedReader) -> None:
    reader.set_full(True)
    os.set_blocking(reader.writer.fileno(), False)
    data = b"".join(line + b"\n" for line in LINES)
    sent = 0

    def send() -> bool:
        nonlocal sent
        written = reader.writer.write(data[sent : sent + 4096])
        sent += written or 0
        return written is None  # the pipe is full

    wait_until(send, "the pipe is full", 30, poll_interval_s=0)
    assert sent < len(data)
    reader.set_full(False)

    def all_is_sent() -> bool:
        send()
        return sent == len(data)

    wait_until(all_is_sent, "all is written", 60, poll_interval_s=0)
    reader.writer.close()
    reader.expect_end(at_end=1, lines=len(LINES), lost=0)
    assert reader.taken() == LINES


def test_line_too_long_does_not_take_its_neighbours_along(reader: PipedReader) -> None:
    longest = b"x" * 65536
    reader.writer.write(b"one\n" + longest + b"\n" + longest + b"x\ntwo\n")
    reader.writer.close()
    reader.expect_end(at_end=1, lines=3, lost=0)
    assert reader.taken() == [b"one", longest, b"two"]
