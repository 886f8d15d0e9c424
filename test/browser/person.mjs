// A person at a browser, and what holds of every page that they meet.

import { axe, fits, must, screenshot } from './lib.mjs';

export const { BASE, ACME } = process.env;
export const password = 'correct-horse-battery-staple'; // of every account of a stage
export const fresh = 'amber canal otter plinth';

/** Asks the stage for what no browser can do; see backstage_test.go. */
export async function backstage(door, wish) {
  const answer = await fetch(process.env.BACKSTAGE + door, { method: 'POST', body: JSON.stringify(wish) });
  must(answer.ok, `backstage ${door} answers ${answer.status}`);
  return answer.json();
}

export const letter = (to, subject, nth = 1) => backstage('/letter', { to, subject, nth });
export const relay = (to, does) => backstage('/relay', { to, does });

let made = 0;
/** Makes an account with one address, or as wished for, and says who it is. */
export async function account(wish = {}) {
  const name = wish.name ?? `person-${++made}`;
  const emails = wish.emails ?? [`${name}@example.com`];
  const id = await backstage('/account', { ...wish, name, emails });
  return { name, email: emails[0], id };
}

/** Counts what a person does: taps, fields filled, pages of ours seen. */
export class Person {
  taps = 0; fields = 0; pages = 0;

  constructor(page) {
    this.page = page;
    page.on('domcontentloaded', () => { if (page.url().startsWith(BASE)) this.pages++; });
  }

  async tap(what) {
    this.taps++;
    await (typeof what === 'string' ? this.page.getByRole('button', { name: what }).or(this.page.getByRole('link', { name: what })) : what).click();
  }

  async fill(label, text) {
    this.fields++;
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  /** Opens the link of a letter, which is a tap in the mail. */
  async open(link) {
    this.taps++;
    await this.page.goto(link);
  }
}

/** Opens the first page and asks, to the inbox page. */
export async function ask(page, login, { loss = 'password', to = 'Check your inbox', base = BASE } = {}) {
  await page.goto(`${base}/recover?loss=${loss}`);
  await page.getByLabel('Email or username').fill(login);
  await page.getByRole('button', { name: 'Send me the mail' }).click();
  await heading(page, to);
}

/** Waits until the page's heading is this. */
export async function heading(page, words) {
  await page.getByRole('heading', { level: 1, name: words, exact: true }).waitFor().catch(async () => {
    throw new Error(`"${words}" does not come; there is: ${(await page.locator('main').innerText()).slice(0, 200)}`);
  });
}

/** Looks at a page of ours as it stands: everything that holds of all of them; only is axe's. */
export async function look(page, name, only) {
  await screenshot(page, name);
  try {
    await fits(page);
    await axe(page, only);
    await light(page);
    await plain(page);
  } catch (err) {
    throw new Error(`${name}: ${err.message}`, { cause: err });
  }
}

/** A page weighs under 40 kB as sent, is at most 4 requests, and all from its own origin. */
async function light(page) {
  const sent = await page.evaluate(() => ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))
    .filter((e) => !e.name.endsWith('/live')) // a live page's stream goes on beside it
    .map((e) => ({ name: e.name, bytes: e.encodedBodySize })));
  const bytes = sent.reduce((sum, e) => sum + e.bytes, 0);
  must(bytes < 40 * 1024, `it weighs ${bytes} bytes`);
  must(sent.length <= 4, `it makes ${sent.length} requests`);
  const origin = new URL(page.url()).origin;
  for (const { name } of sent) must(new URL(name).origin === origin, `it asks ${name}`);
}

/** One heading, one filled button, three ways out, ninety words. */
async function plain(page) {
  const has = await page.evaluate(() => {
    const seen = (e) => e.checkVisibility();
    const count = (what) => [...document.querySelectorAll(what)].filter(seen).length;
    const main = document.querySelector('main');
    const words = (text) => text.split(/\s+/).filter(Boolean).length;
    const unseen = [...main.querySelectorAll('.unseen')].reduce((sum, e) => sum + words(e.innerText), 0);
    return { headings: count('h1'), filled: count('.filled'), ways: count('.rows:not(.choice) .way'), words: words(main.innerText) - unseen };
  });
  must(has.headings === 1, `it has ${has.headings} headings`);
  must(has.filled <= 1, `it has ${has.filled} filled buttons`);
  must(has.ways <= 3, `it has ${has.ways} ways out`);
  must(has.words <= 90, `it has ${has.words} words`);
}

/** The filled button of the page ends above the edge of a phone that is held upright. */
export async function inReach(page, name) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 375, height: 667 });
  await page.evaluate(() => scrollTo(0, 0));
  const box = await page.locator('.filled').boundingBox();
  must(box.y + box.height <= 667, `${name}: the button ends at ${Math.ceil(box.y + box.height)} px, below the edge of a phone`);
  await screenshot(page, `${name} 375`);
  await page.setViewportSize(before);
}
