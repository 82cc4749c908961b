"""What real web servers write with the snippets of etc/, and with their usual formats, is read as it was meant."""
from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harness.apache_server import ApacheServer
from harness.caddy_server import CaddyServer
from harness.log_lines import BROWSER
from harness.logrotate import Logrotate
from harness.nginx_server import NginxServer
from harness.pipeline import Pipeline
from harness.ports import free_port
from harness.programs import OptionValue
from harness.shipped_snippet import render
from harness.topic_reader import read_topic
from harness.waiting import wait_until
from harness.web_request import REQUESTS, Request, expected_reasons, expected_views

# As nginx.conf and apache2.conf of Debian, or their documentation, have them.
NGINX_MAIN = ("""log_format main '$remote_addr - $remote_user [$time_local] "$request" '
    '$status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"';""")
APACHE_COMBINED = r'LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined'
APACHE_VCOMBINED = r'LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost_combined'

SITES = ["one.example.org", "two.example.org", "three.example.org"]


def assert_read(pipeline: Pipeline, log: Path, requests: list[Request], knows_headers: bool,
                **options: OptionValue) -> None:
    """Each request is a view or has its reason, and there is nothing else in the log."""
    producer = pipeline.ship(tail=log, rejects=pipeline.directory / "rejects", **options)
    closing = producer.closing()
    reasons = {name: count for name, count in closing.items() if count and name in ("bad_line", "other_site")}
    assert not reasons, f"{reasons}\n{log.read_text(errors='replace')}"
    pipeline.assert_articles_in_topic(expected_views(requests, knows_headers))
    expected = expected_reasons(requests, knows_headers)
    assert {name: closing[name] for name in expected} == expected
    assert closing["hits"] == len(requests)


def send_all(port: int, addresses: tuple[str, ...] = ("127.0.0.1",)) -> list[Request]:
    for address in addresses:
        for request in REQUESTS:
            request.send(port, address=address)
    return REQUESTS * len(addresses)


def option_line(snippet: str, name: str) -> str:
    """The line of pv-producer.conf that a snippet tells to copy."""
    found = re.search(rf"^# +{name} = (.*)$", render(snippet, {}), re.MULTILINE)
    assert found, f"etc/{snippet} does not say what {name} is"
    return found[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_nginx_with_the_log_of_the_snippet(pipeline: Pipeline, tmp_path: Path, address: str) -> None:
    snippet = render("nginx/pageviews-log.conf", {"/var/log/nginx/pageviews.log": str(pipeline.log)})
    with NginxServer(tmp_path / "nginx", http=snippet) as nginx:
        requests = send_all(nginx.port, (address,))
        nginx.stop()
    assert_read(pipeline, pipeline.log, requests, knows_headers=True, format="json")


@pytest.mark.parametrize("log_format", ["combined", NGINX_MAIN], ids=["combined", "literal"])
def test_nginx_with_its_usual_formats(pipeline: Pipeline, tmp_path: Path, log_format: str) -> None:
    name = "combined" if log_format == "combined" else "main"
    definition = "" if log_format == "combined" else log_format
    with NginxServer(tmp_path / "nginx", http=f"{definition}\naccess_log {pipeline.log} {name};") as nginx:
        requests = send_all(nginx.port)
        nginx.stop()
    assert_read(pipeline, pipeline.log, requests, knows_headers=False, format=log_format)


def test_apache_with_the_log_of_the_snippet(pipeline: Pipeline, tmp_path: Path) -> None:
    snippet = render("apache/pageviews-log.conf", {"${APACHE_LOG_DIR}/pageviews.log": str(pipeline.log)})
    config = tmp_path / "pv-producer.conf"
    config.write_text(f"format = {option_line('apache/pageviews-log.conf', 'format')}\n", encoding="utf-8")
    with ApacheServer(snippet) as apache:
        requests = send_all(apache.port)
        apache.stop()
    assert_read(pipeline, pipeline.log, requests, knows_headers=True, config=config)


@pytest.mark.parametrize("log_format", ["combined", APACHE_COMBINED, "vcombined", APACHE_VCOMBINED],
                         ids=["combined", "literal", "vcombined", "literal_of_sites"])
def test_apache_with_its_usual_formats(pipeline: Pipeline, log_format: str) -> None:
    definition = {"combined": APACHE_COMBINED, "vcombined": APACHE_VCOMBINED}.get(log_format, log_format)
    name = definition.rpartition(" ")[2]
    with ApacheServer(f"{definition}\nCustomLog {pipeline.log} {name}") as apache:
        requests = send_all(apache.port)
        apache.stop()
    assert_read(pipeline, pipeline.log, requests, knows_headers=False, format=log_format)


def test_caddy_with_the_log_of_the_snippet(pipeline: Pipeline, tmp_path: Path) -> None:
    snippet = render("caddy/pageviews.Caddyfile", {"/var/log/caddy/pageviews": str(pipeline.log)})
    with CaddyServer(tmp_path / "caddy", snippets=snippet, site="import pageviews") as caddy:
        requests = send_all(caddy.port)
        caddy.stop()
    assert_read(pipeline, pipeline.log, requests, knows_headers=True, format="json")


TITLE, SECTION = 'Bürger "in Sorge" um den Fluß', "Lokales & Co"


def assert_title_and_section_are_sent(pipeline: Pipeline, port: int, **options: OptionValue) -> None:
    """What the answer says, not what the request does."""
    lies = {b"X-Article-Title": b"Lies", b"X-Article-Section": b"lies"}
    answer = Request(b"/titled", "/titled", headers=lies).send(port)
    assert TITLE.encode() in answer, answer
    wait_until(lambda: pipeline.log.exists() and pipeline.log.read_bytes().endswith(b"\n"), "the request is in the log")
    pipeline.ship(**options)
    (message,) = read_topic(pipeline.broker.address, pipeline.topic)
    event = json.loads(message.value() or b"")
    assert (event["title"], event["section"]) == (TITLE, SECTION)


def quoted(text: str) -> str:
    """As all three servers take it in their configuration."""
    return '"' + text.replace('"', '\\"') + '"'


def test_title_and_section_of_nginx_answers_are_sent(pipeline: Pipeline, tmp_path: Path) -> None:
    snippet = render("nginx/pageviews-log.conf", {"/var/log/nginx/pageviews.log": str(pipeline.log)})
    headers = f"add_header X-Article-Title {quoted(TITLE)}; add_header X-Article-Section {quoted(SECTION)};"
    with NginxServer(tmp_path / "nginx", http=snippet, location=headers) as nginx:
        assert_title_and_section_are_sent(pipeline, nginx.port, format="json")


def test_title_and_section_of_apache_answers_are_sent(pipeline: Pipeline, tmp_path: Path) -> None:
    snippet = render("apache/pageviews-log.conf", {"${APACHE_LOG_DIR}/pageviews.log": str(pipeline.log)})
    headers = ("LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so\n"
               f"Header set X-Article-Title {quoted(TITLE)}\nHeader set X-Article-Section {quoted(SECTION)}\n")
    config = tmp_path / "pv-producer.conf"
    config.write_text(f"format = {option_line('apache/pageviews-log.conf', 'format')}\n", encoding="utf-8")
    with ApacheServer(headers + snippet) as apache:
        assert_title_and_section_are_sent(pipeline, apache.port, config=config)


def test_title_and_section_of_caddy_answers_are_sent(pipeline: Pipeline, tmp_path: Path) -> None:
    snippet = render("caddy/pageviews.Caddyfile", {"/var/log/caddy/pageviews": str(pipeline.log)})
    headers = f"header X-Article-Title {quoted(TITLE)}\nheader X-Article-Section {quoted(SECTION)}"
    with CaddyServer(tmp_path / "caddy", snippets=snippet, site=f"import pageviews\n{headers}") as caddy:
        assert_title_and_section_are_sent(pipeline, caddy.port, format="json")


def test_requests_of_http_2_are_views_as_any(pipeline: Pipeline, tmp_path: Path) -> None:
    snippet = render("nginx/pageviews-log.conf", {"/var/log/nginx/pageviews.log": str(pipeline.log)})
    port = free_port()
    with NginxServer(tmp_path / "nginx", http=f"""{snippet}
            server {{ listen 127.0.0.1:{port} http2; location / {{ return 200; }} }}"""):
        command = ["curl", "--silent", "--show-error", "--fail", "--http2-prior-knowledge",
                   "--user-agent", BROWSER.decode(), "--write-out", "%{http_version}",
                   f"http://127.0.0.1:{port}/by/http/2?a=b"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout == "2"
    pipeline.ship(format="json")
    pipeline.assert_articles_in_topic({"/by/http/2": 1})


def test_one_site_is_chosen_from_a_log_of_several(pipeline: Pipeline) -> None:
    hosts = "".join(f"<VirtualHost *>\nServerName {name}\n</VirtualHost>\n" for name in SITES)
    definition = f"{APACHE_VCOMBINED}\nCustomLog {pipeline.log} vhost_combined\n"
    with ApacheServer(definition + hosts) as apache:
        for name in SITES:
            REQUESTS[1].send(apache.port, host=name)
            Request(f"/only/{name}".encode(), None).send(apache.port, host=name)
        apache.stop()
    producer = pipeline.ship(format="vcombined", site=SITES[:2])
    pipeline.assert_articles_in_topic({"/articles/one": 2, f"/only/{SITES[0]}": 1, f"/only/{SITES[1]}": 1})
    assert producer.closing()["other_site"] == 2


def test_log_of_each_site_is_followed_from_its_first_line(pipeline: Pipeline, tmp_path: Path) -> None:
    """The log of the third one begins while the producer runs."""
    logs = tmp_path / "log"
    logs.mkdir()
    with NginxServer(tmp_path / "nginx", http=f"access_log {logs}/$host.log combined;") as nginx:
        for name in SITES[:2]:
            Request(f"/only/{name}".encode(), None).send(nginx.port, host=name)
        producer = pipeline.producer(tail=logs / "*.log")
        pipeline.wait_articles_in_topic(Counter(f"/only/{name}" for name in SITES[:2]))
        Request(f"/only/{SITES[2]}".encode(), None).send(nginx.port, host=SITES[2])
        pipeline.wait_articles_in_topic(Counter(f"/only/{name}" for name in SITES))
        producer.stop()


def test_log_that_logrotate_copies_and_cuts_is_read_once(pipeline: Pipeline, tmp_path: Path) -> None:
    """In a quiet moment: what a server writes between the copy and the cut is lost to every reader."""
    logs = tmp_path / "log"
    logs.mkdir()
    log = logs / "access.log"
    logrotate = Logrotate(tmp_path / "logrotate", f"{log} {{\n rotate 5\n copytruncate\n compress\n}}\n")
    expected: Counter[str] = Counter()
    with NginxServer(tmp_path / "nginx", http=f"access_log {log} combined;") as nginx:
        producer = pipeline.producer(tail=log)
        for turn in range(3):
            for number in range(5 + turn * 40):
                Request(f"/turn/{turn}/{number % 7}".encode(), None).send(nginx.port)
                expected[f"/turn/{turn}/{number % 7}"] += 1
            pipeline.wait_articles_in_topic(expected)
            logrotate.rotate()
        producer.stop()
    assert len(list(logs.glob("access.log.*.gz"))) == 3
    pipeline.ship(tail=log)
    pipeline.assert_articles_in_topic(expected)
