import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DuoRouterService } from '../../src/router/duo-router.service.js';
import { grant, json, type Reply, sse, startUpstream, text, type Upstream } from '../unit/gateway/upstream.js';
import { HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { PLATFORMS, startTestServer, type TestServer } from './support/test-server.js';
import { useTestServer } from './support/use-test-host.js';

const apiKey = 'Zq7#kw/9%T:2vB+m=4';
const gatewayToken = 'h8;Lp3/dRz.q6&Yw=1';
const foreign = 'glpat-7Hs_kd82JsLq0-pWm3Xy';
const secrets = [apiKey, gatewayToken, foreign];
const words = `The token ${secrets.join(' or ')} is wrong. ${'x '.repeat(160)} ${secrets.join(' ')}`;

const vendorError = { type: 'error', error: { type: 'overloaded_error', message: words } };
const failures: [string, Reply, Reply][] = [
  ['an exchange that is refused', json(401, { error: 'invalid_token', error_description: words }), sse()],
  ['an exchange behind a login', json(200, `<!DOCTYPE html><title>${words}</title>`), sse()],
  ['a refusal of the gateway', grant({ token: gatewayToken }), json(403, { detail: words })],
  ['a failure of the gateway', grant({ token: gatewayToken }), json(502, words)],
  ['an error of the vendor', grant({ token: gatewayToken }), json(529, vendorError)],
  ['an error in the stream', grant({ token: gatewayToken }), sse(`data: ${JSON.stringify(vendorError)}\n\n`)],
  ['a stream that is none', grant({ token: gatewayToken }), sse(`data: ${words}\n\n`)],
];

function expectNone(text: string): void {
  for (const secret of secrets) {
    for (let at = 0; at + 8 <= secret.length; at += 1) expect(text).not.toContain(secret.slice(at, at + 8));
  }
}

describe('A secret', () => {
  let upstream: Upstream;
  let server: TestServer;
  let client: HttpClient;
  const logger = new KeptLogger();

  beforeAll(async () => {
    upstream = await startUpstream();
    server = await startTestServer({ apiKey, instanceUrl: upstream.url, gatewayUrl: upstream.url, logger });
    client = new HttpClient(server.url);
    upstream.onExchange(grant({ token: gatewayToken, expires_at: 0 }));
    upstream.onGateway(text('Hello'));
    await client.ask(await client.createChat(), 'Hello');
  });
  afterAll(async () => {
    await server.close();
    await upstream.close();
  });

  it.each(failures)('of %s is in no response, event or row', async (_what, exchange, gateway) => {
    upstream.onExchange(exchange);
    upstream.onGateway(gateway);
    const chatId = await client.createChat();
    const answer = await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
    const events = await client.openEvents(chatId, 'Again');
    const shown = [answer.text, await events.text()];
    expect(answer.status).toBeGreaterThanOrEqual(500);
    for (const table of ['duo_runs', 'duo_attempts', 'messages'])
      shown.push(JSON.stringify(await server.database.query(`SELECT * FROM ${table} WHERE chat_id = $1`, [chatId])));
    expectNone(shown.join('\n'));
  });

  it('is not in an error after the first delta', async () => {
    upstream.onExchange(grant({ token: gatewayToken }));
    const start = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } };
    upstream.onGateway(sse(`data: ${JSON.stringify(start)}\n\n`, `data: ${JSON.stringify(vendorError)}\n\n`));
    const events = await client.events(await client.createChat(), 'Hello');
    expect(events.map(({ type }) => type)).toContain('error');
    expectNone(JSON.stringify(events));
  });

  it('is not in the log, even for an unexpected error', async () => {
    const router = server.app.get(DuoRouterService, { strict: false });
    const route = router.route.bind(router);
    router.route = () => {
      throw Object.assign(new Error(`Odd: ${foreign}`, { cause: new Error(`Bearer ${gatewayToken}`) }), {
        headers: ['authorization', `Bearer ${apiKey}`],
      });
    };
    const answer = await client.send('POST', `/chats/${await client.createChat()}/messages`, { content: 'Hello' });
    router.route = route;
    expect(answer.status).toBe(500);
    const log = logger.lines.join('\n');
    expect(log).toContain('Odd: [redacted]');
    expectNone(log + answer.text);
  });

  it('is not in the response to a request that contains one', async () => {
    const answer = await client.send('GET', `/nowhere/${foreign}`);
    expect(answer.status).toBe(404);
    expectNone(answer.text);
  });
});

const SECRET = 'hunter2-x7';
const QUERY = ['password', 'token', 'api_key', 'access_token', 'pw', 'q'].map((name) => `${name}=${SECRET}`).join('&');

describe.each(PLATFORMS)('A secret in the query of a URL on %s', (platform) => {
  const logger = new KeptLogger();
  const server = useTestServer({ platform, logger });
  let client: HttpClient;
  beforeAll(() => {
    client = new HttpClient(server.url);
  });

  it.each<[method: string, path: string, status: number]>([
    ['GET', '/nowhere', 404],
    ['POST', '/nowhere', 404],
    ['GET', '/chats/%zz', 400],
    ['GET', '/chats', 400],
    ['GET', '/chats/x', 404],
    ['PUT', '/chats', 404],
  ])('is in neither the problem nor the log of %s %s', async (method, path, status) => {
    const response = await client.send(method, `${path}?${QUERY}`);
    const problem = response.text;
    expect(response.status).toBe(status);
    expect(problem + logger.lines.join('\n')).not.toContain(SECRET);
    if (path === '/nowhere') expect(problem).toContain(`Cannot ${method} /nowhere"`);
  });

  it('is not in the log of an internal error', async () => {
    await server.database.query('ALTER TABLE messages RENAME TO messages_gone');
    try {
      const chatId = await client.createChat();
      const response = await client.send('GET', `/chats/${chatId}/messages?limit=1&token=${SECRET}`);
      expect(response.status).toBe(400);
      expect((await client.send('GET', `/chats/${chatId}/messages?limit=1`)).status).toBe(500);
      expect(logger.lines.join('\n')).toContain('failed');
      expect(logger.lines.join('\n')).not.toContain(SECRET);
    } finally {
      await server.database.query('ALTER TABLE messages_gone RENAME TO messages');
    }
  });
});

it('A secret in the query of a malformed HTTP request is not in the response', async () => {
  const server = await startTestServer();
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.end(`GET /chats?token=${SECRET} NONSENSE\r\n\r\n`);
  const answer = await readText(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).not.toContain(SECRET);
  await server.close();
});
