import { type Server } from 'node:http';
import { connect } from 'node:net';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type LoggerService } from '@nestjs/common';
import { logAccess } from '../../src/app/access-log.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS, startTestServer } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

const OWN = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

class Lines implements LoggerService {
  readonly lines: string[] = [];
  log = (): void => undefined;
  warn = (message: unknown): number => this.lines.push(String(message));
  error = (message: unknown): number => this.lines.push(String(message));
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

class Requests implements LoggerService {
  readonly entries: Record<string, unknown>[] = [];
  log = (message: unknown, fields: unknown): void => {
    if (message === 'Request') this.entries.push(fields as Record<string, unknown>);
  };
  warn = (): void => undefined;
  error = (): void => undefined;
}

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
