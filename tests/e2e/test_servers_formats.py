"""What real web servers write with the snippets of etc/, and with their usual formats, is read as it was meant."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.apache_server import ApacheServer
from harness.caddy_server import CaddyServer
from harness.nginx_server import NginxServer
from harness.pipeline import Pipeline
from harness.programs import OptionValue
from harness.shipped_snippet import render
from harness.web_request import REQUESTS, Request, expected_reasons, expected_views

# As nginx.conf and apache2.conf of Debian, or their documentation, have them.
NGINX_MAIN = ("""log_format main '$remote_addr - $remote_user [$time_local] "$request" '
    '$status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"';""")
APACHE_COMBINED = r'LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined'
APACHE_VCOMBINED = r'LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost_combined'


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
    snippet = render("caddy/pageviews.Caddyfile", {"/var/log/caddy/access.log": str(pipeline.log)})
    with CaddyServer(tmp_path / "caddy", snippets=snippet, site="import pageviews") as caddy:
        requests = send_all(caddy.port)
        caddy.stop()
    assert_read(pipeline, pipeline.log, requests, knows_headers=True, format="json")
