"""Views that Debian's rsyslog sends on: the snippet as it is, but for addresses and paths."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.child_process import ChildProcess
from harness.nginx_server import NginxServer
from harness.pipeline import Pipeline
from harness.ports import answers, free_port
from harness.programs import Program, clean_environment
from harness.shipped_snippet import render
from harness.waiting import wait_until
from harness.web_request import REQUESTS, expected_reasons, expected_views


@contextmanager
def rsyslog(directory: Path, log: Path, port: int) -> Iterator[ChildProcess]:
    """Follows `log` from its beginning and sends it to the port; its queue and its position are in `directory`."""
    directory.mkdir(exist_ok=True)
    snippet = render("rsyslog/pageviews.conf", {
        "/var/log/nginx/access.log": str(log), "192.0.2.10": "127.0.0.1", 'Port="5514"': f'Port="{port}"'})
    config = directory / "rsyslog.conf"
    config.write_text(f'global(workDirectory="{directory}" maxMessageSize="64k")\n{snippet}')
    child = ChildProcess(["/usr/sbin/rsyslogd", "-n", "-f", str(config), "-i", str(directory / "rsyslog.pid")],
                         directory / "output.log", clean_environment())
    try:
        yield child
    finally:
        child.kill()


def start_receiver(pipeline: Pipeline, port: int) -> Program:
    producer = pipeline.producer(tail=False, spool=pipeline.directory / "spool", syslog=f"127.0.0.1:{port}",
                                 format="combined")
    wait_until(lambda: answers(port), "the receiver answers", explain=producer.describe)
    return producer


def test_rsyslog_sends_a_log(pipeline: Pipeline, tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "access.log"
    producer = start_receiver(pipeline, port)
    with (NginxServer(tmp_path / "nginx", http=f"access_log {log} combined;") as nginx,
          rsyslog(tmp_path / "rsyslog", log, port)):
        for request in REQUESTS:
            request.send(nginx.port)
        pipeline.wait_articles_in_topic(expected_views(REQUESTS, knows_headers=False))
        producer.stop()
    closing = producer.closing()
    expected = expected_reasons(REQUESTS, knows_headers=False)
    assert {name: closing[name] for name in [*expected, "bad_line"]} == {**expected, "bad_line": 0}


def test_rsyslog_keeps_what_nobody_listens_to(pipeline: Pipeline, tmp_path: Path) -> None:
    """All of it, and some of it twice: the first message after it was refused."""
    port = free_port()
    log = tmp_path / "access.log"
    views = expected_views(REQUESTS, knows_headers=False)
    with (NginxServer(tmp_path / "nginx", http=f"access_log {log} combined;") as nginx,
          rsyslog(tmp_path / "rsyslog", log, port) as sender):
        for request in REQUESTS:
            request.send(nginx.port)
        wait_until(lambda: "Connection refused" in sender.text(), "rsyslog has found nobody", explain=sender.describe)
        start_receiver(pipeline, port)
        wait_until(lambda: not views - pipeline.articles_in_topic(), "all of it has arrived",
                   explain=pipeline.describe)
    assert set(pipeline.articles_in_topic()) == set(views)
