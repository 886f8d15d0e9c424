// What every browser test stands on: Debian's Chromium, the sizes and colour schemes
// that pages are held to, and the looks at a page that fail a test.
//
// A script of this folder is run by a Go test (testkit.Node), which starts the server
// and hands over addresses in the environment. A script fails by throwing.
//
//   KEYBACK_CHROMIUM  the browser, /usr/bin/chromium when unset
//   SHOTS             a folder for pictures; none are taken when unset

import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// One short answer for the Go test's log: what failed, and where in this folder.
process.on('uncaughtException', (err) => {
  const places = (err.cause?.stack ?? err.stack ?? '').split('\n').filter((line) => line.includes('/test/browser/'));
  console.error(`fail: ${err.message}\n${places.join('\n')}`);
  process.exit(1);
});

/** The smallest phone that pages must work on, and a desk. */
export const sizes = [{ width: 320, height: 640 }, { width: 1280, height: 800 }];
export const schemes = ['light', 'dark'];

/** Starts the browser, with more flags if wanted, hands it to use, and closes it however that ends. */
export async function launch(use, more = []) {
  const executablePath = process.env.KEYBACK_CHROMIUM || '/usr/bin/chromium';
  must(existsSync(executablePath), `there is no browser at ${executablePath}: run ./check once, or set KEYBACK_CHROMIUM`);
  const browser = await chromium.launch({
    executablePath,
    args: [...flags, ...more],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/**
 * Opens a page in a fresh context (cookies of its own: another person's browser),
 * hands it to use, and then throws if the page complained meanwhile. Options are
 * Playwright's for a context, and quiet: false where complaints are expected.
 */
export async function visit(browser, { quiet = true, ...options }, use) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce', ...options });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints = listen(page);
    const result = await use(page);
    if (quiet && complaints.length > 0) throw new Error('the page complained:\n  ' + complaints.join('\n  '));
    return result;
  } finally {
    await context.close();
  }
}

/** Runs use(page, label) at every size, light and dark; an error says at which. */
export async function everySize(browser, use, options = {}) {
  for (const viewport of sizes) {
    for (const colorScheme of schemes) {
      const label = `${viewport.width} ${colorScheme}`;
      try {
        await visit(browser, { ...options, viewport, colorScheme }, (page) => use(page, label));
      } catch (err) {
        throw new Error(`${label}: ${err.message}`, { cause: err });
      }
    }
  }
}

/** Collects what goes wrong in a page: script errors, blocked or failed requests. */
function listen(page) {
  const complaints = [];
  page.on('pageerror', (err) => complaints.push(`script: ${err.message}`));
  page.on('console', (m) => m.type() === 'error' && complaints.push(`console: ${m.text()} ${m.location().url}`));
  page.on('requestfailed', (r) => {
    const why = r.failure()?.errorText ?? '';
    if (why !== 'net::ERR_ABORTED') complaints.push(`request: ${r.url()} ${why}`); // aborted: left the page meanwhile
  });
  page.on('dialog', (d) => {
    complaints.push(`dialog: ${d.message()}`);
    return d.dismiss();
  });
  return complaints;
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Throws when axe finds any violation: WCAG 2.2 AA and its own best practices, or of
 * the rules or tags in only.
 */
export async function axe(page, only) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(await axeSource);
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, {
    resultTypes: ['violations'],
    ...(runOnly ? { runOnly } : { rules: { 'target-size': { enabled: true } } }),
  }), only);
  if (violations.length === 0) return;
  throw new Error(violations.map((v) => `axe: ${v.id} (${v.impact}): ${v.help}\n` +
    v.nodes.map((n) => `    ${n.html}\n      ${n.failureSummary.replaceAll('\n', '\n      ')}`).join('\n')).join('\n'));
}

/** Throws when the page is wider than the window. */
export async function fits(page) {
  const { inner, needed } = await page.evaluate(() => ({
    inner: document.documentElement.clientWidth, needed: document.documentElement.scrollWidth,
  }));
  if (needed > inner) throw new Error(`it scrolls sideways: ${needed} px in a window of ${inner}`);
}

/** Takes a picture of the whole page, where pictures are wanted. */
export async function screenshot(page, name) {
  if (!process.env.SHOTS) return;
  await mkdir(process.env.SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.SHOTS, name.replaceAll(/[^\w-]+/g, '-') + '.png'), fullPage: true });
}

/** Throws with the words given, unless ok. */
export function must(ok, words) {
  if (!ok) throw new Error(words);
}
