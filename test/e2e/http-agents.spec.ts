import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentsModule, calls } from './support/agents.js';
import { HttpClient } from './support/http-client.js';
import { useTestServer } from './support/use-test-host.js';

type Json = Record<string, unknown>;

const server = useTestServer({ imports: [AgentsModule] });
let http: HttpClient;

beforeAll(() => {
  http = new HttpClient(server.url);
});
beforeEach(() => {
  calls.length = 0;
});

describe('A chat of an agent over HTTP', () => {
  it('is created by the name of the agent, and uses its tools', async () => {
    const chat = await http.json<{ id: string }>('POST', '/chats', { agent: 'guide', title: 'Rome' });
    expect(chat).toMatchObject({
      agent: 'guide',
      title: 'Rome',
      model: 'duo-chat-haiku-4-5',
      params: { temperature: 0.5 },
    });
    expect(await http.json('GET', `/chats/${chat.id}`)).toEqual(chat);
    expect((await http.ask(chat.id, 'call weather {"city":"Rome"}')).text).toContain('Sunny in Rome');
    const events = await http.events(chat.id, 'call weather {"city":"Oslo"}');
    expect(events.map(({ type }) => type)).toContain('tool-result');
    expect(calls.map(({ city }) => city)).toEqual(['Rome', 'Oslo']);
    expect((await http.messages(chat.id))[0]).toMatchObject({ role: 'system', text: 'You are a travel guide.' });
  });

  it('has no agent unless it is named, and prefers explicit settings', async () => {
    expect(await http.json('POST', '/chats', {})).not.toHaveProperty('agent');
    const model = 'duo-chat-gpt-5-2';
    const chat = await http.json<{ id: string }>('POST', '/chats', {
      agent: 'guide',
      model,
      instructions: 'Be brief.',
    });
    expect(chat).toMatchObject({ agent: 'guide', model });
    expect((await http.messages(chat.id)).map(({ text }) => text)).toEqual(['Be brief.']);
  });

  it('is created by the name of the class, too', async () => {
    expect(await http.json('POST', '/chats', { agent: 'Guide' })).toMatchObject({ agent: 'guide' });
  });

  it('keeps its agent after every update', async () => {
    const chatId = await http.createChat({ agent: 'guide' });
    const changed = await http.json<Json>('PATCH', `/chats/${chatId}`, {
      model: 'duo-chat-gpt-5-2',
      metadata: { a: 1 },
    });
    expect(changed).toMatchObject({ agent: 'guide', model: 'duo-chat-gpt-5-2' });
    expect((await http.ask(chatId, 'call weather {"city":"Rome"}')).text).toContain('Sunny in Rome');
    const other = await http.send('PATCH', `/chats/${chatId}`, { agent: 'planner' });
    expect([other.status, other.body]).toMatchObject([400, { code: 'validation_failed' }]);
  });

  it.each<[string, Json, string]>([
    ['that there is not', { agent: 'pilot' }, 'There are: "guide", "planner"'],
    ['without a name', { agent: '' }, 'agent'],
    ['that is no name', { agent: 7 }, 'agent'],
    ['that needs inputs, which are the application’s to give', { agent: 'planner' }, 'inputs of the agent "planner"'],
    ['with inputs', { agent: 'planner', inputs: { team: 'sales' } }, 'inputs'],
  ])('is refused for an agent %s', async (_what, body, detail) => {
    const response = await http.send('POST', '/chats', body);
    expect(response.body).toMatchObject({
      status: 400,
      code: 'validation_failed',
      detail: expect.stringContaining(detail),
    });
  });
});
