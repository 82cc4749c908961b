"""views.js in a page that is none: Node runs it over stand-ins for what it asks of a browser."""
from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.lifetime import tied
from harness.page_view_policy import REPOSITORY

SCRIPT = REPOSITORY / "dashboard-export" / "views.js"

_PAGE = """
const vm = require('node:vm'), fs = require('node:fs');
const [path, options] = [process.argv[1], JSON.parse(process.argv[2])];
const asked = [], timers = [];
const make = tag => ({
  tag, children: [], append(...more) { this.children.push(...more); },
  replaceChildren(...all) { this.children = all; this.filled = true; },
});
const of = (tag, given) => given.map(dataset => Object.assign(make(tag), {dataset, textContent: 'before'}));
const spans = of('span', options.spans), lists = of('ul', options.lists);
const page = {
  location: {pathname: options.path},
  document: {
    hidden: options.hidden, createElement: make,
    currentScript: {src: 'https://views.test/sub/views.js', dataset: options.script},
    querySelectorAll: what => what === '[data-pv-views]' ? spans : what === '[data-pv-also-read]' ? lists : [],
  },
  fetch: async url => {
    asked.push(String(url));
    if (options.offline) throw new TypeError('no network');
    const body = options.files[decodeURI(new URL(url).pathname)];
    return {ok: body !== undefined, json: async () => JSON.parse(body === undefined ? options.missing : body)};
  },
  setInterval: (call, ms) => timers.push([call, ms]),
  crypto: options.insecure ? {} : globalThis.crypto || require('node:crypto').webcrypto, TextEncoder, URL,
};
process.on('unhandledRejection', error => { console.error('unhandled', error); process.exit(1); });
vm.createContext(page);
vm.runInContext(fs.readFileSync(path, 'utf8'), page);
// Each of these is taken up when nothing is under way any more, however long that took.
const steps = [
  () => {
    Object.assign(options.files, options.later || {});
    for (const [call] of options.later ? timers : []) call();
  },
  () => console.log(JSON.stringify({
    asked, views: spans.map(span => span.textContent), intervals: timers.map(([, ms]) => ms),
    lists: lists.map(ul => ul.filled ? ul.children.map(
      li => [li.tag, ...li.children.flatMap(a => [a.tag, a.href, a.textContent])]) : null),
  })),
];
process.on('beforeExit', () => { if (steps.length) setImmediate(steps.shift()); });
"""


@dataclass
class FilledPage:
    asked: list[str]
    views: list[str]
    lists: list[list[list[str]] | None]  # None: left as it was
    intervals: list[int]

    def paths(self) -> list[str]:
        return [url.removeprefix("https://views.test/sub/") for url in self.asked]


def fill_page(path: str = "/a", files: Mapping[str, object] | None = None, **options: Any) -> FilledPage:
    """What views.js makes of a page at `path`. `files` are JSON files by name ("articles/a"), `later` those that
    replace them before the timers go off, `missing` what the server says of any other; `spans` and `lists` are the data attributes of each."""
    given: dict[str, object] = {"path": path, "script": {}, "spans": [{"pvViews": ""}], "lists": [], "files": {},
                                "missing": "<html>"}
    given |= options
    for key, named in (("files", files or {}), ("later", options.get("later"))):
        if isinstance(named, dict):
            given[key] = {f"/sub/{name}.json": json.dumps(value) for name, value in named.items()}
    run = subprocess.run(
        tied(["node", "-e", _PAGE, SCRIPT, json.dumps(given)]), capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return FilledPage(**json.loads(run.stdout))
