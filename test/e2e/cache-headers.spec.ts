import { beforeAll, describe, expect, it } from '@jest/globals';
import { testTool } from './support/test-tool.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { PLATFORMS, startTestServer } from './support/test-server.js';
import { useTestServer } from './support/use-test-host.js';

const NONE = '01a20270-303e-7767-aa57-93b6b4b670fb';

// Chromium 156 wrote the texts of chats, streams that were read by fetch included, into its cache on disk until the answers
// had no-store (RFC 9111, section 5.2.2.5).
describe.each(PLATFORMS)('Cache headers on %s', (platform) => {
  const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
  const server = useTestServer({ platform, tools: [pay] });
  let client: HttpClient;
  let chatId: string;
  let callId: string;
  beforeAll(async () => {
    client = new HttpClient(server.url);
    const chat = await server.chats.create({ ownerId: 'local' });
    await chat.withTools(pay).ask('call pay {}');
    callId = (await chat.pendingApprovals())[0]?.id ?? '';
    chatId = chat.id;
  });

  it.each<[what: string, status: number, send: () => Promise<HttpAnswer>]>([
    ['a new chat', 201, () => client.send('POST', '/chats', { title: 'x' })],
    ['a list of chats', 200, () => client.send('GET', '/chats')],
    ['a chat', 200, () => client.send('GET', `/chats/${chatId}`)],
    ['the head of a chat', 200, () => client.send('HEAD', `/chats/${chatId}`)],
    ['a changed chat', 200, () => client.send('PATCH', `/chats/${chatId}`, { title: 'y' })],
    ['messages', 200, () => client.send('GET', `/chats/${chatId}/messages`)],
    ['usage', 200, () => client.send('GET', `/chats/${chatId}/usage`)],
    ['tool calls', 200, () => client.send('GET', `/chats/${chatId}/tool-calls`)],
    ['a parked chat that is asked', 409, () => client.send('POST', `/chats/${chatId}/messages`, { content: 'x' })],
    ['a decision', 200, () => client.send('POST', `/chats/${chatId}/tool-calls/${callId}/approve`)],
    ['a completion', 201, () => client.send('POST', `/chats/${chatId}/completions`)],
    ['an answer', 201, () => client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' })],
    ['a deletion', 204, async () => client.send('DELETE', `/chats/${await client.createChat()}`)],
    ['the catalogue', 200, () => client.send('GET', '/models')],
    ['readiness', 200, () => client.send('GET', '/health/ready')],
    ['a wrong body', 400, () => client.send('POST', '/chats', { colour: 'red' })],
    ['malformed JSON', 400, () => client.send('POST', '/chats', '{')],
    [
      'a form',
      415,
      () => client.send('POST', '/chats', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['a chat that there is not', 404, () => client.send('GET', `/chats/${NONE}`)],
    ['an unknown route', 404, () => client.send('GET', '/nowhere')],
    ['a path that cannot be read', 400, () => client.send('GET', '/chats/%zz')],
    [
      'a run that fails',
      502,
      () => {
        server.sandbox.fault({ fault: 'gateway-bad-request' });
        return client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
      },
    ],
    [
      'a stream that fails at once',
      502,
      () => {
        server.sandbox.fault({ fault: 'gateway-bad-request' });
        const events = { accept: 'text/event-stream' };
        return client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' }, events);
      },
    ],
  ])('forbid storing %s', async (_what, status, send) => {
    const response = await send();
    expect([response.status, response.get('cache-control')]).toEqual([status, 'no-store']);
  });

  it('forbid storing and transforming events', async () => {
    const response = await client.openEvents(chatId, 'Hello');
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store, no-transform']);
    expect(await response.text()).toMatch(/event: run-end\ndata: \{"status":"completed"/);
  });
});

it("Cache headers forbid storing the server's answer to a missing key", async () => {
  const server = await startTestServer({ apiKeys: [{ owner: 'anna', key: 'A-key-of-anna-alone' }] });
  const response = await new HttpClient(server.url).send('GET', '/chats');
  expect([response.status, response.get('cache-control')]).toEqual([401, 'no-store']);
  await server.close();
});
