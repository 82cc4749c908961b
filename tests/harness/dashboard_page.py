"""The dashboard in a browser, as one reader sees it."""
from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from harness.chromium import Chromium, Reader

_names = itertools.count()


class DashboardPage:
    """A tab that stays open. `context` is the reader's: locale, timezoneId, viewport, colorScheme. `script` runs before
    those of the page."""

    def __init__(self, browser: Chromium, url: str, script: str = "", **context: Any) -> None:
        self._browser = browser
        self._name = f"dashboard-{next(_names)}"
        self._url = url
        self._reader = Reader(scripts=(script,), context={"locale": "en-GB", "timezoneId": "Europe/Berlin", **context})

    def do(self, *steps: tuple[str, ...]) -> list[Any]:
        return self._browser.visit(*steps, reader=self._reader, page=self._name)

    def open(self, route: str = "#/", ready: str = "h1, h2") -> DashboardPage:
        """Shows a page and waits for its first content."""
        self.do(("load", "about:blank"), ("load", self._url + route),
                ("wait", f"document.querySelector('main').querySelector('{ready}')"))
        return self

    def wait(self, condition: str) -> None:
        """Until the JavaScript is true; fails after the driver's half a minute."""
        self.do(("wait", condition))

    def wait_text(self, selector: str, text: str) -> None:
        """Until an element says this, among other things."""
        found = f"[...document.querySelectorAll({json.dumps(selector)})]"
        self.wait(f"{found}.some((e) => e.innerText.includes({json.dumps(text)}))")

    def read(self, script: str) -> Any:
        return self.do(("read", script))[0]

    def text(self, selector: str) -> str:
        return str(self.read(f"document.querySelector({json.dumps(selector)}).innerText"))

    def texts(self, selector: str) -> list[str]:
        texts: list[str] = self.read(
            f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.innerText.trim())")
        return texts

    def press(self, *keys: str) -> None:
        self.do(*(("press", key) for key in keys))

    def click(self, selector: str) -> None:
        self.read(f"document.querySelector({json.dumps(selector)}).click()")

    def focused(self) -> str:
        return str(self.read("(document.activeElement.innerText || document.activeElement.tagName).trim()"))

    def violations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.do(("axe",))[0]
        return found

    def requests(self) -> list[str]:
        found: list[str] = self.do(("requests",))[0]
        return found

    def shoot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.do(("shoot", str(path)))
