// A mail scanner at its worst: it opens every link of a letter in a real browser, runs
// the scripts, follows the links it finds, clicks every button and submits every form,
// hidden ones too. It types nothing and ticks nothing.
//
//   LINKS  what the letter links to, one a line

import { launch, must, visit } from './lib.mjs';

const links = (process.env.LINKS ?? '').split('\n').filter(Boolean);
must(links.length > 0, 'LINKS is needed');
const origin = new URL(links[0]).origin;
let clicks = 0;

// Leaving a page ends what runs in it: that is no failure of the scanner.
const calm = (doing) => doing.catch(() => {});
const settled = (page) => calm(page.waitForLoadState('load', { timeout: 2000 }));
const go = async (page, url) => { await calm(page.goto(url, { waitUntil: 'load', timeout: 5000 })); };

async function act(page, what, nth) {
  await calm(page.evaluate(([what, nth]) => {
    const buttons = [...document.querySelectorAll('button, input[type=submit], [role=button], summary')];
    const forms = [...document.forms];
    if (what === 'all') buttons.forEach((b) => b.click());
    if (what === 'button') buttons[nth].click();
    if (what === 'send') forms[nth].requestSubmit();
    if (what === 'raw') HTMLFormElement.prototype.submit.call(forms[nth]);
    if (what === 'fill and send' || what === 'fill and raw') {
      buttons.filter((b) => b.type === 'button').forEach((b) => b.click());
      if (what === 'fill and send') forms[nth].requestSubmit(); else HTMLFormElement.prototype.submit.call(forms[nth]);
    }
  }, [what, nth]));
  clicks++;
  await settled(page);
}

async function scan(page, url) {
  await go(page, url);
  const found = await page.evaluate(() => ({
    buttons: document.querySelectorAll('button, input[type=submit], [role=button], summary').length,
    forms: document.forms.length,
    links: [...document.links].map((a) => a.href),
  })).catch(() => ({ buttons: 0, forms: 0, links: [] }));
  for (let i = 0; i < found.buttons; i++) {
    await act(page, 'button', i);
    await go(page, url);
  }
  for (let i = 0; i < found.forms; i++) {
    for (const what of ['send', 'raw', 'fill and send', 'fill and raw']) {
      await act(page, what, i);
      await go(page, url);
    }
  }
  // As a person's mouse would: only what shows, one after another, without going back.
  for (const button of await page.getByRole('button').all()) {
    await calm(button.click({ timeout: 500 }));
    clicks++;
  }
  await settled(page);
  await go(page, url);
  await act(page, 'all', 0);
  return found.links;
}

await launch(async (browser) => {
  await visit(browser, { quiet: false }, async (page) => {
    const seen = new Set();
    let next = links;
    for (let depth = 0; depth < 3; depth++) {
      const further = [];
      for (const url of next) {
        if (seen.has(url) || !url.startsWith(origin)) continue;
        seen.add(url);
        further.push(...await scan(page, url));
      }
      next = further;
    }
    console.log(`it opened ${seen.size} addresses and clicked ${clicks} times`);
    must(clicks > 20, 'it found next to nothing to click');
  });
});
