// The fields: what helps with them, what password managers find there, and that
// nothing typed is lost.

import { launch, must, screenshot, visit } from './lib.mjs';
import { BASE, account, fresh, heading, letter, password } from './person.mjs';

const attributes = (field, names) => field.evaluate((e, names) => names.map((n) => e.getAttribute(n)).join(), names);

await launch(async (browser) => {
  await visit(browser, { viewport: { width: 320, height: 640 }, quiet: false }, async (page) => {
    const { name, email } = await account();
    await page.goto(`${BASE}/recover`);
    const login = page.getByLabel('Email or username');
    must(await attributes(login, ['autocomplete', 'autocapitalize', 'spellcheck']) === 'username,none,false', 'the first field is not a user name');
    await login.fill(email);
    await page.getByRole('button', { name: 'Send me the mail' }).click();
    await heading(page, 'Check your inbox');
    await page.goBack();
    await heading(page, 'Which account is yours?');
    must(await login.inputValue() === email, `Back lost what was typed: "${await login.inputValue()}"`);
    await page.goForward();
    await heading(page, 'Check your inbox');

    const code = page.getByLabel('Code from the mail');
    must(await attributes(code, ['autocomplete', 'inputmode', 'dir']) === 'one-time-code,numeric,ltr', 'the code field is not one');
    const { Code, Link } = await letter(email, 'get back into');
    await code.fill('0000 0000');
    await page.getByRole('button', { name: 'Use this code' }).click();
    await page.getByRole('link', { name: 'That is not the newest code' }).waitFor();
    must(await code.inputValue() === '0000 0000', 'a wrong code is lost');
    await screenshot(page, 'inbox wrong code 320');
    const pasted = ` ${Code.slice(0, 2)}-${Code.slice(2, 5)} ${Code.slice(5)}\n`;
    await code.evaluate((e, text) => { e.focus(); e.select(); document.execCommand('insertText', false, text); }, pasted);
    await page.getByRole('button', { name: 'Use this code' }).click();
    await heading(page, 'Choose a new password');

    const who = page.getByLabel('Account');
    must(await attributes(who, ['autocomplete', 'value']) === `username,${name}` && !await who.isEditable(), 'a password manager does not learn whose it is');
    const field = page.getByLabel('New password', { exact: true });
    must(await attributes(field, ['autocomplete', 'type']) === 'new-password,password', 'a password manager does not know the field');
    must(await page.locator('input[type=password]').count() === 1, 'a password is asked for twice');

    const strength = page.locator('[data-strength]');
    for (const [typed, says] of [
      ['amber', 'Too short yet: 5'], ['aaaaaaaaaaaaaaaaaaa', 'Weak: easy to guess'], ['aabbccddeeffgghh', 'Fair: one more word would help'],
      ['amber canal otter', 'Good'], [fresh, 'Strong'], ['', ''],
    ]) {
      await field.fill(typed);
      await page.waitForFunction((says) => document.querySelector('[data-strength]').textContent === says, says);
      if (says === 'Good') await screenshot(page, 'password typed 320');
    }
    must(await strength.getAttribute('role') === 'status', 'a screen reader is not told how good it is');

    const show = page.locator('[data-show]');
    must(await show.innerText() === 'Show', await show.innerText());
    await show.click();
    must(await field.getAttribute('type') === 'text' && await show.innerText() === 'Hide', 'Show does not show');
    await show.click();
    must(await field.getAttribute('type') === 'password' && await show.innerText() === 'Show', 'Hide does not hide');

    const use = page.getByRole('button', { name: 'Use this one' });
    const phrase = (await use.innerText()).split(/:\s*/)[1];
    await use.click();
    must(await field.inputValue() === phrase && await field.getAttribute('type') === 'text', 'the suggestion is not filled in to be seen');
    await screenshot(page, 'password suggested 320');
    await page.getByRole('button', { name: 'Save the password' }).click();
    await page.getByText('Tick the box once you have kept a copy').waitFor();
    must(await page.getByLabel('I have kept a copy of it').evaluate((e) => e === document.activeElement), 'the box to tick has not the focus');
    must(await field.inputValue() === phrase, 'what was chosen is lost');
    await screenshot(page, 'password not kept 320');

    await field.fill('aaaaaaaaaaaaaaaa');
    await page.getByRole('button', { name: 'Save the password' }).click();
    await page.locator('.problem').waitFor();
    must(await who.inputValue() === name, 'the name is lost');
    await screenshot(page, 'password refused 320');
    await field.fill(fresh);
    await page.getByRole('button', { name: 'Save the password' }).click();
    await heading(page, 'Your password is changed');
    await page.goBack(); // to the password page, whose work is done
    await heading(page, 'Your password is changed');

    await page.goto(Link);
    await heading(page, 'This link did its work');

    await page.goto(`${BASE}/signin`);
    must(await attributes(page.getByLabel('Password', { exact: true }), ['autocomplete', 'type']) === 'current-password,password', 'a password manager does not sign in');
    await page.getByLabel('Email or username').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('That did not work').waitFor();
    must(await page.getByLabel('Email or username').inputValue() === email, 'the name is lost');
    console.log('fields help, and keep what was typed');
  });

  // The Back button leads where one was, also across what had to be mended.
  await visit(browser, { quiet: false }, async (page) => {
    const { email } = await account();
    const login = page.getByLabel('Email or username');
    const code = page.getByLabel('Code from the mail');
    const send = async (button) => {
      await page.getByRole('button', { name: button }).click();
      await page.locator('.problem').waitFor();
    };
    await page.goto(`${BASE}/recover`);
    await login.fill('somebody@nowhere');
    await send('Send me the mail');
    await login.fill(email);
    await page.getByRole('button', { name: 'Send me the mail' }).click();
    await heading(page, 'Check your inbox');
    await page.goBack();
    await heading(page, 'Which account is yours?');
    must((await login.inputValue()).includes('@'), `Back lost what was typed: "${await login.inputValue()}"`);
    await page.goForward();
    await code.fill('12345678');
    await send('Use this code');
    await code.fill((await letter(email, 'get back into')).Code);
    await page.getByRole('button', { name: 'Use this code' }).click();
    await heading(page, 'Choose a new password');
    await page.goBack();
    await heading(page, 'Check your inbox');
    await page.goForward();
    await heading(page, 'Choose a new password');
    await page.getByLabel('New password', { exact: true }).fill('short');
    await send('Save the password');
    await page.goBack();
    await page.goForward();
    await heading(page, 'Choose a new password');
    console.log('Back leads back');
  });
});
