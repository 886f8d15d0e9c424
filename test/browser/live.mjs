// The inbox page follows its mail by itself: held, put off, taken, sent back. Nothing
// reloads, nobody's typing is touched, a screen reader hears each news once.

import { launch, must, visit } from './lib.mjs';
import { account, ask, backstage, fresh, heading, letter, look, relay } from './person.mjs';

const knots = (page) => page.locator('.thread > li').evaluateAll((all) => all.map((k) => `${k.dataset.k}: ${k.querySelector('.knot').lastChild.textContent}`));
const shows = (page, state) => page.locator(`[data-state=${state}]`).waitFor();

/** Notes in each new document what a screen reader is told of there. */
const listen = (page) => page.addInitScript(() => addEventListener('DOMContentLoaded', () => {
  const news = document.querySelector('[data-news]');
  window.told = [];
  if (news) new MutationObserver((all) => all.forEach(() => window.told.push(news.textContent))).observe(news, { childList: true, characterData: true, subtree: true });
}));

async function told(page, ...words) {
  const heard = await page.evaluate(() => window.told);
  must(heard.join() === words.join(), `a screen reader heard: ${heard.join(' | ') || 'nothing, or the page was loaded anew'}`);
}

await launch(async (browser) => {
  await visit(browser, { viewport: { width: 320, height: 640 } }, async (page) => {
    const { email } = await account();
    await relay(email, 'hold');
    await listen(page);
    await ask(page, email);
    const code = page.getByLabel('Code from the mail');
    await code.pressSequentially('12');
    must((await knots(page)).join() === 'done: You asked,now: We are writing the mail,next: In your inbox, or in spam', (await knots(page)).join());
    await relay(email, 'accept');
    await shows(page, 'handed');
    must(await code.evaluate((e) => e === document.activeElement), 'the page took the focus from the code field');
    await code.pressSequentially('34');
    must(await code.inputValue() === '1234', 'the page touched what was typed');
    must((await knots(page)).join() === 'done: You asked,done: We handed the mail over,now: In your inbox, or in spam', (await knots(page)).join());
    await told(page, 'In your inbox, or in spam');
    console.log('taken: the thread grows by itself');
  });

  await visit(browser, { viewport: { width: 320, height: 640 }, colorScheme: 'dark' }, async (page) => {
    const { email } = await account();
    await relay(email, 'defer');
    await listen(page);
    await ask(page, email);
    await shows(page, 'deferred');
    const help = await page.locator('[aria-current=step] .knot-help').innerText();
    must(/^That is normal\. We try again at \d\d:\d\d\.$/.test(help), help);
    must((await knots(page))[2] === 'now: example.com asked us to wait', (await knots(page)).join());
    await look(page, 'inbox deferred 320 dark');
    await relay(email, 'accept');
    await backstage('/clock', { seconds: 40 });
    await shows(page, 'handed');
    await told(page, 'example.com asked us to wait', 'In your inbox, or in spam');
    console.log('put off: the page says until when, and goes on');
  });

  await visit(browser, { viewport: { width: 320, height: 640 } }, async (page) => {
    const { email } = await account();
    await relay(email, 'refuse');
    await listen(page);
    await ask(page, email, { to: 'That mail came back' });
    must(await page.getByLabel('Code from the mail').isHidden(), 'a code is asked for that nobody has');
    await told(page, 'example.com sent it back');
    await look(page, 'inbox came back 320 light');
    await page.getByRole('link', { name: 'Change the address' }).click();
    await heading(page, 'Which account is yours?');
    console.log('sent back: the page says so, and what to do');
  });

  await visit(browser, { viewport: { width: 320, height: 640 }, quiet: false }, async (page) => {
    await page.clock.install();
    const { email } = await account({ emails: ['patient@gmail.com'] });
    await ask(page, email);
    await shows(page, 'handed');
    const before = await letter(email, 'get back into');
    const left = page.locator('[data-left]');
    await page.clock.runFor(1000);
    must(/in \d+ seconds|in 1 minute/.test(await left.innerText()), await left.innerText());
    must(await page.getByRole('button', { name: 'Send a new mail' }).isHidden(), 'a new mail is offered at once');
    await page.clock.fastForward(30_000);
    must(/^in (2\d|30) seconds$/.test(await left.innerText()), await left.innerText());
    await page.clock.fastForward(30_000);
    await backstage('/clock', { seconds: 61 });
    await page.getByRole('button', { name: 'Send a new mail' }).click();
    await page.getByText('You asked again').waitFor();
    const after = await letter(email, 'get back into', 2);
    must(before.Code !== after.Code, 'the new mail has the old code');
    await page.getByLabel('Code from the mail').fill(before.Code);
    await page.getByRole('button', { name: 'Use this code' }).click();
    await page.getByRole('link', { name: 'That is not the newest code' }).waitFor();
    must(await page.getByLabel('Code from the mail').inputValue() === before.Code, 'what was typed is lost');
    await page.getByLabel('Code from the mail').fill(after.Code);
    await page.getByRole('button', { name: 'Use this code' }).click();
    await heading(page, 'Choose a new password');
    console.log('the timer counts down, and the newest code is the one that counts');
  });

  await visit(browser, { viewport: { width: 320, height: 640 } }, async (page) => {
    const { email } = await account();
    await ask(page, email);
    await shows(page, 'handed');
    const { Link } = await letter(email, 'get back into');
    await visit(browser, {}, async (elsewhere) => {
      await elsewhere.goto(Link);
      await elsewhere.getByLabel('New password').fill(fresh);
      await elsewhere.getByRole('button', { name: 'Save the password' }).click();
      await heading(elsewhere, 'Your password is changed');
    });
    await heading(page, 'You got in elsewhere');
    must(await page.getByLabel('Code from the mail').isHidden(), 'a code is asked for that is spent');
    console.log('done elsewhere: the page says so');
  });
});
