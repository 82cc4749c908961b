"""Load from wrk against a server on this machine, at a bounded rate."""
from __future__ import annotations

import re
import signal
from pathlib import Path

from harness.child_process import ChildProcess
from harness.waiting import wait_until

# wrk's threads each run this script. What they ask for is spread over pages, spellings and things that are no views.
_SCRIPT = """\
local agents = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; \\"quoted\\" \\\\ and more) Gecko/20100101 Firefox/126.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}
local kinds = {
    function(n) return "GET", "/articles/" .. n end,
    function(n) return "GET", "/articles/" .. n .. "/?utm_source=mail&n=" .. n end,
    function(n) return "GET", "/caf%c3%a9/" .. n .. "/index.html" end,
    function(n) return "GET", "/quote/\\"" .. n .. "\\"" end,
    function(n) return "POST", "/articles/" .. n end,
    function(n) return "GET", "/missing/" .. n end,
    function(n) return "GET", "/style.css" end,
}
local weights = {1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7}
function request()
    local method, path = kinds[weights[math.random(#weights)]](math.random(40))
    return wrk.format(method, path, {
        ["User-Agent"] = agents[math.random(#agents)], ["Host"] = "www.example.org:PORT",
        ["Referer"] = "https://example.net/a b",
    })
end
function delay() return PAUSE_MS end
"""
_REQUESTS = re.compile(r"(\d+) requests in")


class Wrk:
    """`connections` connections that each wait `pause_ms` between two requests; ends after `seconds` by itself."""

    def __init__(self, directory: Path, port: int, seconds: int, connections: int = 8, pause_ms: int = 10) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        script = directory / "wrk.lua"
        script.write_text(_SCRIPT.replace("PAUSE_MS", str(pause_ms)).replace("PORT", str(port)), encoding="utf-8")
        self._child = ChildProcess(
            ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s", "--timeout=10s",
             f"--script={script}", f"http://127.0.0.1:{port}/"], directory / "wrk.log")

    def __enter__(self) -> Wrk:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()

    @property
    def is_running(self) -> bool:
        return self._child.is_running

    def finish(self) -> int:
        """Stops it, unless it has ended, and returns the number of requests that were answered."""
        self._child.send_signal(signal.SIGINT)
        wait_until(lambda: not self._child.is_running, "wrk ends", explain=self._child.describe)
        found = _REQUESTS.search(self._child.text())
        assert self._child.exit_code == 0 and found, self._child.describe()
        return int(found[1])
