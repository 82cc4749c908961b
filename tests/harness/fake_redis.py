"""A server that speaks just enough of Redis's protocol to say which version it is."""
from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator


class _Handler(socketserver.StreamRequestHandler):
    server: FakeRedis

    def handle(self) -> None:
        for command in self._commands():
            self.wfile.write(self._answer([part.upper() for part in command]))

    def _commands(self) -> Iterator[list[bytes]]:
        while header := self.rfile.readline():
            if not header.startswith(b"*"):
                return
            parts = []
            for _ in range(int(header[1:])):
                length = int(self.rfile.readline()[1:])
                parts.append(self.rfile.read(length))
                self.rfile.readline()
            yield parts

    def _answer(self, command: list[bytes]) -> bytes:
        if command[0] == b"INFO":
            text = f"# Server\r\nredis_version:{self.server.version}\r\nloading:0\r\n".encode()
            return b"$%d\r\n%s\r\n" % (len(text), text)
        if command[0] == b"PING":
            return b"+PONG\r\n"
        if command[:2] == [b"CONFIG", b"GET"]:
            return b"*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n"
        return b"-ERR unknown command\r\n"


class FakeRedis(socketserver.ThreadingTCPServer):
    """`with FakeRedis("6.2.0") as server: ... server.address`"""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, version: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.version = version
        self.address = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_close(self) -> None:
        """Called on leaving the `with` block."""
        self.shutdown()
        super().server_close()
