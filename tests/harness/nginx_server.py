"""A private nginx on a free port; every path is a page, so that there is something to view."""
from __future__ import annotations

import os
import signal
from pathlib import Path

from harness.child_process import ChildProcess
from harness.ports import answers, free_port
from harness.waiting import wait_until

_CONFIG = """\
daemon off;
{user}
worker_processes 2;
pid {directory}/nginx.pid;
error_log {directory}/error.log notice;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    types {{ text/html html; text/javascript js; image/png png; }}
{http}
    server {{
        listen 127.0.0.1:{port};
        listen [::1]:{port};
        server_name www.example.org localhost;
        root {directory}/pages;
{server}
        location /missing/ {{ return 404; }}
        location / {{
            {location}
            try_files $uri /index.html;
        }}
    }}
}}
"""


class NginxServer:
    """`http`, `server` and `location` are directives to put into those blocks."""

    def __init__(self, directory: Path, http: str = "", server: str = "", location: str = "") -> None:
        self.pages = directory / "pages"
        self.pages.mkdir(parents=True)
        (self.pages / "index.html").write_text("<!doctype html><title>A page</title>\n", encoding="utf-8")
        (self.pages / "style.css").write_text("p { }\n", encoding="utf-8")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._directory = directory
        self._child: ChildProcess | None = None
        (directory / "nginx.conf").write_text(_CONFIG.format(
            directory=directory, port=self.port, server=server, location=location,
            # Without one it writes to a log outside of the test; beside another one "off" would win.
            http=http if "access_log" in http else f"{http}\naccess_log off;",
            # The test's directory is for its own user only.
            user="user root;" if os.geteuid() == 0 else "",
        ), encoding="utf-8")

    def __enter__(self) -> NginxServer:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid_file(self) -> Path:
        return self._directory / "nginx.pid"

    def start(self) -> None:
        own = self._directory
        command = ["/usr/sbin/nginx", "-c", str(own / "nginx.conf"), "-e", str(own / "start.log")]
        self._child = ChildProcess(command, self._directory / "output.log")
        wait_until(self._is_ready, "nginx answers", explain=self.describe)

    def _is_ready(self) -> bool:
        assert self._child is not None and self._child.is_running, self.describe()
        return answers(self.port)

    def stop(self) -> None:
        """SIGQUIT: requests under way are answered and logged first."""
        assert self._child is not None
        self._child.send_signal(signal.SIGQUIT)
        assert self._child.wait_exit(60) == 0, self.describe()

    def kill(self) -> None:
        """Workers end with their master, which a SIGKILL would take from them."""
        if self._child is not None:
            self._child.send_signal(signal.SIGTERM)
            self._child.wait_exit(60)

    def describe(self) -> str:
        logs = [self._directory / name for name in ("start.log", "error.log")]
        said = [log.read_text(errors="replace") for log in logs if log.exists()]
        return "\n".join([self._child.describe() if self._child else "", *said])[-8000:]
