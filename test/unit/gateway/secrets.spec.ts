import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toProblem } from '../../../src/errors/problem.js';
import { KnownSecrets } from '../../../src/gateway/secret-redactor.js';
import { type Api } from '../../../src/messages/part.interface.js';
import { pythonBytes } from '../../../src/sandbox/faults/python-bytes.js';
import { casesOf, generator } from '../random.js';
import { type Client, clientOf } from './client.js';
import { grant, json, type Reply, sse, startUpstream, text, type Upstream } from './upstream.js';

/** Credentials that look like nothing in particular. */
const apiKey = 'Zq7#k"w/9%T\\x2vB+m=4';
const gatewayToken = `h8;Lp'3/dR"z\\q6&Yw=1`;

const secrets = {
  'the key': apiKey,
  'the gateway token': gatewayToken,
  'a personal access token': 'glpat-7Hs_kd82JsLq0-pWm3Xy.01.1a2b3c4d5',
  'an OAuth token': `gloas-${'4f8a'.repeat(16)}`,
  'a JWT': 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI4MTIzIn0.c2lnbmF0dXJl-b2Zfand0',
  'a key of Anthropic': 'sk-ant-api03-Qw8rTz5LpX_2nVbK',
  'a key of OpenAI': 'sk-proj-9aXcVbNm4LkJhGf',
};

/** Texts that hold a secret. */
const wordings: ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => `The token ${secret} is wrong.`,
  (secret) => `first line\n${secret}\tand\r\n${secret}`,
  (secret) => `Authorization: Bearer ${secret}`,
  (secret) => `{"private-token":${JSON.stringify(secret)}}`,
  (secret) =>
    `see https://oauth2:${encodeURIComponent(secret)}@gitlab.example/x?private_token=${encodeURIComponent(secret)}`,
];

/** Bodies that hold a text. */
const bodies: ((words: string) => unknown)[] = [
  (words) => ({ message: words }),
  (words) => ({ error: words, error_description: words }),
  (words) => ({ detail: words }),
  (words) => ({ error: 'x', error_code: words }),
  (words) => ({ type: 'error', error: { type: words, message: words } }),
  (words) => ({ error: { code: words, message: words, type: 'invalid_request_error' } }),
  (words) => ({ error: { odd: words } }),
  (words) => ({ odd: [words] }),
  (words) => ({ message: pythonBytes(JSON.stringify({ type: 'error', error: { type: 'x', message: words } })) }),
  (words) => ({ message: pythonBytes(words) }),
  (words) => `<!DOCTYPE html><html><head><title>${words}</title></head><body>${words}</body></html>`,
  (words) => words,
  (words) => `{"message":"${words}`,
];

const models: [Api, string][] = [
  ['anthropic-messages', 'duo-chat-haiku-4-5'],
  ['openai-chat', 'duo-chat-gpt-5-1'],
  ['openai-responses', 'duo-chat-gpt-5-6-sol'],
];

/** Events that hold a text and end a stream. */
const events: ((words: string) => string)[] = [
  (words) => JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: words } }),
  (words) => JSON.stringify({ type: 'error', error: { type: words, code: words } }),
  (words) => JSON.stringify({ type: 'error', code: words, message: words }),
  (words) => JSON.stringify({ type: 'error', error: words }),
  (words) => JSON.stringify({ error: { code: words, message: words } }),
  (words) => JSON.stringify({ type: 'response.failed', response: { error: { code: words, message: words } } }),
  (words) => `not JSON: ${JSON.stringify(words)}`,
  (words) => JSON.stringify(words),
];

/** All that anybody can see of an error. */
function views(error: unknown): string {
  const shown = [inspect(error, { depth: Infinity, showHidden: true, maxStringLength: null }), JSON.stringify(error)];
  for (let link = error; link instanceof Error; link = link.cause)
    shown.push(link.message, String(link.stack), JSON.stringify(link), JSON.stringify(toProblem(link)));
  return shown.join('\n');
}

/** No eight characters of a secret in a row, be it whole, cut or escaped. */
function expectNothingOf(secret: string, error: unknown): void {
  const shown = views(error);
  for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
    for (let at = 0; at + 8 <= form.length; at += 1) {
      if (shown.includes(form.slice(at, at + 8))) throw new Error(`"${form.slice(at, at + 8)}" shows in ${shown}`);
    }
  }
}

/** Also at the places where messages are cut. */
const paddings = ['', 'x '.repeat(235), 'y '.repeat(245), `${'z'.repeat(490)} `];

/** One of several ways to put a secret into words, by chance. */
const below = generator(3);
const worded = (secret: string) => {
  const padding = paddings[below(paddings.length)] ?? '';
  return padding + (wordings[below(wordings.length)] ?? String)(secret);
};

const ROUNDS = casesOf(6);

describe('Gateway errors', () => {
  let upstream: Upstream;
  let client: Client;

  beforeAll(async () => {
    upstream = await startUpstream();
    client = clientOf(upstream.url, { apiKey, retries: { tries: 1 } });
    upstream.onExchange(grant({ token: gatewayToken }));
    client.exchange.invalidate(await client.exchange.get());
  });
  afterAll(async () => {
    await client.close();
    await upstream.close();
  });

  async function ask(model: string): Promise<unknown> {
    const messages = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hi' }] }];
    const { error } = await client.router.route({ model, messages }, { onEvents: () => undefined });
    if (error === undefined) throw new Error('This should have failed.');
    return error;
  }

  describe.each(Object.entries(secrets))('%s is never quoted', (_name, secret) => {
    const statuses = [200, 302, 401, 403, 503];

    it('from a body or a header of the exchange', async () => {
      for (const status of statuses) {
        for (const body of bodies) {
          upstream.onExchange(json(status, body(worded(secret)), { location: `/${encodeURIComponent(secret)}` }));
          expectNothingOf(secret, await ask('duo-chat-haiku-4-5'));
        }
      }
    });

    it('from a body or a header of the gateway', async () => {
      upstream.onExchange(grant({ token: gatewayToken }));
      for (const status of statuses) {
        for (const body of bodies) {
          const headers = { location: `https://x:${encodeURIComponent(secret)}@y/${encodeURIComponent(secret)}` };
          upstream.onGateway(json(status, body(worded(secret)), headers));
          expectNothingOf(secret, await ask('duo-chat-haiku-4-5'));
        }
      }
      for (const header of ['content-type', 'content-encoding', 'location']) {
        upstream.onGateway(json(header === 'location' ? 307 : 200, 'x', { [header]: `odd/${secret}` }));
        expectNothingOf(secret, await ask('duo-chat-haiku-4-5'));
      }
    });

    it.each(models)('from a stream of %s', async (_api, model) => {
      upstream.onExchange(grant({ token: gatewayToken }));
      for (const event of events) {
        for (let round = 0; round < ROUNDS; round += 1) {
          upstream.onGateway(sse(`data: ${event(worded(secret))}\n\n`));
          expectNothingOf(secret, await ask(model));
        }
      }
    });

    it('from a response that is not HTTP', async () => {
      upstream.onExchange(grant({ token: gatewayToken }));
      const garble: Reply = (_response, { socket }) =>
        socket.end(`HTTP/1.1 ${secret} oh\r\n${secret}: ${secret}\r\n\r\n`);
      upstream.onGateway(garble);
      expectNothingOf(secret, await ask('duo-chat-haiku-4-5'));
      const tail: Reply = (_response, { socket }) =>
        socket.end(
          `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${secret}\r\n`,
        );
      upstream.onGateway(tail);
      expectNothingOf(secret, await ask('duo-chat-haiku-4-5'));
    });

    it('from a body that is cut in its middle', async () => {
      upstream.onExchange(grant({ token: gatewayToken }));
      upstream.onGateway(json(500, `${' '.repeat(64 * 1024 - 13)}${secret}`));
      expectNothingOf(secret, await ask('duo-chat-haiku-4-5'));
    });
  });

  it('A gateway without faults answers', async () => {
    upstream.onExchange(grant({ token: gatewayToken }));
    upstream.onGateway(text('Hello'));
    await expect(ask('duo-chat-haiku-4-5')).rejects.toThrow('should have failed');
  });
});

describe('SecretRedactor', () => {
  it('keeps a permanent secret, however many others it learns', () => {
    const secrets = new KnownSecrets();
    secrets.keepAlways('k9:vR2#mQ7+wXz/4Lp');
    secrets.keep('passing-secret-0');
    for (let index = 1; index <= 4_000; index += 1) secrets.keep(`passing-secret-${index}`);
    expect(secrets.redact('k9:vR2#mQ7+wXz/4Lp, passing-secret-4000, k9%3AvR2%23mQ7%2BwXz%2F4Lp.')).toBe(
      '[redacted], [redacted], [redacted].',
    );
    expect(secrets.redact('passing-secret-0.')).toBe('passing-secret-0.');
  });

  it('finds each of thousands of secrets: escaped, within a word, or truncated at the end', () => {
    const below = generator(7);
    const signs = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/="#';
    const random = (length: number) => Array.from({ length }, () => signs.charAt(below(signs.length))).join('');
    const secrets = new KnownSecrets();
    const all = Array.from({ length: 4_500 }, () => `k9:${random(17 + below(30))}`);
    for (const secret of all) secrets.keep(secret);
    const texts = ['x'.repeat(1_000), `${random(2_000)} "`];
    for (const [index, secret] of all.entries()) {
      if (index % 150 > 0) continue;
      const [filler = ''] = texts.slice(index % texts.length);
      const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
      const isKept = index >= 500;
      const cuts = [8, 12, secret.length - 1].map((length) => secret.slice(0, length));
      for (const said of [...forms.map((form) => `${form}, done`), ...cuts]) {
        const clean = said.replace(/^[^,]+/, isKept ? '[redacted]' : '$&');
        expect([secret, secrets.redact(filler + said)]).toEqual([secret, filler + clean]);
      }
    }
  });
});
