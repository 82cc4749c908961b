"""The syslog receiver as a process: every message that arrives is taken once, or counted under its reason."""
from __future__ import annotations

import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import urllib.request
from pathlib import Path

import pytest

from harness.nginx_server import NginxServer
from harness.ports import free_port
from harness.programs import Program
from harness.syslog_receiver import SyslogReceiver, receiver  # noqa: F401
from harness.waiting import stays_true, wait_until

HEADER = b"<190>Nov 24 13:05:07 web1 nginx: "
CONNECTIONS_MAX = 256
RESET = struct.pack("ii", 1, 0)  # close without farewell
TEXT_MAX = 65536 - len(HEADER)


def line(text: bytes) -> bytes:
    return HEADER + text + b"\n"


def counted(text: bytes) -> bytes:
    return b"%d %s" % (len(HEADER) + len(text), HEADER + text)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_udp_and_tcp_are_received_at_an_address(tmp_path: Path, host: str) -> None:
    receiver = SyslogReceiver(tmp_path, host)
    try:
        receiver.send(line(b"over tcp"))
        receiver.expect_taken([b"over tcp"])
        if host != "localhost":
            with receiver.datagrams() as client:
                client.send(HEADER + b"over udp")
            receiver.expect_taken([b"over tcp", b"over udp"])
    finally:
        receiver.program.kill()


def test_any_ipv6_address_takes_ipv4_as_well(tmp_path: Path) -> None:
    receiver = SyslogReceiver(tmp_path, "[::]")
    try:
        receiver.host, receiver.family = "127.0.0.1", socket.AF_INET
        receiver.send(line(b"tcp"))
        receiver.expect_taken([b"tcp"])
        with receiver.datagrams() as client:
            client.send(HEADER + b"udp")
        receiver.expect_taken([b"tcp", b"udp"])
    finally:
        receiver.program.kill()


def test_udp_takes_a_message_a_datagram(receiver: SyslogReceiver) -> None:
    texts = [b"%d of them" % number for number in range(100)]
    with receiver.datagrams() as client:
        for text in texts:
            client.send(HEADER + text)
    receiver.expect_taken(texts)


def test_udp_datagram_is_one_message_whatever_is_in_it(receiver: SyslogReceiver) -> None:
    with receiver.datagrams() as client:
        for data in [line(b"with its end"), HEADER + b"a\x00b", HEADER + b"x" * (65507 - len(HEADER)), b"", b"noise"]:
            client.send(data)
    receiver.expect(bad_priority=2)
    receiver.expect_taken([b"with its end", b"a\x00b", b"x" * (65507 - len(HEADER))])


def test_both_framings_in_one_connection(receiver: SyslogReceiver) -> None:
    receiver.send(line(b"one") + counted(b"two") + counted(b"three") + line(b"four") + b"\n" + counted(b"five"))
    receiver.expect_taken([b"one", b"two", b"three", b"four", b"five"])


def test_messages_in_the_smallest_pieces(receiver: SyslogReceiver) -> None:
    with receiver.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in line(b"one") + counted(b"two") + line(b"three"):
            client.sendall(bytes([byte]))
    receiver.expect_taken([b"one", b"two", b"three"])


def test_nul_is_a_byte_of_the_text(receiver: SyslogReceiver) -> None:
    receiver.send(line(b"a\x00b") + counted(b"\x00c") + line(b"end\x00"))
    receiver.expect_taken([b"a\x00b", b"\x00c", b"end"])


def test_message_too_long_does_not_take_its_neighbours_along(receiver: SyslogReceiver) -> None:
    longest = b"x" * TEXT_MAX
    receiver.send(line(b"one") + line(longest) + line(longest + b"x") + line(b"two"))
    receiver.send(counted(b"three") + counted(longest) + counted(longest + b"x") + counted(b"four"))
    receiver.send(line(b"y" * 3_000_000) + counted(b"z" * 3_000_000) + line(b"five"))
    receiver.expect(messages=7, too_long=4, cut_off=0)
    assert sorted(receiver.taken()) == sorted([b"one", longest, b"two", b"three", longest, b"four", b"five"])


def test_noise_is_counted_by_reason(receiver: SyslogReceiver) -> None:
    receiver.send(b"GET / HTTP/1.1\r\n<190>nginx: x\n<190>2 x\n<190>1 - h p - - [ x\n" + line(b"good"))
    receiver.expect(messages=1, bad_priority=1, bad_time=1, bad_version=1, bad_data=1)
    assert {event["reason"] for event in receiver.program.events("syslog_bad_message")} >= {"bad_time", "bad_data"}


def test_half_a_message_at_the_end_is_dropped_and_counted(receiver: SyslogReceiver) -> None:
    receiver.send(line(b"one") + HEADER + b"tw")
    receiver.send(counted(b"three") + counted(b"four")[:-1])
    receiver.expect(messages=2, cut_off=2, connections=0)
    assert sorted(receiver.taken()) == [b"one", b"three"]


def test_reset_connections_leave_nothing_behind(receiver: SyslogReceiver) -> None:
    for _ in range(20):
        with receiver.connect() as client:
            client.sendall(HEADER + b"half")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    receiver.send(line(b"good"))
    receiver.expect(messages=1, connections=0)


def test_many_clients_at_once(receiver: SyslogReceiver) -> None:
    clients, messages = 50, 400

    def send(name: int) -> None:
        with receiver.connect() as client:
            for number in range(messages):
                framed = counted if number % 2 else line
                client.sendall(framed(b"%d %d" % (name, number)))

    threads = [threading.Thread(target=send, args=(name,)) for name in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    receiver.expect(messages=clients * messages, connections=0, cut_off=0)
    taken = [tuple(map(int, text.split())) for text in receiver.taken()]
    for name in range(clients):
        assert [number for client, number in taken if client == name] == list(range(messages))


def test_a_hundred_half_open_connections_hold_nothing_up(receiver: SyslogReceiver) -> None:
    halves = [receiver.connect() for _ in range(100)]
    for number, client in enumerate(halves):
        client.sendall(counted(b"%03d" % number)[:-2])
    receiver.expect(connections=100)
    receiver.send(line(b"in between"))
    receiver.expect_taken([b"in between"])
    for number, client in enumerate(halves):
        client.sendall((b"%03d" % number)[-2:])
        client.close()
    receiver.expect(messages=101, connections=0, cut_off=0)
    assert sorted(receiver.taken()[1:]) == [b"%03d" % number for number in range(100)]


def test_one_connection_too_many_is_closed(receiver: SyslogReceiver) -> None:
    held = [receiver.connect() for _ in range(CONNECTIONS_MAX)]
    receiver.expect(connections=CONNECTIONS_MAX)
    with receiver.connect() as one_more:
        assert one_more.recv(1) == b""
    receiver.expect(connections=CONNECTIONS_MAX, connections_refused=1)
    held[7].sendall(line(b"still heard"))
    receiver.expect_taken([b"still heard"])
    held.pop().close()
    receiver.expect(connections=CONNECTIONS_MAX - 1)
    receiver.send(line(b"room again"))
    receiver.expect_taken([b"still heard", b"room again"])
    for client in held:
        client.close()


def test_silent_connection_is_closed_and_a_talking_one_is_not(tmp_path: Path) -> None:
    receiver = SyslogReceiver(tmp_path, idle_ms=1500)
    try:
        with receiver.connect() as silent, receiver.connect() as talking:
            silent.sendall(HEADER + b"half")
            said = 0

            def silent_is_closed() -> bool:
                nonlocal said
                talking.sendall(line(b"%d" % said))
                said += 1
                return receiver.metrics()["connections_idle"] == 1

            wait_until(silent_is_closed, "the silent connection is closed", 30, poll_interval_s=0.1)
            assert silent.recv(1) == b""
            receiver.expect(messages=said, connections=1, cut_off=1)
    finally:
        receiver.program.kill()


def test_tcp_waits_while_there_is_no_room_and_loses_nothing(receiver: SyslogReceiver) -> None:
    texts = [b"%06d " % number + b"x" * 1000 for number in range(20_000)]
    receiver.set_full(True)
    client = receiver.connect()
    sent = threading.Event()

    def send() -> None:
        with client:
            client.sendall(b"".join(line(text) for text in texts))
        sent.set()

    sender = threading.Thread(target=send)
    sender.start()
    receiver.expect(waits=1, messages=0, refused=0)
    # 20 MB do not fit into the sockets' buffers: the sender is held back.
    assert not sent.is_set()
    receiver.set_full(False)
    sender.join()
    receiver.expect_taken(texts)
    receiver.expect(refused=0, cut_off=0, connections=0)


def test_connection_that_ends_while_there_is_no_room_loses_nothing(receiver: SyslogReceiver) -> None:
    receiver.set_full(True)
    receiver.send(line(b"one") + counted(b"two"))
    receiver.send(line(b"three"))
    receiver.expect(waits=2, messages=0)
    receiver.set_full(False)
    receiver.expect(messages=3, connections=0, refused=0)
    assert sorted(receiver.taken()) == [b"one", b"three", b"two"]


def test_waiting_connections_use_no_processor_time(receiver: SyslogReceiver) -> None:
    receiver.set_full(True)
    with receiver.connect() as client:
        client.sendall(line(b"one"))
        receiver.expect(waits=1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)  # epoll would report that again and again

    def ticks() -> int:
        stat = Path(f"/proc/{receiver.program.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(stat[11]) + int(stat[12])

    before = ticks()
    stays_true(lambda: ticks() - before < 30, "it uses less than 30 of 100 ticks", seconds=1)
    receiver.set_full(False)
    receiver.expect_taken([b"one"])


def test_udp_without_room_is_refused_and_counted(receiver: SyslogReceiver) -> None:
    receiver.set_full(True)
    with receiver.datagrams() as client:
        for number in range(100):
            client.send(HEADER + b"%d" % number)
        receiver.expect(refused=100, messages=0)
        receiver.set_full(False)
        client.send(HEADER + b"room again")
    receiver.expect_taken([b"room again"])
    assert any(event["level"] == "warn" for event in receiver.program.events("syslog_refused"))


def test_what_the_kernel_drops_is_counted(receiver: SyslogReceiver) -> None:
    sent = 60_000
    receiver.set_busy(True)
    with receiver.datagrams() as client:
        for number in range(sent):
            client.send(HEADER + b"%d " % number + b"x" * 200)
    receiver.set_busy(False)
    wait_until(
        lambda: (seen := receiver.metrics())["messages"] + seen["kernel_drops"] == sent,
        "every datagram is a message or a drop",
        60,
        explain=lambda: str(receiver.metrics()),
    )
    seen = receiver.metrics()
    assert seen["kernel_drops"] > 0
    assert len(receiver.taken()) == seen["messages"] > 0


def test_what_has_arrived_is_taken_before_the_end(receiver: SyslogReceiver) -> None:
    texts = [b"%d" % number for number in range(100)]
    receiver.set_busy(True)
    with receiver.datagrams() as datagrams, receiver.connect() as client:
        client.sendall(line(b"first"))
        receiver.program.wait_text("event=busy")
        for text in texts:
            datagrams.send(HEADER + b"udp " + text)
        client.sendall(b"".join(line(b"tcp " + text) for text in texts) + HEADER + b"half")
        receiver.program.send_signal(signal.SIGTERM)
        receiver.set_busy(False)
        closing = receiver.closing()
    assert closing["messages"] == 1 + 2 * len(texts)
    assert closing["refused"] == 0
    assert closing["cut_off"] == 1
    taken = receiver.taken()
    assert sorted(taken) == sorted([b"first"] + [kind + text for text in texts for kind in (b"udp ", b"tcp ")])


def test_what_finds_no_room_at_the_end_is_counted_as_refused(receiver: SyslogReceiver) -> None:
    receiver.set_full(True)
    with receiver.connect() as client:
        client.sendall(line(b"one") + line(b"two"))
        receiver.expect(waits=1)
        closing = receiver.stop()
    assert (closing["messages"], closing["refused"]) == (0, 2)


@pytest.mark.parametrize(
    ("address", "said"),
    [("nonsense", "takes ADDR:PORT"), ("192.0.2.1:5514", "not an address of this machine"), ("[::zz]:5514", "--syslog=")],
)
def test_address_that_cannot_be_had_is_named(tmp_path: Path, address: str, said: str) -> None:
    argv = [str(tmp_path / "lines"), "syslog", address, f"127.0.0.1:{free_port()}"]
    program = Program("pv-line-receiver", argv, tmp_path / "log")
    program.expect_exit(2)
    assert said in program.text()
    assert address in program.text()


def test_port_of_another_program_is_named(tmp_path: Path, receiver: SyslogReceiver) -> None:
    argv = [str(tmp_path / "other"), "syslog", f"127.0.0.1:{receiver.port}", f"127.0.0.1:{free_port()}"]
    program = Program("pv-line-receiver", argv, tmp_path / "other.log")
    program.expect_exit(2)
    assert "another program has the port" in program.text()


@pytest.mark.parametrize("options", ["", ",nohostname", ",tag=my_site_01,facility=local0,severity=notice"])
def test_nginx_is_understood(receiver: SyslogReceiver, tmp_path: Path, options: str) -> None:
    log = f"access_log syslog:server=127.0.0.1:{receiver.port}{options} combined;"
    with NginxServer(tmp_path / "nginx", http=log) as nginx:
        for number in range(20):
            request = urllib.request.Request(f"http://{nginx.address}/{number}", headers={"User-Agent": 'a "b" [c]:'})
            urllib.request.urlopen(request, timeout=30).close()
    receiver.expect(messages=20, bad_tag=0)
    form = re.compile(rb'127\.0\.0\.1 - - \[.*\] "GET /(\d+) HTTP/1\.1" 200 \d+ "-" "a \\x22b\\x22 \[c\]:"')
    matches = [form.fullmatch(taken) for taken in receiver.taken()]
    assert sorted(int(match[1]) for match in matches if match) == list(range(20))


LOGGER = shutil.which("logger")


@pytest.mark.parametrize(
    "options",
    [["--udp"], ["--tcp"], ["--tcp", "--octet-count"], ["--udp", "--rfc3164"], ["--tcp", "--rfc3164"]],
    ids=" ".join,
)
def test_logger_of_util_linux_is_understood(receiver: SyslogReceiver, options: list[str]) -> None:
    assert LOGGER is not None, "install bsdutils"
    text = '192.0.2.7 - - [24/Nov/2026:13:05:07 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"'
    for sent in (text, text + " again"):
        command = [LOGGER, "--server", "127.0.0.1", "--port", str(receiver.port), "--tag", "apache", *options, sent]
        subprocess.run(command, check=True, timeout=30)
    receiver.expect(messages=2, cut_off=0)
    assert sorted(receiver.taken()) == [text.encode(), f"{text} again".encode()]
