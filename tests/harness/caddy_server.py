"""A private Caddy on a free port; every path is a page, so that there is something to view."""
from __future__ import annotations

import signal
from pathlib import Path

from harness.private_server import PrivateServer, write_pages
from harness.programs import clean_environment

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


class CaddyServer(PrivateServer):
    """`snippets` come before the site, `site` are directives of it."""

    name = "Caddy"

    def __init__(self, directory: Path, snippets: str = "", site: str = "") -> None:
        super().__init__(directory / "caddy.log")
        write_pages(directory / "pages")
        self._directory = directory
        self._config = directory / "Caddyfile"
        self._config.write_text(
            _CONFIG.format(directory=directory, port=self.port, snippets=snippets, site=site), encoding="utf-8")

    def _command(self) -> list[str]:
        return ["caddy", "run", "--adapter=caddyfile", f"--config={self._config}"]

    def _environment(self) -> dict[str, str]:
        return clean_environment({"HOME": str(self._directory), "XDG_DATA_HOME": str(self._directory / "data")})

    def stop(self) -> None:
        """SIGTERM: requests under way are answered and logged first."""
        assert self._end_with(signal.SIGTERM) == 0, self.describe()
