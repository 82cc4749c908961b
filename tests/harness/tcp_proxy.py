"""A TCP proxy that loses one message for good: a request before it arrives, or the reply after it was acted on."""
from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from enum import Enum

from harness.waiting import wait_until

_CHUNK = 65536


class Lose(Enum):
    REQUEST = "request"
    REPLY = "reply"


class TcpProxy:
    """Passes bytes through until armed. `lose(...)` then picks the next `times` requests that hold `marker`;
    each costs its connection. For a lost reply `executed()` must grow when the server has acted, so that the
    cut comes after the deed whatever the framing of the protocol."""

    def __init__(self, target_port: int, marker: bytes, executed: Callable[[], int]) -> None:
        self._target = ("127.0.0.1", target_port)
        self._marker = marker
        self._executed = executed
        self._lock = threading.Lock()
        self._armed: tuple[Lose, int] = (Lose.REPLY, 0)
        self._lost = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, what: Lose, times: int = 1) -> None:
        with self._lock:
            self._armed = (what, times)

    @property
    def lost(self) -> int:
        """Messages lost so far."""
        return self._lost

    def close(self) -> None:
        self._listener.close()
        self.cut_all()

    def cut_all(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            self._cut(connection)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            replies_held = threading.Event()
            threading.Thread(target=self._requests, args=(client, server, replies_held), daemon=True).start()
            threading.Thread(target=self._replies, args=(client, server, replies_held), daemon=True).start()

    def _take(self) -> Lose | None:
        with self._lock:
            what, times = self._armed
            if times == 0:
                return None
            self._armed = (what, times - 1)
            return what

    def _requests(self, client: socket.socket, server: socket.socket, replies_held: threading.Event) -> None:
        tail = b""
        try:
            while data := client.recv(_CHUNK):
                window = tail + data
                found = self._marker in window
                tail = b"" if found else window[-len(self._marker) + 1 :]
                fault = self._take() if found else None
                if fault is Lose.REPLY:
                    replies_held.set()
                    before = self._executed()
                    server.sendall(data)
                    self._forward_until_executed(client, server, before)
                if fault is not None:
                    self._lost += 1
                    return
                server.sendall(data)
        except OSError:
            pass
        finally:
            self._cut(client)
            self._cut(server)

    def _forward_until_executed(self, client: socket.socket, server: socket.socket, before: int) -> None:
        """The rest of a long request may still be on its way."""
        client.settimeout(0.01)

        def executed() -> bool:
            try:
                server.sendall(client.recv(_CHUNK))
            except TimeoutError:
                pass
            return self._executed() > before

        wait_until(executed, "the server acts on the request whose reply is to be lost")

    def _replies(self, client: socket.socket, server: socket.socket, replies_held: threading.Event) -> None:
        try:
            while data := server.recv(_CHUNK):
                if not replies_held.is_set():
                    client.sendall(data)
        except OSError:
            pass
        self._cut(client)
        self._cut(server)

    def _cut(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()
