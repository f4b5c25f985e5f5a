import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { useTestServer } from './support/use-test-host.js';

const key = 'A-key-of-anna-alone';

describe('Security headers', () => {
  const server = useTestServer({ apiKeys: [{ owner: 'anna', key }] });
  let client: HttpClient;
  let chatId: string;
  beforeAll(async () => {
    client = new HttpClient(server.url, key);
    chatId = await client.createChat();
  });

  it.each<[string, number, () => Promise<HttpAnswer>]>([
    ['JSON', 200, () => client.send('GET', `/chats/${chatId}`)],
    ['a deleted chat', 204, async () => client.send('DELETE', `/chats/${await client.createChat()}`)],
    [
      'events',
      200,
      () => client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' }, { accept: 'text/event-stream' }),
    ],
    ['health', 200, () => client.send('GET', '/health/live')],
    ['a problem', 404, () => client.send('GET', '/chats/none')],
    ['an unknown route', 404, () => client.send('GET', '/nowhere')],
    ['malformed JSON', 400, () => client.send('POST', '/chats', '{')],
    ['a missing key', 401, () => new HttpClient(server.url).send('GET', '/chats')],
  ])('keep browsers from misinterpreting %s', async (_name, status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(response.headers).not.toHaveProperty('strict-transport-security');
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('are set on requests that are refused before any route', async () => {
    const response = await client.send('GET', '/chats/%zz');
    expect([response.status, response.get('x-content-type-options')]).toEqual([400, 'nosniff']);
    expect(response.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");

    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/);
    expect(answer).toMatch(/\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n/);
  });

  it('admit no page of another origin', async () => {
    const headers = { origin: 'https://page.example', 'access-control-request-method': 'DELETE' };
    const response = await client.send('OPTIONS', `/chats/${chatId}`, undefined, headers);
    expect(response.status).toBe(404);
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});
