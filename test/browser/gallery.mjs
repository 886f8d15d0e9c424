// Every page in every state, as the page tests keep them, in English and in the
// pseudo-language whose words are a third longer: at every size, light and dark, at
// 400 % zoom, with text twice as big, from right to left, in forced colours and printed.

import { axe, fits, launch, must, schemes, screenshot, sizes, visit } from './lib.mjs';

const { GALLERY, STATES } = process.env;

// A page is scanned whole once; beyond that, colour schemes and sizes differ in these.
// The other scripts scan the pages that they meet whole at all of them.
const differ = { '320 dark': ['color-contrast'], '1280 light': ['target-size'] };

await launch((browser) => visit(browser, { quiet: false }, async (page) => {
  const violations = [];
  page.on('console', (m) => m.text().includes('Content Security Policy') && violations.push(m.text()));
  for (const name of STATES.split(' ')) {
    try {
      await page.goto(`${GALLERY}/en/${name}`);
      for (const viewport of sizes) {
        await page.setViewportSize(viewport);
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme });
          const label = `${viewport.width} ${colorScheme}`;
          await screenshot(page, `${name} ${label}`);
          await fits(page);
          if (label === '320 light' || label in differ) await axe(page, differ[label]);
        }
      }
      await bent(page, name);
      await page.goto(`${GALLERY}/pseudo/${name}`);
      await page.setViewportSize(sizes[0]);
      await screenshot(page, `${name} pseudo`);
      await fits(page);
    } catch (err) {
      throw new Error(`${name}: ${err.message}`, { cause: err });
    }
  }
  must(violations.length === 0, violations.join('\n'));
  console.log(`${STATES.split(' ').length} pages, nothing wrong`);
}));

/** The page as some people have to have it. */
async function bent(page, name) {
  await page.setViewportSize({ width: 320, height: 256 }); // 1280 by 1024 at 400 %
  await fits(page);
  await page.setViewportSize(sizes[0]);
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  await screenshot(page, `${name} 320 text 200`);
  await fits(page);
  const narrow = await page.locator('.knot').evaluateAll((all) => all.map((knot) => knot.getBoundingClientRect().width).filter((width) => width > 0 && width < 96));
  must(narrow.length === 0, `with big text a knot is ${narrow[0]} px wide`);
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; document.documentElement.dir = 'rtl'; });
  await fits(page);
  if (await page.locator('.thread').count() > 0) {
    const knot = () => page.evaluate(() => {
      const li = document.querySelector('.thread > li');
      const look = getComputedStyle(li, '::before');
      return { right: look.insetInlineStart === look.right, width: parseFloat(look.width), border: parseFloat(look.borderTopWidth), background: look.backgroundColor, line: getComputedStyle(li, '::after').borderInlineStartStyle };
    });
    must((await knot()).right, 'from right to left the knots stay left');
    await page.evaluate(() => { document.documentElement.dir = 'ltr'; });
    await page.emulateMedia({ forcedColors: 'active', colorScheme: 'light' });
    const forced = await knot();
    must(forced.border >= 2 && forced.line === 'solid', `in forced colours the thread is gone: ${JSON.stringify(forced)}`);
    await screenshot(page, `${name} 320 forced`);
    await page.emulateMedia({ forcedColors: 'none', media: 'print' });
    const printed = await knot();
    must(printed.width >= 10 && printed.line === 'solid', `printed the thread is gone: ${JSON.stringify(printed)}`);
    must(await page.locator('.filled').first().isHidden(), 'buttons are printed');
    await screenshot(page, `${name} 320 print`);
    await page.emulateMedia({ media: 'screen' });
  }
}
