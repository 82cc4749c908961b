"""`--serve` beside nginx on the same file, each on one processor, with wrk on another.

The ratio is that of the requests for a second of processor time; the exporter's rounds are in it. nginx is set up as
Debian does it, with the fields of etc/nginx/pageviews.conf. Every answer has to be the file.
"""
from __future__ import annotations

import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from bench.http_load import CONNECTIONS, Load, head, median_load, nginx, row, run_wrk, server
from bench.measured import peak_rss_mib
from harness.ports import free_port
from harness.waiting import wait_until

if TYPE_CHECKING:
    from bench.bench import Bench

TARGET = 0.7
ITEMS = {"24h": 10, "1h": 1000}  # a list, and how many articles it has

_NGINX = """\
    access_log off;
    sendfile on;
    tcp_nopush on;
    types {{ application/json json; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            root {files};
            etag on;
            add_header Cache-Control "no-cache";
            add_header X-Content-Type-Options "nosniff";
            add_header Access-Control-Allow-Origin "*";
        }}
    }}
"""


def _plant(client: redis.Redis) -> None:
    """Lists of articles with titles, as the aggregator leaves them."""
    client.flushall()
    transaction = client.pipeline(transaction=True)
    for number in range(max(ITEMS.values())):
        article = f"/2026/11/24/an-article-of-the-day-{number}"
        transaction.hset("pv:views", article, 5000 - number)
        transaction.hset(f"pv:article:{article}", mapping={"title": f"A headline of a usual length, the {number}th",
                                                           "section": "news"})
        for name, items in ITEMS.items():
            if number < items:
                transaction.zadd(f"pv:trending:{name}", {article: 5000 - number})
    transaction.hset("pv:offsets", "pageviews/0", 1)
    transaction.execute()


def _load(bench: Bench, port: int, target: str, pid: int, file: Path) -> Load:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{target}", timeout=30) as answer:
        if answer.read() != file.read_bytes():
            sys.exit(f"bench: the answer to {target} is not the file")
    return run_wrk([f"--duration={bench.options.http_seconds}s", f"http://127.0.0.1:{port}{target}"], pid,
                   bench.directory / f"{bench.new_name()}-wrk.log")


def _exporter(bench: Bench, files: Path, target: str) -> Load:
    port = free_port()
    command = bench.command("pv-dashboard-export", f"--redis={bench.server.address}",
                            f"--out={bench.seen_inside(files)}", f"--serve=127.0.0.1:{port}")
    with server(command, port, bench.directory / f"{bench.new_name()}.log") as child:
        file = files / target[1:]
        wait_until(lambda: (files / "index.json").exists(), "the first round", explain=child.describe)
        load = _load(bench, port, target, child.pid, file)
        return replace(load, rss_mib=peak_rss_mib(child.pid))


def _nginx(bench: Bench, files: Path, target: str) -> Load:
    port = free_port()
    http = _NGINX.format(port=port, files=files)
    with nginx(bench.directory / bench.new_name(), port, http, connections=768) as child:
        return _load(bench, port, target, child.pid, files / target[1:])


def measure_serve(bench: Bench) -> None:
    options, files = bench.options, bench.directory / "served"
    _plant(bench.server.client())
    print(f"\nServe: {CONNECTIONS} connections for {options.http_seconds} s, one processor for the server, another for "
          f"wrk, median of {options.runs}; target: a ratio of at least {TARGET}")
    for name, items in ITEMS.items():
        ours, limits = [], []
        for _ in range(options.runs):
            ours.append(_exporter(bench, files, f"/trending/{name}.json"))
            limits.append(_nginx(bench, files, f"/trending/{name}.json"))
        limit = median_load(limits)
        size = (files / "trending" / f"{name}.json").stat().st_size
        head(f"a list of {items:,} articles, {size / 1000:,.1f} kB")
        row("nginx", limit, limit)
        row("pv-dashboard-export --serve", median_load(ours), limit)
