"""Wrong configuration gives one clear line and exit code 2; what may come back is tried again."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.fake_redis import FakeRedis
from harness.ports import answers, free_port
from harness.programs import AGGREGATOR, EXPORTER, PRODUCER, PROGRAMS, Program
from harness.redis_server import RedisServer
from harness.waiting import wait_until

Run = Callable[..., Program]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts a program; whatever still runs at the end of the test is killed."""
    started: list[Program] = []

    def start(name: str, *argv: str, env: dict[str, str] | None = None) -> Program:
        started.append(Program(name, list(argv), tmp_path / f"{name}-{len(started)}.log", env))
        return started[-1]

    yield start
    for program in started:
        program.kill()


def enough_options(name: str, tmp_path: Path, redis_address: str = "127.0.0.1:1") -> list[str]:
    """Options with which the program would run, were the servers there."""
    (tmp_path / "access.log").touch()
    return {
        PRODUCER: ["--brokers=127.0.0.1:1", f"--tail={tmp_path}/access.log", f"--state-dir={tmp_path}/state"],
        AGGREGATOR: ["--brokers=127.0.0.1:1", f"--redis={redis_address}"],
        EXPORTER: [f"--redis={redis_address}", f"--out={tmp_path}/out"],
    }[name]


def assert_refused(program: Program, *words: str) -> None:
    """Exit code 2 and a single line that has every word."""
    program.expect_exit(2)
    lines = program.text().splitlines()
    complaints = [line for line in lines if all(word.lower() in line.lower() for word in words)]
    assert len(complaints) == 1, f"one line should name {words}\n{program.describe()}"
    others = [line for line in lines if re.search(r"^pv-| error event=", line) and line not in complaints]
    assert not others, f"one line should be enough\n{program.describe()}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_unknown_option_is_refused_and_the_nearest_is_named(name: str, tmp_path: Path, run: Run) -> None:
    misspelled, nearest = ("--brokes=x", "brokers") if name != EXPORTER else ("--rediss=x", "redis")
    assert_refused(run(name, *enough_options(name, tmp_path), misspelled), misspelled.strip("-").split("=")[0], nearest)


@pytest.mark.parametrize("name", PROGRAMS)
def test_unknown_name_in_the_configuration_file_is_refused(name: str, tmp_path: Path, run: Run) -> None:
    config = tmp_path / "pv.conf"
    config.write_text("# ours\nmetrix = 127.0.0.1:9100\n")
    assert_refused(run(name, *enough_options(name, tmp_path), f"--config={config}"), "metrix", "metrics", "pv.conf")


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("port", ["99999", "http", "-1", ""])
def test_bad_port_is_refused(name: str, port: str, tmp_path: Path, run: Run) -> None:
    assert_refused(run(name, *enough_options(name, tmp_path), f"--metrics=127.0.0.1:{port}"), "metrics")


@pytest.mark.parametrize("name", [AGGREGATOR, EXPORTER])
def test_bad_redis_port_is_refused(name: str, tmp_path: Path, run: Run) -> None:
    assert_refused(run(name, *enough_options(name, tmp_path, "127.0.0.1:70000")), "redis", "127.0.0.1:70000")


def test_prefix_that_is_too_long_for_a_rebuild_is_refused(tmp_path: Path, run: Run) -> None:
    longest = ["--prefix=" + "p" * 56, "--rebuild"]
    run(AGGREGATOR, *enough_options(AGGREGATOR, tmp_path), "--check-config", *longest).expect_exit(0)
    too_long = "--prefix=" + "p" * 57
    run(AGGREGATOR, *enough_options(AGGREGATOR, tmp_path), "--check-config", too_long).expect_exit(0)
    assert_refused(run(AGGREGATOR, *enough_options(AGGREGATOR, tmp_path), too_long, "--rebuild"), too_long, "56 bytes")


@pytest.mark.parametrize("name", [PRODUCER, AGGREGATOR])
def test_unknown_kafka_property_is_refused(name: str, tmp_path: Path, run: Run) -> None:
    assert_refused(run(name, *enough_options(name, tmp_path), "-X", "kafka.linger.sm=20"), "linger.sm")


@pytest.mark.parametrize(("name", "missing"), [(PRODUCER, "tail"), (EXPORTER, "out")])
def test_missing_option_is_named(name: str, missing: str, tmp_path: Path, run: Run) -> None:
    kept = [option for option in enough_options(name, tmp_path) if not option.startswith(f"--{missing}=")]
    assert_refused(run(name, *kept), f"--{missing}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_and_version_end_well(name: str, run: Run) -> None:
    helped = run(name, "--help")
    helped.expect_exit(0)
    assert "--metrics" in helped.text()
    version = run(name, "--version")
    version.expect_exit(0)
    assert re.search(r"\d+\.\d+", version.text())


@pytest.mark.parametrize("name", PROGRAMS)
def test_good_configuration_passes_its_check_without_any_server(name: str, tmp_path: Path, run: Run) -> None:
    run(name, *enough_options(name, tmp_path), "--check-config").expect_exit(0)


def test_flag_beats_environment_and_environment_beats_file(tmp_path: Path, run: Run) -> None:
    """Seen by the port at which the metrics are."""
    from_flag, from_environment, from_file = (free_port() for _ in range(3))
    config = tmp_path / "pv.conf"
    config.write_text(f"metrics = 127.0.0.1:{from_file}\n")
    environment = {"PV_METRICS": f"127.0.0.1:{from_environment}"}
    options = [*enough_options(AGGREGATOR, tmp_path), f"--config={config}"]

    def assert_serves(port: int, program: Program) -> None:
        wait_until(lambda: answers(port), f"metrics at {port}", explain=program.describe)
        assert [answers(other) for other in (from_flag, from_environment, from_file)].count(True) == 1
        program.kill()

    assert_serves(from_file, run(AGGREGATOR, *options))
    assert_serves(from_environment, run(AGGREGATOR, *options, env=environment))
    assert_serves(from_flag, run(AGGREGATOR, *options, f"--metrics=127.0.0.1:{from_flag}", env=environment))


def test_redis_that_may_evict_counts_is_refused(tmp_path: Path, run: Run) -> None:
    with RedisServer(tmp_path / "redis", {"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}) as server:
        assert_refused(run(AGGREGATOR, *enough_options(AGGREGATOR, tmp_path, server.address)),
                       "maxmemory-policy", "noeviction")


@pytest.mark.parametrize("name", [AGGREGATOR, EXPORTER])
def test_wrong_redis_password_is_refused(name: str, tmp_path: Path, run: Run) -> None:
    password = tmp_path / "password"
    password.write_text("s3cr3t-other\n")
    with RedisServer(tmp_path / "redis", password="s3cr3t-one") as server:
        options = enough_options(name, tmp_path, server.address)
        refused = run(name, *options, f"--redis-password-file={password}")
        assert_refused(refused, "password")
        assert "s3cr3t" not in refused.text()
        assert_refused(run(name, *options), "password")


@pytest.mark.parametrize("name", [AGGREGATOR, EXPORTER])
def test_redis_before_version_7_is_refused(name: str, tmp_path: Path, run: Run) -> None:
    with FakeRedis("6.2.0") as server:
        assert_refused(run(name, *enough_options(name, tmp_path, server.address)), "6.2.0", "7.0")


def test_unreachable_redis_is_tried_again_until_told_to_stop(tmp_path: Path, run: Run) -> None:
    address = f"127.0.0.1:{free_port()}"
    aggregator = run(AGGREGATOR, *enough_options(AGGREGATOR, tmp_path, address))
    aggregator.wait_text(rf"(warn|error).*redis.*{re.escape(address)}")
    aggregator.stop()


def test_exporter_waits_for_redis_and_writes_when_it_comes(tmp_path: Path, run: Run) -> None:
    server = RedisServer(tmp_path / "redis")
    exporter = run(EXPORTER, *enough_options(EXPORTER, tmp_path, server.address), "--interval=100ms")
    exporter.wait_text(rf"(warn|error).*{re.escape(server.address)}")
    with server:
        wait_until((tmp_path / "out" / "index.json").exists, "the snapshot is written", explain=exporter.describe)
        exporter.stop()


@pytest.mark.parametrize("name", [PRODUCER, AGGREGATOR])
def test_unreachable_broker_is_tried_again_until_told_to_stop(
        name: str, tmp_path: Path, redis_server: RedisServer, run: Run) -> None:
    address = f"127.0.0.1:{free_port()}"
    options = [*enough_options(name, tmp_path, redis_server.address)[1:], f"--brokers={address}"]
    program = run(name, *options)
    program.wait_text(rf"(warn|error).*{re.escape(address)}")
    program.stop()


@pytest.mark.parametrize(("options", "words"), [
    (["--http=127.0.0.1:1"], ["--http", "--spool="]),
    (["--syslog=127.0.0.1:1"], ["--syslog", "--spool="]),
    (["--stdin=combined"], ["--stdin", "--spool="]),
    (["--stdin=combined", "--spool={}/spool", "--ship=off"], ["--ship=off", "--tail"]),
    (["--spool={}/spool", "--spool-max=1k"], ["--spool-max", "64k", "1024g"]),
    (["--spool={}/access.log"], ["--spool={}/access.log"]),
    (["--since=yesterday"], ["--since=yesterday", "2026-11-24"]),
    (["--format=combinde"], ["--format", "combinde", "combined"]),
    (["--format=$remote_addr $request"], ["--format", "time"]),
    (["--stdin=%h %t", "--spool={}/spool"], ["--stdin", "request"]),
    (["--tail={}/" + "long/" * 1000], ["--tail={}", "4095"]),
    (["--http=127.0.0.1:0", "--spool={}/spool"], ["--http"]),
    (["--trusted-proxy=10.0.0.0/40", "--http=127.0.0.1:1", "--spool={}/spool"], ["--trusted-proxy", "10.0.0.0/40"]),
])
def test_bad_source_of_the_producer_is_refused(options: list[str], words: list[str], tmp_path: Path, run: Run) -> None:
    program = run(PRODUCER, *enough_options(PRODUCER, tmp_path), *(option.format(tmp_path) for option in options))
    assert_refused(program, *(word.format(tmp_path) for word in words))


def test_http_port_that_is_taken_is_refused(tmp_path: Path, run: Run) -> None:
    with RedisServer(tmp_path / "redis") as server:
        assert_refused(run(PRODUCER, *enough_options(PRODUCER, tmp_path), f"--spool={tmp_path}/spool",
                           f"--http={server.address}"), "--http", server.address)
