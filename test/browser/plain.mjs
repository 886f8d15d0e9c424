// Without scripts everything works: a link shows what is new, the suggested password
// can be read and copied, forms do what buttons would.

import { fits, launch, must, screenshot, visit } from './lib.mjs';
import { BASE, account, ask, backstage, heading, letter, password, relay } from './person.mjs';

await launch(async (browser) => {
  await visit(browser, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } }, async (page) => {
    const { name, email } = await account();
    await relay(email, 'hold');
    await ask(page, email);
    await page.getByText('We are writing the mail').waitFor();
    await relay(email, 'accept');
    await letter(email, 'get back into');
    await refreshed(page, 'We handed the mail over');
    await screenshot(page, 'plain inbox');
    must(await page.getByRole('button', { name: 'Send a new mail' }).isHidden(), 'a new mail is offered at once');
    await backstage('/clock', { seconds: 61 });
    await page.getByRole('link', { name: 'See what is new' }).click();
    await page.getByRole('button', { name: 'Send a new mail' }).click();
    await page.getByText('You asked again').waitFor();
    const mail = await letter(email, 'get back into', 2);
    await page.getByLabel('Code from the mail').fill(mail.Code);
    await page.getByRole('button', { name: 'Use this code' }).click();
    await heading(page, 'Choose a new password');
    await screenshot(page, 'plain password');
    await fits(page);
    must(await page.getByRole('button', { name: 'Show' }).isHidden(), 'a button that does nothing is there');
    must(await page.getByRole('button', { name: 'Use this one' }).isHidden(), 'a button that does nothing is there');
    const suggested = await page.locator('.suggest .mono').last().innerText();
    must(/^[a-z]+(-[a-z]+){3,}$/.test(suggested), `the suggestion reads ${suggested}`);
    await page.getByLabel('New password').fill(suggested);
    await page.getByRole('button', { name: 'Save the password' }).click();
    await heading(page, 'Your password is changed');
    await page.getByRole('link', { name: 'Sign in to Acme' }).click();
    must(await page.getByLabel('Email or username').inputValue() === name, 'the sign-in page does not know who comes');
    await page.getByLabel('Password').fill(suggested);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading(page, 'Places you are signed in');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await heading(page, 'Sign in to Acme');
    console.log('the whole way, without scripts');

    const notice = await letter(email, 'password was changed');
    await page.goto(notice.Stop);
    await page.getByLabel('This was not me').check();
    await page.getByRole('button', { name: 'Stop it' }).click();
    await heading(page, 'It is stopped');
    console.log('stopped, without scripts');
  });
  await visit(browser, { javaScriptEnabled: false }, async (page) => {
    const { email } = await account({ lock: 'failures' });
    await ask(page, email, { loss: 'locked' });
    await page.goto((await letter(email, 'unlock your account')).Link);
    await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Open the account' }).click();
    await heading(page, 'Your account is open again');
    await page.goto(`${BASE}/signin`);
    await page.getByLabel('Email or username').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading(page, 'Places you are signed in');
    console.log('unlocked, without scripts');
  });
});

/** Follows "See what is new" until the page says the words; a tick is a second. */
async function refreshed(page, words) {
  for (let tries = 0; tries < 50; tries++) {
    await page.getByRole('link', { name: 'See what is new' }).click();
    if (await page.getByText(words).count() > 0) return;
  }
  throw new Error(`the page never says ${words}`);
}
