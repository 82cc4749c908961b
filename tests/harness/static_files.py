"""A server of plain files, as any web server is one: it knows nothing of counts, streams or this project."""
from __future__ import annotations

import json
import queue
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self


class _Handler(SimpleHTTPRequestHandler):
    """It always sends the file: by If-Modified-Since, which knows seconds, one that was replaced within the second
    would never be seen. Tests are faster than that."""

    def send_head(self) -> Any:
        del self.headers["If-Modified-Since"]
        return super().send_head()

    def log_message(self, *_: object) -> None:
        """Nothing: the browser says what it asked for."""


class _StreamHandler(_Handler):
    """The same, and /events: Server-Sent Events, as `StreamedFiles.send` gives them."""

    stream: "queue.Queue[str | None]"

    def do_GET(self) -> None:
        if self.path != "/events":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while (text := self.stream.get()) is not None:
            self.wfile.write(text.encode())
            self.wfile.flush()


class StaticFiles:
    """`with StaticFiles(directory) as files: files.url` on a free port; `port` gives one that is known."""

    def __init__(self, directory: Path, port: int = 0, handler: type[_Handler] = _Handler) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(directory)))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class StreamedFiles(StaticFiles):
    """With a stream of events for one page."""

    def __init__(self, directory: Path) -> None:
        self._stream: queue.Queue[str | None] = queue.Queue()
        super().__init__(directory, handler=type("_OneStream", (_StreamHandler,), {"stream": self._stream}))

    def send(self, event: str, data: Any) -> None:
        self._stream.put(f"event: {event}\ndata: {json.dumps(data)}\n\n")

    def __exit__(self, *problem: object) -> None:
        self._stream.put(None)
        super().__exit__(*problem)
