import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type SandboxServer, startSandboxServer } from './sandbox-server.js';

const NARROW = { width: 360, height: 640 };
const STORY = 'The lighthouse keeper';

void describe('The web page in Chromium', { timeout: 300_000 }, () => {
  let server: SandboxServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complained about, and requests to other hosts. */
  let complaints: string[];

  before(async () => {
    server = await startSandboxServer();
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM,
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
      args: ['--no-sandbox'],
    });
  });

  after(async () => {
    await browser.close();
    await server.close();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(server.url) && !url.startsWith('data:')) complaints.push(url);
    });
    await page.goto(server.url);
  });

  afterEach(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });

  async function say(text: string): Promise<void> {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  }

  async function sees(text: string): Promise<void> {
    await page.getByText(text).first().waitFor();
  }

  void it('chats, and shows HTML as text', async () => {
    await say('What is <img src=x onerror=alert(1)>?');
    await sees('You said: "What is <img src=x onerror=alert(1)>?"');
    assert.equal(await page.locator('article img').count(), 0);
  });

  void it('continues an answer after a reload in its middle', async () => {
    await say('Tell me a story');
    await sees(STORY);
    await page.reload();
    await sees('History:');
    assert.equal(await page.locator('article').count(), 2);
  });

  void it('stops an answer', async () => {
    await say('Tell me a story');
    await sees(STORY);
    await page.getByRole('button', { name: 'Stop' }).click();
    await sees('The answer was stopped.');
  });

  void it('approves a call by the keyboard alone', async () => {
    await say('call send_postcard {"to":"Anna","text":"Hello"}');
    await page.getByRole('button', { name: 'Approve' }).focus();
    await page.keyboard.press('Enter');
    await sees('Nothing was sent to Anna');
  });

  void it('denies a call with a reason', async () => {
    await say('call send_postcard {"to":"Ben","text":"Hello"}');
    await page.getByLabel('Reason of a denial').fill('Ben is away');
    await page.getByRole('button', { name: 'Deny' }).click();
    await sees('was denied');
    await sees('Reason: Ben is away');
  });

  void it('takes an answer up again after the network has been away', async () => {
    await say('Tell me a story');
    await sees(STORY);
    const { hash } = new URL(page.url());
    await context.setOffline(true);
    await context.setOffline(false);
    await page.reload();
    assert.equal(new URL(page.url()).hash, hash);
    await sees('History:');
  });

  void it('takes an answer up again when the browser shows it from its cache', async () => {
    await say('Tell me a story');
    await sees(STORY);
    await page.goto(`${server.url}/docs`);
    await page.goBack();
    await sees('History:');
    assert.equal(await page.locator('article').count(), 2);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    void it(`fits a width of 360 px, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(NARROW);
      await say(`Write ${'a-long-word-'.repeat(20)}`);
      await sees('You said:');
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(Number(width) <= NARROW.width, `The page is ${String(width)} px wide.`);
    });
  }
});
