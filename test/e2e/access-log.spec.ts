import { type Server } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type LoggerService } from '@nestjs/common';
import { logAccess } from '../../src/app/access-log.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

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
