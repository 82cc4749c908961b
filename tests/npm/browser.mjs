// Drives a real browser as readers would. The arguments are where npm's packages are and an object with the
// browser's `executable` and its `arguments`. Each line of standard input is one reader with a fresh profile:
//     {"headers": {"Sec-GPC": "1"}, "scripts": ["…"], "steps": [["open", URL], ["run", JAVASCRIPT], ["back"]]}
// `scripts` run before those of each page. Answers each line with one, the results of its steps, and leaves its
// page open: what it sends goes on. Ends with its input.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [, , packages, settings] = process.argv;
const { chromium } = createRequire(`${packages}/`)('playwright-core');
const { executable, arguments: args } = JSON.parse(settings);

const quiet = (page) => page.waitForLoadState('networkidle');

const steps = {
  open: async (page, url) => { await page.goto(url); await quiet(page); },
  run: async (page, script) => { const result = await page.evaluate(script); await quiet(page); return result; },
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

async function visit(browser, reader) {
  const context = await browser.newContext({ extraHTTPHeaders: reader.headers });
  for (const script of reader.scripts) await context.addInitScript(script);
  const page = await context.newPage();
  page.on('pageerror', (error) => { throw error; });
  const results = [];
  for (const [name, argument] of reader.steps) results.push(await steps[name](page, argument) ?? null);
  return results;
}

const browser = await chromium.launch({
  executablePath: executable,
  args,
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
});
try {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await visit(browser, JSON.parse(line))));
  }
} finally {
  await browser.close();
}
