import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type JSDOM } from 'jsdom';
import { type Root } from 'react-dom/client';
import { HttpClient } from '../../test/e2e/support/http-client.js';
import { startTestServer, type TestServer } from '../../test/e2e/support/test-server.js';
import { until } from '../../test/e2e/support/until.js';
import { openWindow } from './support/browser.js';
import { PageReader } from './support/page-reader.js';

const KEY = 'a-key-of-anna-for-the-page';
const CHUNK_DELAY_MS = 10;

describe('The page in a browser', () => {
  let server: TestServer;
  let window: JSDOM['window'];
  let page: PageReader;
  let client: HttpClient;
  let root: Root | undefined;

  beforeAll(async () => {
    const apiKeys = [{ owner: 'anna', key: KEY }];
    server = await startTestServer({ apiKeys, hasDemonstration: true, chunkDelayMs: CHUNK_DELAY_MS });
    window = openWindow(`${server.url}/`, 'sandbox');
    page = new PageReader(window);
    client = new HttpClient(server.url, KEY);
  });

  afterEach(close);

  afterAll(async () => {
    window.close();
    await server.close();
  });

  /** Opens the page as a reload does: what the browser keeps for its session stays. */
  async function open(hash: string, key: string | null = KEY): Promise<void> {
    const { enterKey } = await import('../src/server/session-key.js');
    if (key !== null) enterKey(key);
    window.location.hash = hash;
    const [{ createRoot }, { App }] = await Promise.all([import('react-dom/client'), import('../src/app.js')]);
    const place = window.document.getElementById('page');
    if (place === null) throw new Error('The document has no place for the page.');
    root = createRoot(place);
    root.render(<App />);
  }

  function close(): void {
    root?.unmount();
    root = undefined;
  }

  it('asks for the key once, says that one is wrong, and keeps it for the session', async () => {
    await open('#/', null);
    await page.sees('This server asks for a key.');
    await page.fill('This server asks for a key. It is kept until you close this tab.', 'wrong');
    await page.press('Continue');
    await page.sees('The server does not know this key.');
    await page.fill('This server asks for a key. It is kept until you close this tab.', KEY);
    await page.press('Continue');
    await page.sees('Ask something to begin.');
    expect(window.sessionStorage.getItem('api-key')).toBe(KEY);
  });

  it('begins a chat by its first message, lists it, and shows its usage by kind of token', async () => {
    await open('#/');
    await page.say('What is <b>bold</b>?');
    await page.sees('You said: "What is <b>bold</b>?"');
    await page.rests();
    expect(page.find('article b')).toBeNull();
    await until(() => page.find('nav a[aria-current="page"]')?.textContent === 'What is <b>bold</b>?');
    await page.sees(/Input\d+Cache read\d+Cache written[1-9]\d*Output[1-9]\d*of it reasoning\d+/);
    expect(page.find('[role="status"][aria-live]')?.textContent).toContain('Answer: Turn 1.');
  });

  it('says that a sandbox answers', async () => {
    await open('#/');
    await page.sees('Answers come from a sandbox on this machine');
  });

  it('shows more chats page by page', async () => {
    for (let number = 1; number <= 32; number += 1) await client.createChat({ title: `Chat ${number}` });
    await open('#/');
    await page.sees('Chat 32');
    expect(page.text).not.toContain('Chat 2 ');
    const count = (): number => window.document.querySelectorAll('nav li').length;
    expect(count()).toBe(30);
    await page.press('Show more chats');
    await until(() => count() >= 33);
  });

  it('says what each model can do, and keeps the one that was chosen', async () => {
    const id = await client.createChat();
    await open(`#/chats/${id}`);
    await page.fill('Model', 'duo-chat-haiku-4-5');
    await page.sees('reads text, images, and PDF · 200k tokens of context');
    await until(async () => (await client.json('GET', `/chats/${id}`)).model === 'duo-chat-haiku-4-5');
  });

  it('shows a tool call with its progress and its result', async () => {
    await open('#/');
    await page.say('call count_down {"from":2}');
    await page.sees('count_down works…');
    await page.sees('"left": 1');
    await page.sees('count_down is done');
    await page.sees('The tools said: "Counted down from 2".');
  });

  it('continues the answer once a call is approved', async () => {
    await open('#/');
    await page.say('call send_postcard {"to":"Anna","text":"Hello"}');
    await page.sees('send_postcard waits for your decision');
    await page.press('Approve');
    await page.sees('The tools said: "Nothing was sent to Anna: this tool is for demonstration".');
  });

  it('gives the model the reason of a denial, also after a reload', async () => {
    await open('#/');
    await page.say('call send_postcard {"to":"Ben","text":"Hello"}');
    await page.sees('send_postcard waits for your decision');
    const { hash } = window.location;
    close();
    await open(hash);
    await page.fill('Reason of a denial', 'Ben is away');
    await page.press('Deny');
    await page.sees('send_postcard was denied');
    await page.sees(/The tools said: .*Ben is away/);
  });

  it('stops an answer, and keeps its text', async () => {
    await open('#/');
    await page.say('Tell me a story');
    await page.sees('The lighthouse keeper');
    await page.press('Stop');
    await page.sees('The answer was stopped. The text so far is kept.');
    expect(page.text).not.toContain('History:');
    const { hash } = window.location;
    close();
    await open(hash);
    await page.sees('The lighthouse keeper');
  });

  it('replaces an answer by another one, and what follows a changed message', async () => {
    await open('#/');
    await page.say('First');
    await page.sees('You said: "First"');
    await page.rests();
    await page.press('Regenerate');
    // The usage of both answers: the second one has come to its end.
    await page.sees('Output26');
    await page.rests();
    await page.press('Edit');
    await page.fill('Your message, changed', 'Second');
    await page.press('Save and ask again');
    await page.sees('You said: "Second"');
    await page.rests();
    expect(page.messages).toHaveLength(2);
    expect(page.text).not.toContain('You said: "First"');
  });

  it('sends an attached image, and refuses a file that no model reads', async () => {
    await open('#/');
    await page.sees('Attach image or PDF');
    const attach = (name: string, type: string, content: Uint8Array<ArrayBuffer>): void => {
      const input = page.find('input[type="file"]');
      const files = [new window.File([content], name, { type })];
      Object.defineProperty(input, 'files', { value: files, configurable: true });
      input?.dispatchEvent(new window.Event('change', { bubbles: true }));
    };
    attach('notes.txt', 'text/plain', new Uint8Array(1));
    await page.sees('notes.txt is neither an image nor a PDF.');
    attach('dot.png', 'image/png', new Uint8Array(Buffer.from(PIXEL, 'base64')));
    await page.sees('dot.png');
    await page.say('What is this?');
    await page.sees('You said: "What is this?"');
    expect(page.find('article.user img')?.getAttribute('src')).toBe(`data:image/png;base64,${PIXEL}`);
  });

  it('takes an answer up again that is being written during a reload', async () => {
    await open('#/');
    await page.say('Tell me a story');
    await page.sees('The lighthouse keeper');
    const { hash } = window.location;
    close();
    await open(hash);
    await page.sees('The lighthouse keeper');
    expect(page.text).not.toContain('History:');
    await page.sees('History:');
    await page.rests();
    expect(page.messages).toHaveLength(2);
  });

  it('takes an answer up again after the network has been away', async () => {
    await open('#/');
    await page.say('Tell me a story');
    await page.sees('The lighthouse keeper');
    (server.app.getHttpServer() as { closeAllConnections: () => void }).closeAllConnections();
    await page.sees('The server does not answer.');
    await page.sees('History:');
    await page.rests();
    expect(page.text).not.toContain('The server does not answer.');
    expect(page.messages).toHaveLength(2);
  });

  it('closes its stream when the browser keeps it aside, and takes it up when it comes back', async () => {
    await open('#/');
    await page.say('Tell me a story');
    await page.sees('The lighthouse keeper');
    window.dispatchEvent(new window.Event('pagehide'));
    await page.rests();
    expect(page.text).not.toContain('History:');
    window.dispatchEvent(Object.assign(new window.Event('pageshow'), { persisted: true }));
    await page.sees('History:');
    expect(page.messages).toHaveLength(2);
  });

  it('says what went wrong, and asks again when told to', async () => {
    await open('#/');
    server.sandbox.fault({ fault: 'gateway-insufficient-credits' });
    await page.say('Hello');
    await until(() => page.find('[role="alert"]') !== null);
    expect(page.find('[role="alert"] p')?.textContent).toMatch(/credits/i);
    await page.press('Try again');
    await page.sees('You said: "Hello"');
    await page.rests();
    expect(page.find('[role="alert"]')).toBeNull();
  });
});

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
