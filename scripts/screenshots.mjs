/** Takes screenshots of the web page of a server on the sandbox, for people to look at: `npm run screenshots -- URL [FOLDER]`. */
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { BROWSER_ADVICE, findBrowser } from './browser.mjs';
import { say } from './output.mjs';

const SHOTS = [
  ['light', { colorScheme: 'light', viewport: { width: 1_200, height: 800 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1_200, height: 800 } }],
  ['narrow', { colorScheme: 'light', viewport: { width: 360, height: 740 } }],
];

const [url, folder = '.'] = process.argv.slice(2);
const executablePath = findBrowser();
if (url === undefined || executablePath === undefined) {
  say(
    'error',
    url === undefined ? 'Name the address of a server: npm run screenshots -- URL [FOLDER].' : BROWSER_ADVICE,
  );
  process.exit(1);
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
for (const [name, options] of SHOTS) {
  const page = await browser.newPage(options);
  await page.goto(url);
  await page.getByLabel('Message', { exact: true }).fill('call send_postcard {"to":"Anna","text":"Hello"}');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
await browser.close();
