"""Views that come by HTTP or a pipe: what was accepted is counted once, whatever happens in between."""
from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from harness.collector_run import assert_counted_though_kafka_was_away, check, collector, wait_counted
from harness.log_lines import log_line
from harness.pipeline import Pipeline
from harness.ports import free_port
from harness.programs import PRODUCER, Program, binary, clean_environment
from harness.view_sender import ViewSender
from harness.waiting import wait_until


def test_accepted_views_are_counted_once_though_the_producer_is_killed(pipeline: Pipeline) -> None:
    port = free_port()
    aggregator = pipeline.aggregator()
    senders = [ViewSender(port, name).start() for name in ("a", "b", "c")]
    for _ in range(10):
        producer = collector(pipeline, port)
        before = sum(len(sender.promised) for sender in senders)
        wait_until(lambda: sum(len(sender.promised) for sender in senders) > before + 300, "views are accepted",
                   explain=producer.describe)
        producer.kill()
    producer = collector(pipeline, port)
    for sender in senders:
        sender.stop()
    wait_counted(pipeline, sum((sender.promised for sender in senders), Counter()))
    check(pipeline, producer, aggregator, *senders)


def test_views_accepted_while_kafka_is_away_are_counted_in_the_end(own_pipeline: Pipeline) -> None:
    assert_counted_though_kafka_was_away(own_pipeline, seconds=10)


def fill(sender: ViewSender, producer: Program) -> None:
    """Sends until a request is refused."""
    wait_until(lambda: sender.send() and sender.statuses[503] > 0, "the spool is full", explain=producer.describe)


def test_full_spool_refuses_with_503_and_takes_up_again(own_pipeline: Pipeline) -> None:
    port = free_port()
    producer = collector(own_pipeline, port, spool_max="256k")
    producer.wait_text("event=starting")
    own_pipeline.broker.kill()
    sender = ViewSender(port, "full", views=50)
    wait_until(lambda: sender.send() is not None, "the collector answers", explain=producer.describe)
    fill(sender, producer)
    refused = len(sender.refused)
    for _ in range(20):
        sender.send()
    assert len(sender.refused) == refused + 20 * 50
    own_pipeline.broker.restart()
    before = sender.statuses[202]
    wait_until(lambda: sender.send() and sender.statuses[202] > before, "views are accepted again",
               explain=producer.describe)
    aggregator = own_pipeline.aggregator()
    wait_counted(own_pipeline, sender.promised)
    check(own_pipeline, producer, aggregator, sender)
    assert set(sender.statuses) == {202, 503}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "disk"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", directory], check=True)
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)


def test_full_disk_refuses_with_503_and_takes_up_again(own_pipeline: Pipeline, small_disk: Path) -> None:
    port = free_port()
    producer = collector(own_pipeline, port, spool=small_disk / "spool")
    producer.wait_text("event=starting")
    own_pipeline.broker.kill()
    sender = ViewSender(port, "disk", views=50)
    wait_until(lambda: sender.send() is not None, "the collector answers", explain=producer.describe)
    fill(sender, producer)
    for _ in range(20):  # free bytes come and go: lines are written whole, or not at all
        sender.send()
    own_pipeline.broker.restart()
    aggregator = own_pipeline.aggregator()
    wait_counted(own_pipeline, sender.promised)
    # Shipped bytes are still on the disk: the newest segment is never removed. Room has to be made.
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    before = sender.statuses[202]
    wait_until(lambda: sender.send() and sender.statuses[202] > before, "views are accepted again",
               explain=producer.describe)
    wait_counted(own_pipeline, sender.promised)
    check(own_pipeline, producer, aggregator, sender)
    assert producer.closing()["bad_line"] == 0


def test_second_producer_on_a_spool_is_refused(pipeline: Pipeline) -> None:
    first = collector(pipeline, free_port())
    first.wait_text("event=starting")
    wait_until((pipeline.directory / "spool" / "shipper.lock").exists, "the spool is taken", explain=first.describe)
    second = collector(pipeline, free_port(), instance=f"{pipeline.instance}-2",
                       state_dir=pipeline.directory / "state-2")
    second.expect_exit(2)
    assert "another pv-producer ships this spool" in second.text()
    first.stop()


def feed(pipeline: Pipeline, lines: bytes, *options: str) -> None:
    """A producer in a pipe, as a web server starts it."""
    output = pipeline.directory / "piped.log"
    command = [
        str(binary(PRODUCER)), "--stdin=combined", f"--spool={pipeline.directory / 'spool'}",
        f"--brokers={pipeline.broker.address}", f"--topic={pipeline.topic}", f"--instance={pipeline.instance}-pipe",
        f"--state-dir={pipeline.directory / 'state'}", *options]
    with output.open("ab") as log:
        done = subprocess.run(command, input=lines, stderr=log, env=clean_environment(), timeout=60)
    assert done.returncode == 0, output.read_text()


def test_lines_of_a_pipe_are_counted_and_the_program_ends_with_its_input(pipeline: Pipeline) -> None:
    feed(pipeline, b"".join(log_line(b"/piped/%d" % (i % 7)) for i in range(700)) + b"no line\n")
    pipeline.count()
    counts = pipeline.check()
    assert counts.articles == Counter({f"/piped/{i}": 100 for i in range(7)})
    assert "bad_line=1" in (pipeline.directory / "piped.log").read_text()


def test_since_leaves_history_of_a_pipe_out(pipeline: Pipeline) -> None:
    now = datetime.now(timezone.utc)
    feed(pipeline, b"".join(log_line(b"/%d" % hours, time=now - timedelta(hours=hours)) for hours in (50, 25, 23, 1)),
         "--since=24h")
    assert pipeline.articles_in_topic() == Counter({"/23": 1, "/1": 1})
    assert " history=2 " in (pipeline.directory / "piped.log").read_text()


def test_several_pipes_fill_a_spool_that_another_producer_ships(pipeline: Pipeline) -> None:
    producer = collector(pipeline, free_port())
    for number in range(3):
        feed(pipeline, log_line(b"/piped/%d" % number) * 200, "--ship=off")
    expected = Counter({f"/piped/{number}": 200 for number in range(3)})
    pipeline.wait_articles_in_topic(expected)
    producer.stop()
    pipeline.count()
    assert pipeline.check().articles == expected
