import { type Server } from 'node:http';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type LoggerService } from '@nestjs/common';
import { logAccess } from '../../src/app/access-log.js';
import { DuoRouterService } from '../../src/router/duo-router.service.js';
import { grant, json, type Reply, sse, startUpstream, text, type Upstream } from '../unit/gateway/upstream.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { PLATFORMS, startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

const OWN = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

class Lines implements LoggerService {
  readonly lines: string[] = [];
  log = (): void => undefined;
  warn = (message: unknown): number => this.lines.push(String(message));
  error = (message: unknown): number => this.lines.push(String(message));
}

class Requests implements LoggerService {
  readonly entries: Record<string, unknown>[] = [];
  log = (message: unknown, fields: unknown): void => {
    if (message === 'Request') this.entries.push(fields as Record<string, unknown>);
  };
  warn = (): void => undefined;
  error = (): void => undefined;
}

describe.each(PLATFORMS)('The request id on %s', (platform) => {
  const logger = new Lines();
  const server = useTestServer({ platform, logger, tries: 2 });
  let client: HttpClient;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });
  beforeEach(() => {
    server.sandbox.reset();
    logger.lines.length = 0;
  });

  it.each([
    ['POST', '/chats'],
    ['GET', '/chats'],
    ['GET', '/chats/x'],
    ['GET', '/models'],
    ['GET', '/health/live'],
    ['GET', '/health/ready'],
    ['GET', '/nowhere'],
    ['GET', '/chats/%zz'],
  ])('is in the response to %s %s: the caller’s or a generated one', async (method, path) => {
    const told = await client.send(method, path, undefined, { 'x-request-id': 'trace:7_a.b-c' });
    expect(told.get('x-request-id')).toBe('trace:7_a.b-c');
    for (const strange of [{}, { 'x-request-id': 'a b' }, { 'x-request-id': 'x'.repeat(129) }]) {
      const own = await client.send(method, path, undefined, strange as Record<string, string>);
      expect(own.get('x-request-id')).toMatch(OWN);
    }
  });

  it('is in the responses to a run and in the ledger, retries included', async () => {
    const chatId = await client.createChat();
    const headers = { 'x-request-id': 'ask-1' };
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    const answer = await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' }, headers);
    expect([answer.status, answer.get('x-request-id')]).toEqual([201, 'ask-1']);
    const { runId } = answer.body as { runId: string };
    const attempts: unknown[] = await server.database.query(
      'SELECT run_id, request_id, status FROM duo_attempts WHERE chat_id = $1 ORDER BY number',
      [chatId],
    );
    expect(attempts).toEqual([
      { run_id: runId, request_id: 'ask-1', status: 'failed' },
      { run_id: runId, request_id: 'ask-1', status: 'succeeded' },
    ]);
    expect(logger.lines).toEqual([expect.stringMatching(`^Attempt 1 of run ${runId} \\(request ask-1\\) failed`)]);
  });

  it('is in a stream, and in the error that ends it', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'stream-reset', afterChunks: 3, times: 2 });
    const response = await client.send(
      'POST',
      `/chats/${chatId}/messages`,
      { content: 'Hello' },
      {
        'x-request-id': 'stream-1',
        accept: 'text/event-stream',
      },
    );
    expect(response.get('x-request-id')).toBe('stream-1');
    expect(response.get('x-run-id')).toMatch(OWN);
    expect(response.text).toMatch(/event: error\ndata: \{"problem":\{.*"requestId":"stream-1"\}\}/);
  });

  it('is in the log of an internal error', async () => {
    const chatId = await client.createChat();
    await server.database.query('ALTER TABLE messages RENAME TO messages_gone');
    try {
      const response = await client.send(
        'POST',
        `/chats/${chatId}/messages`,
        { content: 'x' },
        { 'x-request-id': 'bad-1' },
      );
      expect([response.status, response.body]).toMatchObject([500, { code: 'internal_error', requestId: 'bad-1' }]);
    } finally {
      await server.database.query('ALTER TABLE messages_gone RENAME TO messages');
    }
    expect(logger.lines.join('\n')).toContain('Request bad-1 failed');
  });

  it('is in the log for a run whose end cannot be stored', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 3_000 });
    const before = server.sandbox.calls.requests['anthropic-messages'];
    const asking = client.send('POST', `/chats/${chatId}/messages`, { content: 'x' }, { 'x-request-id': 'lost-1' });
    await until(() => server.sandbox.calls.requests['anthropic-messages'] > before);
    await server.database.query('ALTER TABLE messages RENAME TO messages_gone');
    try {
      expect((await asking).status).toBe(500);
    } finally {
      await server.database.query('ALTER TABLE messages_gone RENAME TO messages');
    }
    expect(logger.lines.join('\n')).toMatch(/The run [\da-f-]{36} \(request lost-1\) failed/);
  });
});

describe('A malformed HTTP request', () => {
  it('gets a generated id', async () => {
    const server = await startTestServer();
    try {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.end('NONSENSE\r\n\r\n');
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      expect(answer).toMatch(/\r\nx-request-id: [\da-f-]{36}\r\n[^]*"requestId":"[\da-f-]{36}"/);
    } finally {
      await server.close();
    }
  });
});

describe.each(PLATFORMS)('The access log on %s', (platform) => {
  const logger = new Requests();
  const server = useTestServer({ platform, logger });
  let client: HttpClient;
  let chatId: string;
  beforeAll(async () => {
    logAccess(server.app.getHttpServer() as Server);
    client = new HttpClient(server.url);
    chatId = await client.createChat();
  });
  beforeEach(async () => {
    await until(() => logger.entries.length > 0);
    logger.entries.length = 0;
  });

  it.each<[method: string, path: string, status: number]>([
    ['GET', '/chats?limit=1', 200],
    ['GET', '/chats?password=hunter2', 400],
    ['GET', '/nowhere?token=hunter2', 404],
    ['GET', '/nowhere/glpat-aBcD1234efGH5678ijkl', 404],
    ['GET', '/chats/%zz?token=hunter2', 400],
    ['POST', '/chats', 201],
    // The platform rewrites this one, for programs: the line has what the client asked for.
    ['GET', '/docs', 404],
  ])('has a line for %s %s, without the query and without secrets', async (method, path, status) => {
    await client.send(method, path, undefined, { 'x-request-id': 'line-1', accept: 'application/json' });
    await until(() => logger.entries.length > 0);
    const shown = path.replace(/\?.*/, '').replace(/glpat-\w+/, '[redacted]');
    expect(logger.entries).toEqual([
      { method, path: shown, status, durationMs: expect.any(Number), requestId: 'line-1' },
    ]);
  });

  it('has a line for a stream only when it ends', async () => {
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const leaving = new AbortController();
    const response = await client.openEvents(chatId, 'Hello', leaving.signal);
    for await (const { type } of readEvents(response)) if (type === 'text-delta') break;
    expect(logger.entries).toEqual([]);
    leaving.abort();
    await until(() => logger.entries.length > 0);
    expect(logger.entries).toMatchObject([
      { method: 'POST', path: `/chats/${chatId}/messages`, status: 200, aborted: true },
    ]);
  });

  it('has no status for a client that disconnects before the response begins', async () => {
    const other = await client.createChat();
    await until(() => logger.entries.length > 0);
    logger.entries.length = 0;
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const before = server.sandbox.calls.requests['anthropic-messages'];
    const leaving = new AbortController();
    const asking = fetch(`${server.url}/chats/${other}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"content":"Hello"}',
      signal: leaving.signal,
    }).catch(() => undefined);
    await until(() => server.sandbox.calls.requests['anthropic-messages'] > before);
    leaving.abort();
    await asking;
    await until(() => logger.entries.length > 0);
    expect(logger.entries).toMatchObject([{ path: `/chats/${other}/messages`, status: null, aborted: true }]);
  });
});

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

const SECRET = 'hunter2-x7';
const QUERY = ['password', 'token', 'api_key', 'access_token', 'pw', 'q'].map((name) => `${name}=${SECRET}`).join('&');

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
