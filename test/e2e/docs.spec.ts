import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { leadToDocs } from '../../src/app/docs.js';
import { serverDocument } from '../../src/app/server-document.js';
import { type Chat, DuoChatService } from '../../src/index.js';
import { testTool } from './support/test-tool.js';
import { HttpClient } from './support/http-client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

interface Parameter {
  $ref?: string;
  name?: string;
  in?: string;
  example?: string | number;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { example?: unknown }> };
}

const document = serverDocument();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item as Record<string, Operation>)
    .filter(([method]) => method !== 'parameters')
    .map(([method, operation]) => ({ call: `${method.toUpperCase()} ${path}`, method, path, operation })),
);

describe('The API documentation of the server', () => {
  let server: TestServer;
  let client: HttpClient;
  let chatId: string;
  const calls: string[] = [];

  beforeAll(async () => {
    const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
    server = await startTestServer({
      tools: [pay],
      apiKeys: [{ owner: 'anna', key: 'A-key-of-anna-alone' }],
      prepare: leadToDocs,
    });
    client = new HttpClient(server.url, 'A-key-of-anna-alone');
    const chats = server.app.get<DuoChatService<Chat>>(DuoChatService, { strict: false });
    const chat = await chats.create({ ownerId: 'anna' });
    await chat.withTools(pay).ask('call pay {"amount":1}\ncall pay {"amount":2}');
    calls.push(...(await chat.pendingApprovals()).map(({ id }) => id));
    chatId = chat.id;
  });
  afterAll(() => server.close());

  /** A chat in the state in which the call does what it is for. */
  async function chatFor(path: string): Promise<string> {
    if (path.includes('tool-calls')) return chatId;
    const id = await client.createChat();
    if (!path.endsWith('/completions')) return id;
    server.sandbox.fault({ fault: 'gateway-bad-request' });
    expect((await client.send('POST', `/chats/${id}/messages`, { content: 'Hello' })).status).toBe(502);
    return id;
  }

  it.each(operations)('has a working example of $call', async ({ method, path, operation }) => {
    const query = (operation.parameters ?? []).filter(
      ({ in: place, example }) => place === 'query' && example !== undefined,
    );
    const search = new URLSearchParams(
      query.map(({ name = '', example }): [string, string] => [name, String(example)]),
    );
    const url = path.replace('{id}', await chatFor(path)).replace('{toolCallId}', () => calls.pop() ?? '');
    const example = operation.requestBody?.content['application/json']?.example;
    if (operation.requestBody !== undefined) expect(example).toEqual(expect.any(Object));
    const response = await client.send(method.toUpperCase(), `${url}?${search.toString()}`, example);
    expect([response.ok, response.status, response.text]).toEqual([true, expect.any(Number), expect.any(String)]);
  });

  it('prefills no id and no cursor', () => {
    const { chatId: chat, toolCallId: call } = document.components.parameters;
    expect(chat).toEqual(expect.objectContaining({ description: expect.stringMatching(/^Paste the `id` of a chat/) }));
    expect(call).toEqual(expect.objectContaining({ description: expect.stringMatching(/^Paste the `id` of a call/) }));
    expect([chat, call].some((parameter) => parameter !== undefined && 'example' in parameter)).toBe(false);
    expect(JSON.stringify(document.paths)).not.toMatch(/"name":"cursor"[^}]*\}[^}]*"example"/);
  });

  it('is the redirect target of /, without a key', async () => {
    for (const accept of ['text/html', 'application/json', '*/*']) {
      const answer = await fetch(server.url, { headers: { accept }, redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
    }
    expect((await fetch(`${server.url}/other`)).status).toBe(401);
  });
});
