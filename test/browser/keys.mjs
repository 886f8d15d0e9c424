// Nothing but a keyboard: the whole way by Tab and Enter, always seeing where one is,
// and what a screen reader says there.

import { launch, must, visit } from './lib.mjs';
import { BASE, account, fresh, heading, letter } from './person.mjs';

/** Goes on by Tab until what has the focus is called so, and looks at each stop. */
async function tabTo(page, name) {
  for (let stops = 0; stops < 20; stops++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      const look = getComputedStyle(e.matches('.box input') ? e.closest('.box') : e);
      const at = e.getBoundingClientRect();
      return {
        name: e === document.body ? '' : (e.labels?.[0]?.textContent ?? e.textContent).trim().replace(/\s+/g, ' '),
        ring: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2,
        inView: at.top >= 0 && at.bottom <= innerHeight && at.left >= 0 && at.right <= innerWidth,
      };
    });
    if (stop.name === '') continue; // the window itself, between last and first
    must(stop.ring, `one does not see that the focus is on "${stop.name}"`);
    must(stop.inView, `the focus goes out of sight, to "${stop.name}"`);
    if (stop.name.startsWith(name)) return;
  }
  throw new Error(`no Tab leads to "${name}"`);
}

const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim().replace(/\s+/g, ' '));

/** After a change of page the focus is on its heading. */
async function arrives(page, words) {
  await heading(page, words);
  must(await focused(page) === words, `on "${words}" the focus is on "${await focused(page)}"`);
}

/** After a mistake the focus is on what is to be mended, which leads to its field. */
async function mends(page, field, words) {
  await page.locator('.problem').waitFor();
  must((await focused(page)).includes(words), `after a mistake the focus is on "${await focused(page)}"`);
  must((await page.title()).startsWith('To mend:'), `the title says nothing: ${await page.title()}`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const at = await page.evaluate(() => ({ id: document.activeElement.id, why: document.activeElement.getAttribute('aria-describedby'), invalid: document.activeElement.ariaInvalid }));
  must(at.id === field && at.invalid === 'true' && at.why.includes(`${field}-problem`), `what is to be mended leads to ${JSON.stringify(at)}`);
}

// Forms that were not understood answer 422, which the console calls an error.
await launch((browser) => visit(browser, { viewport: { width: 1280, height: 800 }, quiet: false }, async (page) => {
  const { email } = await account({ name: 'kim', emails: ['kim@gmail.com'] });
  await page.goto(`${BASE}/recover`);
  await tabTo(page, 'Send me the mail');
  await page.keyboard.press('Enter');
  await mends(page, 'login', 'Type your email or your username.');
  await page.keyboard.type('kim@gmail');
  await page.keyboard.press('Enter');
  await mends(page, 'login', 'Type the whole email');
  must(await page.getByLabel('Email or username').inputValue() === 'kim@gmail', 'what was typed is lost');
  await page.keyboard.press('End');
  await page.keyboard.type('.com');
  await page.keyboard.press('Enter');
  await arrives(page, 'Check your inbox');
  await page.locator('[data-state=handed]').waitFor();
  must(await focused(page) === 'Check your inbox' || await focused(page) !== '', 'the live part drops the focus');

  const tree = await page.locator('main').ariaSnapshot();
  for (const words of ['Done: You asked', 'Done: We handed the mail over', 'Now: In your inbox, or in spam', 'link "Open your mailbox"', 'textbox "Code from the mail"', 'button "Use this code"']) {
    must(tree.includes(words), `a screen reader does not meet "${words}":\n${tree}`);
  }
  must(await page.locator('[aria-current=step]').count() === 1, 'not one step is the current one');

  const { Code } = await letter(email, 'get back into');
  await tabTo(page, 'Open your mailbox');
  await tabTo(page, 'Code from the mail');
  await page.keyboard.press('Enter');
  await mends(page, 'code', 'Type the 8 digits from the mail.');
  await page.keyboard.type(`${Code.slice(0, 4)} - ${Code.slice(4)}`);
  await page.keyboard.press('Enter');
  await arrives(page, 'Choose a new password');
  await tabTo(page, 'New password');
  await page.keyboard.type('short');
  await page.keyboard.press('Enter');
  await mends(page, 'password', 'Choose another one');
  must(await page.getByLabel('New password', { exact: true }).inputValue() === '', 'a refused password comes back');
  await page.keyboard.type(fresh);
  await tabTo(page, 'Show');
  await page.keyboard.press('Space');
  must(await page.getByLabel('New password', { exact: true }).getAttribute('type') === 'text', 'Show does not show');
  await tabTo(page, 'Save the password');
  await page.keyboard.press('Enter');
  await arrives(page, 'Your password is changed');
  await tabTo(page, 'Sign in to Acme');
  await page.keyboard.press('Enter');
  await heading(page, 'Sign in to Acme');
  await tabTo(page, 'Password');
  await page.keyboard.type(fresh);
  await page.keyboard.press('Enter');
  await arrives(page, 'Places you are signed in');
  console.log('the whole way by keyboard');

  await page.goto((await letter(email, 'password was changed')).Stop);
  await arrives(page, 'Was this you?');
  await tabTo(page, 'Stop it');
  await page.keyboard.press('Enter');
  await mends(page, 'yes', 'Tick the box');
  await page.keyboard.press('Space');
  await tabTo(page, 'Stop it');
  await page.keyboard.press('Enter');
  await arrives(page, 'It is stopped');
  console.log('stopped by keyboard');
}));
