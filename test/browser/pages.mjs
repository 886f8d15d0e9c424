// Looks at pages as they stand: at every size, light and dark, axe finds nothing, no
// page scrolls sideways or complains.
//
//   BASE   the server, such as http://127.0.0.1:8080
//   PAGES  what to look at, "name:/path" separated by blanks

import { axe, everySize, fits, launch, must, screenshot } from './lib.mjs';

const { BASE, PAGES } = process.env;
must(BASE && PAGES, 'BASE and PAGES are needed');

await launch(async (browser) => {
  for (const entry of PAGES.split(' ')) {
    const colon = entry.indexOf(':');
    const name = entry.slice(0, colon);
    await everySize(browser, async (page, label) => {
      const answer = await page.goto(BASE + entry.slice(colon + 1), { waitUntil: 'load' });
      must(answer.ok(), `${name} answers ${answer.status()}`);
      await screenshot(page, `${name}-${label}`);
      await fits(page);
      await axe(page);
    });
    console.log(`${name}: nothing wrong`);
  }
});
