// Where the way forks or ends, as the running server shows it: a mailbox with several
// accounts, a locked account, links that lead no further, "this wasn't me", a wrong
// address in the browser, signing in and the places where one is; and long addresses.

import { launch, must, schemes, sizes, visit } from './lib.mjs';
import { BASE, Person, account, ask, backstage, fresh, heading, inReach, letter, look, password } from './person.mjs';

const long = `${'maria-magdalena.the-first-of-her-name.'.repeat(2).slice(0, 63)}x@${'a-very-long-department-name.'.repeat(4)}example.com`;

/** Looks at a page at both sizes, light and dark; what cannot differ is scanned for once. */
async function every(page, name) {
  for (const viewport of sizes) {
    for (const colorScheme of schemes) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const whole = viewport === sizes[0] === (colorScheme === 'light');
      await look(page, `${name} ${viewport.width} ${colorScheme}`, whole ? undefined : ['color-contrast', 'target-size']);
    }
  }
  await page.setViewportSize(sizes[0]);
}

const stories = {
  async 'several accounts'(page) {
    const emails = ['office@example.com'];
    await account({ name: 'harbour-cafe', emails });
    await account({ name: 'harbour-bakery', emails });
    await ask(page, emails[0]);
    await page.goto((await letter(emails[0], 'get back into')).Link);
    await heading(page, 'Which one do you want?');
    await every(page, 'choose');
    await page.getByRole('link', { name: 'harbour-bakery' }).click();
    await heading(page, 'Choose a new password');
    must(await page.getByLabel('Account').inputValue() === 'harbour-bakery', 'another account was chosen');
    await page.goBack();
    await heading(page, 'Which one do you want?');
  },

  async 'a locked account'(page) {
    const { name, email } = await account({ lock: 'failures' });
    await ask(page, email, { loss: 'locked' });
    const person = new Person(page);
    await page.goto((await letter(email, 'unlock your account')).Link);
    await heading(page, 'Open this account again?');
    await every(page, 'unlock');
    await inReach(page, 'unlock');
    await person.tap(page.getByRole('checkbox'));
    await person.tap('Open the account');
    await heading(page, 'Your account is open again');
    must(person.taps === 2, `unlocking takes ${person.taps} taps`);
    await every(page, 'unlocked');
    await page.getByRole('link', { name: 'Sign in to Acme' }).click();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading(page, 'Places you are signed in');
    must((await page.locator('main').innerText()).includes(name), 'the page does not say whose places these are');
    await every(page, 'places');
  },

  async 'links that lead no further'(page) {
    const { email } = await account();
    await ask(page, email);
    const first = await letter(email, 'get back into');
    await backstage('/clock', { seconds: 61 });
    await page.reload();
    await page.getByRole('button', { name: 'Send a new mail' }).click();
    await page.getByText('You asked again').waitFor();
    await letter(email, 'get back into', 2);
    await page.goto(first.Link);
    await page.getByText('A newer mail is on its way').waitFor();
    await every(page, 'link replaced');
    await page.goto((await letter(email, 'get back into', 2)).Link);
    await heading(page, 'Choose a new password');
    await backstage('/clock', { seconds: 31 * 60 });
    await page.reload();
    await heading(page, 'This link has run out');
    await every(page, 'link ran out');
    await page.getByRole('button', { name: 'Send a new mail' }).click();
    await heading(page, 'Check your inbox');
    await letter(email, 'get back into', 3);

    const guarded = await account({ second: true });
    await ask(page, guarded.email);
    await page.goto((await letter(guarded.email, 'get back into')).Link);
    await heading(page, 'Mail alone cannot open this');
    await every(page, 'link not alone');

    const barred = await account({ lock: 'operator' });
    await ask(page, barred.email, { loss: 'locked' });
    await page.goto((await letter(barred.email, 'unlock your account')).Link);
    await heading(page, 'A person has to open this');
    await every(page, 'link operator lock');
  },

  async 'this was not me'(page) {
    const { email } = await account();
    await ask(page, email);
    const { Link, Stop } = await letter(email, 'get back into');
    const holder = new Person(page);
    await holder.open(Stop);
    await heading(page, 'Was this you?');
    must(!page.url().includes('/stop/'), 'the token stays in the address');
    await every(page, 'stop');
    await inReach(page, 'stop');
    await holder.tap(page.getByLabel('This was not me'));
    await holder.tap('Stop it');
    await heading(page, 'It is stopped');
    must(holder.taps === 3, `a stop takes ${holder.taps} taps, that in the mail included`);
    await every(page, 'stopped');
    await page.goto(Link);
    await heading(page, 'This was stopped');
    await every(page, 'was stopped');
  },

  async 'it was me'(page) {
    const { email } = await account();
    await ask(page, email);
    await page.goto((await letter(email, 'get back into')).Stop);
    await page.getByRole('link', { name: 'It was me' }).click();
    await heading(page, 'Then all is well');
    await every(page, 'it was me');
  },

  async 'long addresses'(page) {
    const { email } = await account({ name: 'somebody-with-a-name-that-goes-on-and-on-and-on', emails: [long] });
    await ask(page, email);
    await page.locator('[data-state=handed]').waitFor();
    await every(page, 'long inbox');
    await page.goto((await letter(email, 'get back into')).Link);
    await every(page, 'long password');
    await page.getByLabel('New password', { exact: true }).fill(fresh);
    await page.getByRole('button', { name: 'Save the password' }).click();
    await heading(page, 'Your password is changed');
    await every(page, 'long done');
  },
};

await launch(async (browser) => {
  for (const [name, story] of Object.entries(stories)) {
    try {
      await visit(browser, { viewport: sizes[0] }, story);
    } catch (err) {
      throw new Error(`${name}: ${err.message}`, { cause: err });
    }
    console.log(name);
  }
  // Errors are what these pages are for, and the console names them.
  await visit(browser, { viewport: sizes[0], quiet: false }, async (page) => {
    const nowhere = await page.goto(`${BASE}/nowhere`);
    must(nowhere.status() === 404, `nowhere answers ${nowhere.status()}`);
    await every(page, 'nowhere');
    await page.goto(`${BASE}/in/cut-off`);
    await heading(page, 'Nothing at this address');
    await page.getByRole('link', { name: 'Start again' }).click();
    await heading(page, 'Which account is yours?');
    await page.getByLabel('Email or username').evaluate((e) => { e.maxLength = 99_999; });
    await page.getByLabel('Email or username').fill('m'.repeat(70_000));
    await page.getByRole('button', { name: 'Send me the mail' }).click();
    await heading(page, 'That was too much at once');
    await every(page, 'too much');
    await page.goto(`${BASE}/help`);
    await heading(page, 'A person can help you');
    await every(page, 'help');
    await page.goto(`${BASE}/signin`);
    await every(page, 'signin');
    await page.getByLabel('Email or username').fill('nobody');
    await page.getByLabel('Password', { exact: true }).fill('nothing');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('That did not work').waitFor();
    await every(page, 'signin failed');
    console.log('errors, help, signing in');
  });
});
