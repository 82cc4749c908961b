#!/usr/bin/env python3
"""Starts a process of each kind that tests start, says so, and then does nothing: for who wants to see them end.

    one_of_each.py DIRECTORY
"""
from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.apache_server import ApacheServer
from harness.caddy_server import CaddyServer
from harness.child_process import ChildProcess
from harness.chromium import Chromium
from harness.kafka_broker import KafkaBroker
from harness.nginx_server import NginxServer
from harness.ports import free_port
from harness.programs import AGGREGATOR, EXPORTER, PRODUCER, Program, binary
from harness.rank_check import RankCheck
from harness.redis_server import RedisServer
from harness.waiting import wait_until


def start_all(directory: Path, stack: ExitStack) -> None:
    redis = stack.enter_context(RedisServer(directory / "redis"))
    broker = stack.enter_context(KafkaBroker(directory / "kafka"))
    for server in (NginxServer, CaddyServer):
        own = directory / server.name
        own.mkdir()
        stack.enter_context(server(own))
    stack.enter_context(ApacheServer())
    browser = stack.enter_context(Chromium(directory))
    browser.visit(("open", "about:blank"))
    stack.enter_context(RankCheck())
    mock = directory / "brokers"
    ChildProcess([str(binary("pv-mock-kafka")), f"--address-file={mock}"], directory / "mock.log")
    wait_until(mock.exists, "the mock broker answers")
    for name, argv in {
        PRODUCER: [f"--brokers={broker.address}", f"--spool={directory / 'spool'}", f"--http=127.0.0.1:{free_port()}",
                   f"--state-dir={directory / 'state'}"],
        AGGREGATOR: [f"--brokers={broker.address}", f"--redis={redis.address}"],
        EXPORTER: [f"--redis={redis.address}", f"--out={directory / 'out'}"],
    }.items():
        Program(name, argv, directory / f"{name}.log").wait_text("event=starting")


def main() -> None:
    directory = Path(sys.argv[1])
    with ExitStack() as stack:
        start_all(directory, stack)
        (directory / "started").touch()
        signal.pause()


if __name__ == "__main__":
    main()
