// Every letter as a mail program shows it: on a phone and on a desk, light and dark.

import { axe, fits, launch, must, schemes, screenshot, visit } from './lib.mjs';
import { account, ask, fresh, heading, letter } from './person.mjs';

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Shows a letter in a page of its own. */
async function read(browser, mail, name) {
  for (const width of [320, 640]) {
    for (const colorScheme of schemes) {
      await visit(browser, { viewport: { width, height: 640 }, colorScheme }, async (page) => {
        const asked = [];
        page.on('request', (r) => asked.push(r.url()));
        await page.setContent(mail.HTML);
        await screenshot(page, `letter ${name} ${width} ${colorScheme}`);
        await fits(page);
        await axe(page, width === 320 && colorScheme === 'light' ? standards : ['color-contrast']);
        must(asked.length === 0, `the letter asks ${asked}`);
      });
    }
  }
  const words = mail.Text.replaceAll(/https?:\S+/g, '').split(/\s+/).filter((w) => /\w/.test(w)).length;
  must(words <= 120, `the letter ${name} has ${words} words`);
  console.log(`the letter ${name}: ${words} words, ${mail.HTML.length} bytes`);
}

await launch((browser) => visit(browser, { viewport: { width: 320, height: 640 } }, async (page) => {
  const { email } = await account();
  await ask(page, email);
  const back = await letter(email, 'get back into');
  await read(browser, back, 'recover');
  await page.goto(back.Link);
  await page.getByLabel('New password', { exact: true }).fill(fresh);
  await page.getByRole('button', { name: 'Save the password' }).click();
  await heading(page, 'Your password is changed');
  const changed = await letter(email, 'password was changed');
  await read(browser, changed, 'changed');
  await page.goto(changed.Stop);
  await page.getByLabel('This was not me').check();
  await page.getByRole('button', { name: 'Stop it' }).click();
  await read(browser, await letter(email, 'frozen'), 'stopped');

  await ask(page, 'nobody@example.com');
  await read(browser, await letter('nobody@example.com', 'get back into'), 'no account');

  const emails = ['a.very.long.mailbox.name.of.somebody.patient@department.example.com'];
  for (let n = 1; n <= 8; n++) await account({ name: `one-of-eight-accounts-${n}`, emails });
  await ask(page, emails[0]);
  await read(browser, await letter(emails[0], 'get back into'), 'several');

  const locked = await account({ lock: 'failures' });
  await ask(page, locked.email, { loss: 'locked' });
  await read(browser, await letter(locked.email, 'unlock your account'), 'unlock');
}));
