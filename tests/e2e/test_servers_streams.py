"""Views that real web servers send without a log of their own: by syslog, by a pipe, by a mirrored request."""
from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from harness.apache_server import ApacheServer
from harness.caddy_server import CaddyServer
from harness.nginx_server import NginxServer
from harness.pipeline import Pipeline
from harness.ports import answers, free_port
from harness.programs import Program, binary
from harness.shipped_snippet import render
from harness.topic_reader import read_topic
from harness.waiting import wait_until
from harness.web_request import REQUESTS, Request, expected_reasons, expected_views
from harness.weblog_recount import recount_files
from harness.wrk import Wrk

PIPE_PREFIX = "/usr/bin/setpriv --reuid=pageviews --regid=pageviews --clear-groups /usr/bin/pv-producer"


def start_collector(pipeline: Pipeline, port: int) -> Program:
    producer = pipeline.producer(
        tail=False, spool=pipeline.directory / "spool", http=f"127.0.0.1:{port}", trusted_proxy="127.0.0.1/32")
    wait_until(lambda: answers(port), "the collector answers", explain=producer.describe)
    return producer


def test_nginx_sends_its_log_by_syslog(pipeline: Pipeline, tmp_path: Path) -> None:
    port = free_port()
    producer = pipeline.producer(tail=False, spool=tmp_path / "spool", syslog=f"127.0.0.1:{port}", format="combined")
    wait_until(lambda: answers(port), "the receiver answers", explain=producer.describe)
    snippet = render("nginx/pageviews-syslog.conf", {"127.0.0.1:5514": f"127.0.0.1:{port}"})
    with NginxServer(tmp_path / "nginx", http=snippet) as nginx:
        for request in REQUESTS:
            request.send(nginx.port)
        nginx.stop()
    pipeline.wait_articles_in_topic(expected_views(REQUESTS, knows_headers=False))
    producer.stop()
    closing = producer.closing()
    expected = expected_reasons(REQUESTS, knows_headers=False)
    assert {name: closing[name] for name in [*expected, "bad_line"]} == {**expected, "bad_line": 0}
    [received] = producer.events("syslog_closing")
    assert (received["messages"], received["refused"]) == (str(len(REQUESTS)), "0")


def test_apache_pipes_its_log_through_graceful_restarts(pipeline: Pipeline, tmp_path: Path) -> None:
    """Under load; what Apache writes to a file as well is what should arrive."""
    spool = tmp_path / "spool"
    piped = str(binary("pv-producer"))
    snippet = render("apache/pageviews-pipe.conf", {
        PIPE_PREFIX: piped, "/var/lib/pageviews/spool": str(spool),
        "/var/lib/pageviews/producer": str(tmp_path / "piped")})
    with ApacheServer(f"{snippet}\nCustomLog {pipeline.log} pageviews-pipe") as apache:
        with Wrk(tmp_path / "wrk", apache.port, seconds=120) as load:
            producer = pipeline.producer(tail=False, spool=spool)
            for restart in range(1, 10):
                before = apache.loggers(piped)
                apache.graceful()
                # Every third logger works for a while, the others are told to end while they begin.
                wait_until(lambda: apache.loggers(piped) - before, "a new logger begins", explain=apache.describe)
                wait_until(lambda: restart % 3 or pipeline.articles_in_topic().total() >= restart * 100,
                           f"{restart * 100} views have arrived", explain=apache.describe)
            answered = load.finish()
        apache.stop()
    logged = recount_files(pipeline.log)
    print(f"{answered} requests answered, {logged.hits} logged, {logged.views} views")
    assert logged.hits >= answered > 1000
    pipeline.wait_articles_in_topic(logged.counts.articles)
    producer.stop()
    pipeline.count()
    assert pipeline.check().articles == logged.counts.articles


def test_nginx_mirrors_requests(pipeline: Pipeline, tmp_path: Path) -> None:
    port = free_port()
    producer = start_collector(pipeline, port)
    snippet = render("nginx/pageviews-mirror.conf", {"127.0.0.1:8090": f"127.0.0.1:{port}"})
    mirrored = [request for request in REQUESTS
                if request.reason not in ("method", "status") and not request.target.startswith(b"/quote")]
    with NginxServer(tmp_path / "nginx", server=snippet,
                     location="mirror /pageviews-mirror; mirror_request_body off;") as nginx:
        for request in mirrored:
            request.send(nginx.port)
        nginx.stop()
    pipeline.wait_articles_in_topic(expected_views(mirrored, knows_headers=True))
    producer.stop()


def test_readers_stay_apart_behind_nginx_and_cannot_pass_for_others(pipeline: Pipeline, tmp_path: Path) -> None:
    port = free_port()
    producer = start_collector(pipeline, port)
    snippet = render("nginx/pageviews-collector.conf", {"127.0.0.1:8090": f"127.0.0.1:{port}"})
    with NginxServer(tmp_path / "nginx", server=snippet) as nginx:
        for name, source, headers in (
            ("first", "127.0.0.1", {}),
            ("forged", "127.0.0.1", {b"X-Forwarded-For": b"192.0.2.77"}),
            ("other", "127.0.0.2", {}),
        ):
            Request(f"/v1/pixel.gif?u=/{name}".encode(), None, headers=headers).send(nginx.port, source=source)
    pipeline.wait_articles_in_topic(Counter(["/first", "/forged", "/other"]))
    producer.stop()
    messages = read_topic(pipeline.broker.address, pipeline.topic)
    events = [json.loads(message.value() or b"") for message in messages]
    visitors = {event["article"]: event["visitor"] for event in events}
    assert visitors["/first"] == visitors["/forged"] != visitors["/other"]


def test_caddy_hands_on_what_browsers_send_and_does_not_log_it(pipeline: Pipeline, tmp_path: Path) -> None:
    port = free_port()
    producer = start_collector(pipeline, port)
    snippet = render("caddy/pageviews.Caddyfile", {
        "127.0.0.1:8090": f"127.0.0.1:{port}", "/var/log/caddy/pageviews": str(pipeline.log)})
    with CaddyServer(tmp_path / "caddy", snippets=snippet, site="import pageviews") as caddy:
        for number in range(3):
            answer = Request(b"/v1/pixel.gif?u=/pixel/%d" % number, None).send(caddy.port)
            assert answer.startswith(b"HTTP/1.1 200 ") and b"\r\n\r\nGIF89a" in answer
        Request(b"/count?p=/goat&t=Title", None).send(caddy.port)
        Request(b"/logged", None).send(caddy.port)
        caddy.stop()
    pipeline.wait_articles_in_topic(Counter(["/pixel/0", "/pixel/1", "/pixel/2", "/goat"]))
    producer.stop()
    pipeline.ship(format="json")
    pipeline.assert_articles_in_topic(Counter(["/pixel/0", "/pixel/1", "/pixel/2", "/goat", "/logged"]))
