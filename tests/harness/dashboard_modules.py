"""The dashboard's modules without a browser: Node runs what needs no page."""
from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from harness.lifetime import tied
from harness.page_view_policy import REPOSITORY

WEB = REPOSITORY / "dashboard-export" / "web"

_RUN = """
import { readFileSync } from 'node:fs';
const [, modules, body] = process.argv;
const given = readFileSync(0, 'utf8');
const all = {};
for (const path of JSON.parse(modules)) Object.assign(all, await import(path));
const run = new Function('m', 'given', `return (${body})`);
console.log(JSON.stringify(run(all, JSON.parse(given))));
"""


def evaluate(modules: list[str], expression: str, given: Any = None, zone: str = "UTC") -> Any:
    """The value of a JavaScript expression that sees what the modules export as `m`, and `given`. `zone` is that of
    the reader."""
    paths = json.dumps([(WEB / f"{name}.js").as_uri() for name in modules])
    run = subprocess.run(
        tied(["node", "--input-type=module", "-e", _RUN, paths, expression]), input=json.dumps(given),
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "TZ": zone, "LC_ALL": "en_US.UTF-8"})
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
