"""Debian's chromium, driven by playwright-core as a reader would use it."""
from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.lifetime import start
from harness.page_view_policy import REPOSITORY
from harness.programs import clean_environment

NPM_MODULES = Path(os.environ.get("PV_NPM", REPOSITORY / "build" / "deps" / "npm")) / "node_modules"
SITE = "www.example.org"
OTHER_SITE = "stats.example.net"
# Headless chromium names itself so, and is taken for a robot.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

_ARGUMENTS = [
    # Given here: chromium prepares no pages ahead for a reader whose agent is exchanged later.
    f"--user-agent={USER_AGENT}",
    # Names of sites that lead to this machine and nowhere else.
    f"--host-resolver-rules=MAP {SITE} 127.0.0.1, MAP {OTHER_SITE} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    # Its sandbox does not work for root, nor in most containers.
    "--no-sandbox",
]


@dataclass(frozen=True)
class Reader:
    """What a browser says of its reader with each request, scripts that run before those of each page, and what
    playwright calls options of a context: the language, the zone, the size, the theme."""

    headers: dict[str, str] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    context: dict[str, Any] = field(default_factory=dict)


ANYONE = Reader()
# What a browser with Global Privacy Control shows to servers and to scripts; chromium itself has no such setting.
WITH_GPC = Reader(
    {"Sec-GPC": "1"}, ("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {value: true});",))


class Chromium:
    """One browser; its pages stay open to the end, so that nothing they send is cut off."""

    def __init__(self, directory: Path) -> None:
        self._errors = directory / "chromium.log"
        settings = {"executable": "/usr/bin/chromium", "arguments": _ARGUMENTS}
        driver = REPOSITORY / "tests" / "npm" / "browser.mjs"
        with self._errors.open("ab") as errors:
            self._process = start(
                ["node", str(driver), str(NPM_MODULES), json.dumps(settings)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors, text=True, env=clean_environment())

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
        if kind is None:
            assert self._process.returncode == 0, f"a page failed:\n{self._errors.read_text(errors='replace')}"

    def visit(self, *steps: tuple[str, ...], reader: Reader = ANYONE, page: str | None = None) -> list[Any]:
        """With a fresh profile, or on the page of that name once it is there. Steps are ("open", url), ("follow", url)
        from the page shown, ("run", javascript), ("back",) and the others of browser.mjs; ("load", url) and
        ("read", javascript) do not wait until the page asks for nothing more, ("tab", name) goes to another tab of
        the profile. Returns their results."""
        assert self._process.stdin is not None and self._process.stdout is not None
        line = json.dumps({"steps": steps, "headers": reader.headers, "scripts": reader.scripts,
                           "context": reader.context, "page": page})
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        # Each step of it has a deadline of its own, after which it ends with an error.
        answer = self._process.stdout.readline()
        assert answer, f"the browser failed:\n{self._errors.read_text(errors='replace')}"
        results: list[Any] | dict[str, str] = json.loads(answer)
        assert isinstance(results, list), results["error"]
        return results
