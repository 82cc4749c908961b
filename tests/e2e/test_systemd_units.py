"""The units of etc/systemd as they are, started by systemd itself, in a machine that has nothing else to start."""
from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.apache_server import configuration as apache_configuration
from harness.log_lines import BROWSER
from harness.pipeline import BRISK_GROUP, PARTITIONS, Pipeline
from harness.ports import answers, free_port
from harness.shipped_snippet import render
from harness.systemd_machine import SystemdMachine
from harness.waiting import wait_until
from harness.web_request import REQUESTS, Request, expected_views

EXAMPLES = "/usr/share/doc/pageviews/examples/systemd"
UNITS = ("pv-aggregator", "pv-producer", "pv-dashboard-export")
LOG = "/var/log/nginx/access.log"
SNAPSHOTS = "/var/lib/pageviews/snapshots"

# Sanitizers look at a process from outside of it to find leaks, which the units forbid.
_SANITIZED = "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n"


class Installed:
    """The machine with everything installed as the documents say, and a configuration for each program."""

    def __init__(self, machine: SystemdMachine, pipeline: Pipeline) -> None:
        self.machine = machine
        self.pipeline = pipeline
        self.port = free_port()
        machine.run("sh", "-c", f"""
            set -e
            install -m 644 {EXAMPLES}/*.service /etc/systemd/system/
            install -m 644 {EXAMPLES}/pageviews.sysusers /usr/lib/sysusers.d/pageviews.conf
            install -m 644 {EXAMPLES}/pageviews.tmpfiles.conf /usr/lib/tmpfiles.d/pageviews.conf
            systemd-sysusers && systemd-tmpfiles --create pageviews.conf""")
        for unit in UNITS:
            machine.write(f"/etc/systemd/system/{unit}.service.d/tests.conf", _SANITIZED)
        kafka = f"brokers = {pipeline.broker.address}\ntopic = {pipeline.topic}\n"
        redis = f"redis = {pipeline.server.address}\n"
        machine.write("/etc/pageviews/pv-producer.conf", f"{kafka}instance = {pipeline.instance}\ntail = {LOG}\n"
                      f"state-dir = /var/lib/pageviews/producer\nspool = /var/lib/pageviews/spool\n"
                      f"http = 127.0.0.1:{self.port}\ncommit-interval = 100ms\n")
        brisk = "".join(f"kafka.{name} = {value}\n" for name, value in BRISK_GROUP.items())
        machine.write("/etc/pageviews/pv-aggregator.conf", f"{kafka}{redis}{brisk}group = {pipeline.group}\n"
                      f"partitions = {PARTITIONS}\nflush-interval = 100ms\n")
        machine.write("/etc/pageviews/pv-dashboard-export.conf", f"{redis}out = {SNAPSHOTS}\ninterval = 1s\n")
        machine.write(LOG, "", mode="0640", owner="www-data:adm")
        machine.run("systemctl", "daemon-reload")

    def start(self) -> None:
        self.machine.run("systemctl", "start", *UNITS)
        wait_until(lambda: answers(self.port), "the collector answers", explain=self.machine.describe)

    def send_view(self, article: str) -> None:
        answer = Request(f"/v1/pixel.gif?u={article}".encode(), None).send(self.port)
        assert answer.startswith(b"HTTP/1.1 200 "), answer

    def log_view(self, article: str) -> None:
        now = self.machine.run("date", "+%d/%b/%Y:%H:%M:%S %z").strip()
        line = f'192.0.2.1 - - [{now}] "GET {article} HTTP/1.1" 200 5 "-" "{BROWSER.decode()}"\n'
        self.machine.write(LOG, line, mode="0640", owner="www-data:adm")

    def wait_counted(self, views: int) -> None:
        wait_until(lambda: self.pipeline.views_counted() >= views, f"{views} views are counted",
                   explain=self.machine.describe)
        assert self.pipeline.views_counted() == views


@pytest.fixture
def installed(tmp_path: Path, pipeline: Pipeline) -> Iterator[Installed]:
    with SystemdMachine(tmp_path) as machine:
        yield Installed(machine, pipeline)


def test_units_count_views_of_a_log_and_of_http_and_publish_them(installed: Installed) -> None:
    machine = installed.machine
    installed.start()
    installed.log_view("/from/a/log")
    installed.send_view("/from/http")
    installed.wait_counted(2)
    wait_until(lambda: json.loads(machine.run("cat", f"{SNAPSHOTS}/totals.json"))["views"] == 2, "they are published",
               explain=machine.describe)
    machine.run("setpriv", "--reuid=nobody", "--clear-groups", "cat", f"{SNAPSHOTS}/totals.json")
    for unit in UNITS:
        found = machine.properties(unit)
        owner = machine.run("stat", "--format=%U %G", f"/proc/{found['MainPID']}").split()
        assert owner == ["pageviews", "pageviews"]
        status = machine.run("cat", f"/proc/{found['MainPID']}/status")
        assert "CapBnd:\t0000000000000000" in status and "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status


def test_units_end_well_when_stopped(installed: Installed) -> None:
    machine = installed.machine
    installed.start()
    installed.send_view("/before")
    installed.wait_counted(1)
    installed.send_view("/just/before")
    machine.run("systemctl", "stop", *UNITS)
    for unit in UNITS:
        found = machine.properties(unit)
        assert (found["ActiveState"], found["Result"], found["ExecMainStatus"]) == ("inactive", "success", "0"), unit
        assert "event=closing" in machine.journal(unit) or unit == "pv-dashboard-export"
    installed.start()
    installed.wait_counted(2)


def test_killed_units_come_back_and_nothing_is_lost(installed: Installed) -> None:
    machine = installed.machine
    installed.start()
    for killed in range(3):
        installed.send_view(f"/view/{killed}")
        before = {unit: machine.properties(unit)["MainPID"] for unit in UNITS}
        machine.run("systemctl", "kill", "--signal=KILL", *UNITS)
        wait_until(lambda: all(machine.properties(unit)["MainPID"] not in ("0", before[unit]) for unit in UNITS),
                   "all are back", explain=machine.describe)
        wait_until(lambda: answers(installed.port), "the collector answers", explain=machine.describe)
    installed.wait_counted(3)
    installed.pipeline.check()


class InstalledApache:
    """Started by root in the machine, with its files in /srv/apache."""

    def __init__(self, machine: SystemdMachine, output: Path, extra: str) -> None:
        directory = Path("/srv/apache")
        self.machine = machine
        self.port = free_port()
        machine.write(f"{directory}/apache.conf", apache_configuration(directory, self.port, extra))
        for page in ("index.html", "style.css"):
            machine.write(f"{directory}/pages/{page}", "\n")
        self.child = machine.spawn(output, "/usr/sbin/apache2", "-D", "FOREGROUND", "-f", f"{directory}/apache.conf")
        self._wait_started(1)

    def _times_started(self) -> int:
        return self.machine.try_run("cat", "/srv/apache/error.log").stdout.count("resuming normal operations")

    def _wait_started(self, times: int) -> None:
        wait_until(lambda: self._times_started() >= times, f"Apache has started {times} times",
                   explain=lambda: self.child.describe() + self.machine.try_run("cat", "/srv/apache/error.log").stdout)

    def send_signal(self, name: str) -> None:
        self.machine.run("sh", "-c", f"kill -{name} $(cat /srv/apache/apache.pid)")

    def restart_gracefully(self) -> None:
        before = self._times_started()
        self.send_signal("USR1")
        self._wait_started(before + 1)

    def stop(self) -> None:
        self.send_signal("WINCH")
        assert self.child.wait_exit(60) == 0, self.child.describe()


def test_apache_pipes_its_log_into_the_spool_that_the_unit_ships(installed: Installed, tmp_path: Path) -> None:
    """The snippet as it is, so that Apache's logger, started by root, has to become the unit's user."""
    machine = installed.machine
    installed.start()
    apache = InstalledApache(machine, tmp_path / "apache.log", render("apache/pageviews-pipe.conf", {}))
    for _ in range(3):
        for request in REQUESTS:
            request.send(apache.port)
        owners = machine.run("ps", "-o", "user:20=,group:20=,supgrp:20=", "-C", "pv-producer").split("\n")
        assert ["pageviews", "pageviews", "-"] in [owner.split() for owner in owners], owners
        apache.restart_gracefully()
    apache.stop()
    views = expected_views(REQUESTS, knows_headers=False)
    installed.pipeline.wait_articles_in_topic(Counter({article: 3 * count for article, count in views.items()}))
    installed.pipeline.wait_all_counted()
    machine.run("systemctl", "stop", *UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_unit_with_a_wrong_option_is_left_for_a_person_to_mend(installed: Installed, unit: str) -> None:
    machine = installed.machine
    machine.write(f"/etc/pageviews/{unit}.conf", "no-such-option = 1\n")
    machine.run("systemctl", "start", unit)
    wait_until(lambda: machine.properties(unit)["ActiveState"] == "failed", f"{unit} has failed",
               explain=machine.describe)
    found = machine.properties(unit)
    assert (found["ExecMainStatus"], found["NRestarts"]) == ("2", "0")
    assert "no-such-option" in machine.journal(unit)


@pytest.mark.parametrize("unit", UNITS)
def test_unit_is_exposed_to_little(installed: Installed, unit: str) -> None:
    """systemd's own judgement, in tenths from 0 to 100: 20 and below it calls "OK" or better."""
    installed.machine.run("systemd-analyze", "security", "--no-pager", "--threshold=20", unit)
    verified = installed.machine.try_run("systemd-analyze", "verify", f"/etc/systemd/system/{unit}.service")
    assert (verified.returncode, verified.stderr) == (0, "")
