"""A private nginx on a free port; every path is a page, so that there is something to view."""
from __future__ import annotations

import os
import signal
from pathlib import Path

from harness.private_server import PrivateServer, write_pages

_CONFIG = """\
daemon off;
{user}
worker_processes {workers};
pid {directory}/nginx.pid;
error_log {directory}/error.log notice;
events {{ worker_connections {connections}; }}
http {{
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{http}
}}
"""

_SITE = """\
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
"""


def configuration(directory: Path, http: str, workers: int, connections: int) -> str:
    """Of an nginx in the foreground whose files are all in `directory`, with `http` in that section."""
    # The directory may be for its own user only.
    user = "user root;" if os.geteuid() == 0 else ""
    return _CONFIG.format(directory=directory, http=http, workers=workers, connections=connections, user=user)


def command(directory: Path) -> list[str]:
    """With the configuration in `directory`/nginx.conf."""
    return ["/usr/sbin/nginx", "-c", str(directory / "nginx.conf"), "-e", str(directory / "start.log")]


class NginxServer(PrivateServer):
    """`http`, `server` and `location` are directives to put into those blocks."""

    name = "nginx"
    orphan_signal = signal.SIGTERM

    def __init__(self, directory: Path, http: str = "", server: str = "", location: str = "") -> None:
        super().__init__(directory / "output.log")
        self.pages = directory / "pages"
        write_pages(self.pages)
        self._directory = directory
        site = _SITE.format(
            directory=directory, port=self.port, server=server, location=location,
            # Without one it writes to a log outside of the test; beside another one "off" would win.
            http=http if "access_log" in http else f"{http}\naccess_log off;",
        )
        text = configuration(directory, site, workers=2, connections=512)
        (directory / "nginx.conf").write_text(text, encoding="utf-8")

    @property
    def pid_file(self) -> Path:
        return self._directory / "nginx.pid"

    def _command(self) -> list[str]:
        return command(self._directory)

    def stop(self) -> None:
        """SIGQUIT: requests under way are answered and logged first."""
        assert self._end_with(signal.SIGQUIT) == 0, self.describe()

    def kill(self) -> None:
        """Workers end with their master, which a SIGKILL would take from them."""
        self._end_with(signal.SIGTERM)

    def describe(self) -> str:
        logs = [self._directory / name for name in ("start.log", "error.log")]
        said = [log.read_text(errors="replace") for log in logs if log.exists()]
        return "\n".join([super().describe(), *said])[-8000:]
