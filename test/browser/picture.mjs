// The README's picture: one recovery from both sides, the page that asked on a phone
// and the letter as it arrived, both from the running server. It shows nothing that
// is not so.
//
//   OUT   the folder that gets picture-light.png and picture-dark.png
//   NAME  the address that the server answers to; it listens at BASE

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launch, must, schemes, visit } from './lib.mjs';
import { BASE, account, ask, backstage, letter } from './person.mjs';

const { OUT, NAME } = process.env;
const most = 250_000; // bytes of a picture

const frame = (phone, mail, colours) => `<!doctype html><style>
  body { margin: 0; inline-size: 1600px; block-size: 1000px; overflow: hidden; position: relative; background: ${colours.ground}; }
  img { display: block; inline-size: 100%; }
  .mail { position: absolute; left: 640px; top: 72px; inline-size: 824px; block-size: 1000px; overflow: hidden; border: 1px solid ${colours.line}; border-radius: 16px; background: ${colours.ground}; }
  .phone { position: absolute; left: 136px; top: 72px; inline-size: 400px; block-size: 856px; overflow: hidden; border: 10px solid ${colours.rim}; border-radius: 48px; background: ${colours.page}; }
  .phone img { margin-block-start: 28px; }
</style><div class="mail"><img src="${mail}"></div><div class="phone"><img src="${phone}"></div>`;

const colours = {
  light: { ground: '#ECE8DE', page: '#F5F2EB', line: '#D9D3C6', rim: '#1E2124' },
  dark: { ground: '#0E1112', page: '#131618', line: '#333A3F', rim: '#3B4348' },
};

const data = (png) => `data:image/png;base64,${png.toString('base64')}`;

await launch(async (browser) => {
  const { email } = await account({ name: 'maria', emails: ['maria.lopez@gmail.com'] });
  for (const [n, colorScheme] of schemes.entries()) {
    const look = { colorScheme, deviceScaleFactor: 2 };
    const shots = await visit(browser, { ...look, viewport: { width: 375, height: 780 } }, async (page) => {
      await ask(page, email, { base: NAME });
      await page.locator('[data-state=handed]').waitFor();
      const mail = await letter(email, 'get back into', n + 1);
      const phone = data(await page.screenshot());
      return { phone, mail: await visit(browser, { ...look, viewport: { width: 640, height: 800 } }, async (page) => {
        await page.setContent(mail.HTML);
        return data(await page.screenshot());
      }) };
    });
    await visit(browser, { viewport: { width: 1600, height: 1000 } }, async (page) => {
      await page.setContent(frame(shots.phone, shots.mail, colours[colorScheme]), { waitUntil: 'load' });
      const picture = await page.screenshot();
      must(picture.length < most, `the picture weighs ${picture.length} bytes`);
      await writeFile(join(OUT, `picture-${colorScheme}.png`), picture);
      console.log(`${colorScheme}: ${picture.length} bytes`);
    });
    await backstage('/clock', { seconds: 3600 });
  }
}, [`--host-resolver-rules=MAP ${new URL(NAME).host} ${new URL(BASE).host}`, `--unsafely-treat-insecure-origin-as-secure=${NAME}`]);
