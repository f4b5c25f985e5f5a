import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { PLATFORMS, startTestServer } from './support/test-server.js';
import { useTestServer } from './support/use-test-host.js';

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
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).not.toContain(SECRET);
  await server.close();
});
