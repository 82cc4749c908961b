"""pv.js in a page that is none: Node runs it over stand-ins for what it asks of a browser."""
from __future__ import annotations

import json
import subprocess

from harness.lifetime import tied
from harness.page_view_policy import REPOSITORY

_PAGE = """
const vm = require('node:vm'), fs = require('node:fs');
const [path, options, steps] = [process.argv[1], JSON.parse(process.argv[2]), process.argv[3]];
const sent = [], listeners = {}, waiting = [];
const listen = (name, call) => (listeners[name] ||= []).push(call);
const page = {
  location: {href: options.url},
  document: {
    title: 'First', referrer: options.referrer || '', prerendering: options.prerendering,
    currentScript: {src: 'https://views.test/sub/pv.js', dataset: options.dataset || {}}, addEventListener: listen,
  },
  navigator: {
    globalPrivacyControl: options.gpc, doNotTrack: options.dnt,
    sendBeacon: options.beacon === null ? undefined : (to, body) => {
      if (options.beacon) sent.push({to, by: 'beacon', ...JSON.parse(body)});
      return options.beacon;
    },
  },
  fetch: (to, how) => { sent.push({to, by: how.method, alive: how.keepalive, ...JSON.parse(how.body)}); },
  history: {
    pushState(state, title, url) { page.location.href = new URL(url, page.location.href).href; },
    replaceState(state, title, url) { if (url) page.location.href = new URL(url, page.location.href).href; },
  },
  setTimeout: (call, ms, ...given) => waiting.push(() => call(...given)),
  addEventListener: listen, URL, JSON,
};
page.window = page;
vm.createContext(page);
vm.runInContext(fs.readFileSync(path, 'utf8'), page);
const settle = () => { while (waiting.length) waiting.shift()(); };
const tell = (name, event) => { for (const call of listeners[name] || []) call(event || {}); settle(); };
settle();
new Function('page', 'tell', 'settle', steps)(page, tell, settle);
console.log(JSON.stringify(sent));
"""


def views_of_page(steps: str = "", **options: object) -> list[dict[str, object]]:
    """What pv.js sends from a page with these options while `steps` (JavaScript) happen to it."""
    given = json.dumps({"url": "https://example.org/a", "beacon": True} | options)
    script = REPOSITORY / "producer" / "http" / "pv.js"
    run = subprocess.run(
        tied(["node", "-e", _PAGE, script, given, steps]), capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    sent = json.loads(run.stdout)
    assert isinstance(sent, list)
    return sent
