// Drives a real browser as readers would. The arguments are where npm's packages are and an object with the
// browser's `executable` and its `arguments`. Each line of standard input is one reader with a fresh profile:
//     {"headers": {"Sec-GPC": "1"}, "scripts": ["…"], "context": {"locale": "de-DE"}, "page": null,
//      "steps": [["open", URL], ["run", JAVASCRIPT], ["back"]]}
// `scripts` run before those of each page; `context` is what playwright calls a context's options. A line whose
// `page` names one goes on with the page of that name, if there is one; the step ["tab", NAME] goes to another tab
// of the same profile. Answers each line with one, the results of
// its steps or {"error": "…"}, and leaves its page open: what it sends goes on. Ends with its input.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [, , packages, settings] = process.argv;
const { chromium } = createRequire(`${packages}/`)('playwright-core');
const { executable, arguments: args } = JSON.parse(settings);

const quiet = (page) => page.waitForLoadState('networkidle');

// What axe-core finds wrong, an object a rule.
async function findViolations(page) {
  await page.evaluate(readFileSync(`${packages}/axe-core/axe.min.js`, 'utf8'));
  const { violations } = await page.evaluate('axe.run()');
  return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html) }));
}

// Playwright's own waiting needs eval(), which a page may forbid its scripts.
async function waitFor(page, condition) {
  const end = Date.now() + 30_000;
  while (!await page.evaluate(condition)) {
    if (Date.now() > end) throw new Error(`not within 30 s: ${condition}`);
    await page.waitForTimeout(20);
  }
}

const steps = {
  open: async (page, url) => { await page.goto(url); await quiet(page); },
  // For pages that are never quiet, since they go on asking.
  load: async (page, url) => { await page.goto(url); },
  wait: waitFor,
  press: async (page, key) => { await page.keyboard.press(key); },
  shoot: async (page, path) => { await page.screenshot({ path, fullPage: true }); },
  axe: findViolations,
  requests: async (page) => page.requestsMade,
  run: async (page, script) => { const result = await page.evaluate(script); await quiet(page); return result; },
  read: async (page, script) => page.evaluate(script),
  // As a link does: the page that is left may be gone before a script in it could answer.
  follow: async (page, url) => {
    await Promise.all([
      page.waitForURL(url, { waitUntil: 'commit' }),
      page.evaluate((target) => { setTimeout(() => { location.href = target; }); }, url),
    ]);
    await quiet(page);
  },
  // A page from the back-forward cache does not load, so there is no more to wait for.
  back: async (page) => { await page.goBack({ waitUntil: 'commit' }); },
};

async function newPage(browser, reader) {
  const context = await browser.newContext({ extraHTTPHeaders: reader.headers, ...reader.context });
  for (const script of reader.scripts) await context.addInitScript(script);
  return openTab(context);
}

async function openTab(context) {
  const page = await context.newPage();
  page.requestsMade = [];
  page.on('request', (request) => page.requestsMade.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.stack));
  return page;
}

const pages = new Map();
const errors = []; // that pages threw, and nobody was told of

async function visit(browser, reader) {
  let page = pages.get(reader.page) ?? await newPage(browser, reader);
  if (reader.page) pages.set(reader.page, page);
  const tabs = new Map([['', page]]);
  const results = [];
  for (const [name, argument] of reader.steps) {
    if (name === 'tab') {
      if (!tabs.has(argument)) tabs.set(argument, await openTab(page.context()));
      page = tabs.get(argument);
    }
    results.push(name === 'tab' ? null : await steps[name](page, argument) ?? null);
  }
  if (errors.length) throw new Error(errors.splice(0).join('\n'));
  return results;
}

const browser = await chromium.launch({
  executablePath: executable,
  args,
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
});
try {
  for await (const line of createInterface({ input: process.stdin })) {
    // One that failed is no reason to end: the next line is another reader.
    console.log(JSON.stringify(await visit(browser, JSON.parse(line)).catch((error) => ({ error: error.stack }))));
  }
} finally {
  await browser.close();
  if (errors.length) throw new Error(errors.join('\n'));
}
