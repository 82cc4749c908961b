"""A private Caddy on a free port; every path is a page, so that there is something to view."""
from __future__ import annotations

import signal
from pathlib import Path

from harness.child_process import ChildProcess
from harness.ports import answers, free_port
from harness.programs import clean_environment
from harness.waiting import wait_until

_CONFIG = """\
{{
	admin off
	auto_https off
}}
{snippets}
http://www.example.org:{port} {{
	bind 127.0.0.1 [::1]
	root * {directory}/pages
{site}
	handle /missing/* {{
		respond 404
	}}
	handle {{
		try_files {{path}} /index.html
		file_server
	}}
}}
"""


class CaddyServer:
    """`snippets` come before the site, `site` are directives of it."""

    def __init__(self, directory: Path, snippets: str = "", site: str = "") -> None:
        pages = directory / "pages"
        pages.mkdir(parents=True)
        (pages / "index.html").write_text("<!doctype html><title>A page</title>\n", encoding="utf-8")
        (pages / "style.css").write_text("p { }\n", encoding="utf-8")
        self.port = free_port()
        self._directory = directory
        self._config = directory / "Caddyfile"
        self._child: ChildProcess | None = None
        self._config.write_text(
            _CONFIG.format(directory=directory, port=self.port, snippets=snippets, site=site), encoding="utf-8")

    def __enter__(self) -> CaddyServer:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        home = clean_environment({"HOME": str(self._directory), "XDG_DATA_HOME": str(self._directory / "data")})
        command = ["caddy", "run", "--adapter=caddyfile", f"--config={self._config}"]
        self._child = ChildProcess(command, self._directory / "caddy.log", home)
        wait_until(self._is_ready, "Caddy answers", explain=self._child.describe)

    def _is_ready(self) -> bool:
        assert self._child is not None and self._child.is_running, self._child and self._child.describe()
        return answers(self.port)

    def stop(self) -> None:
        """SIGTERM: requests under way are answered and logged first."""
        assert self._child is not None
        self._child.send_signal(signal.SIGTERM)
        assert self._child.wait_exit(60) == 0, self._child.describe()

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
