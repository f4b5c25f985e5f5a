import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { Entity } from 'typeorm';
import { z } from 'zod';
import {
  ActsAsChat,
  ActsAsMessage,
  Agent,
  type AgentContext,
  Chat,
  DuoAgent,
  DuoChatService,
  getDuoChatToken,
  type Message,
  Tool,
} from '../../src/index.js';
import { AgentsModule, calls } from './support/agents.js';
import { HttpClient } from './support/http-client.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { useTestHost, useTestServer } from './support/use-test-host.js';

const parameters = { type: 'object' as const, properties: {} };

@Tool({ description: 'The tool of the kind', parameters })
class Greet {
  execute(): string {
    return 'Greetings';
  }
}

@Entity('case_messages')
class CaseMessage extends ActsAsMessage<Case>({ chat: () => Case }) {}

@Entity('cases')
class Case extends ActsAsChat<CaseMessage>({
  messages: () => CaseMessage,
  tools: () => [Greet],
  model: 'duo-chat-haiku-4-5',
}) {}

@Entity('note_messages')
class NoteMessage extends ActsAsMessage<Note>({ chat: () => Note }) {}

@Entity('notes')
class Note extends ActsAsChat<NoteMessage>({ messages: () => NoteMessage, default: true }) {}

@Agent({ chat: Case })
class Lawyer extends DuoAgent<object, Case> {}

@Agent()
class Clerk extends DuoAgent {}

describe('An agent with several kinds of chat', () => {
  @Module({ providers: [Greet, Lawyer, Clerk], exports: [Lawyer, Clerk] })
  class AgentsModule {}

  async function withHost(kinds: Type<Chat>[], work: (host: TestHost) => Promise<void>): Promise<void> {
    const host = await startTestHost(kinds, { imports: [AgentsModule] });
    try {
      await work(host);
    } finally {
      await host.close();
    }
  }

  it("persists its chats in its kind, or else in the default one, without the kind's tools", async () => {
    await withHost([Case, Note], async ({ app }) => {
      const filed: Case = await app.get(Lawyer).createChat();
      expect(filed).toBeInstanceOf(Case);
      expect(filed).toMatchObject({ agent: 'lawyer', model: 'duo-chat-haiku-4-5' });
      const answer: CaseMessage = await filed.ask('call greet {}');
      expect(answer).toBeInstanceOf(CaseMessage);
      expect(answer.text).not.toContain('Greetings');
      expect(await app.get(Lawyer).find(filed.id)).toBeInstanceOf(Case);
      expect(await app.get(Clerk).createChat()).toBeInstanceOf(Note);
    });
  });

  it('is not available for other kinds', async () => {
    await withHost([Case, Note], async ({ app }) => {
      const [cases, notes] = [Case, Note].map((kind) => app.get<DuoChatService<Chat>>(getDuoChatToken(kind)));
      expect(await cases?.create({ agent: 'lawyer' })).toBeInstanceOf(Case);
      expect(await notes?.create({ agent: 'clerk' })).toBeInstanceOf(Note);
      const refusal = 'There is no agent "lawyer" for this kind of chat. There are: "clerk".';
      await expect(notes?.create({ agent: 'lawyer' })).rejects.toMatchObject({
        code: 'validation_failed',
        message: refusal,
      });
    });
  });

  it('works in memory without a default kind, and names the kind that is missing', async () => {
    await withHost([Case, Chat], async ({ app }) => {
      const { text }: Pick<Message, 'text'> = await app.get(Clerk).ask('Hello');
      expect(text).toContain('You said: "Hello"');
      await expect(app.get(Clerk).createChat()).rejects.toMatchObject({
        code: 'invalid_configuration',
        message: expect.stringContaining('@Agent({ chat: … })'),
      });
    });
  });
});

/** No JSON Schema can say it: nobody tells a model what an agent is made with. */
const inputs = z.object({ since: z.coerce.date(), team: z.string().transform((name) => name.toUpperCase()) });
type Inputs = z.output<typeof inputs>;

@Agent({ inputs })
class Historian extends DuoAgent<Inputs> {
  override instructions({ inputs: { since, team } }: AgentContext<Inputs>): string {
    return `From ${since.getUTCFullYear()} on, for ${team}.`;
  }

  override tools({ inputs: { since } }: AgentContext<Inputs>): [] {
    expect(since).toBeInstanceOf(Date);
    return [];
  }
}

@Agent({ inputs: z.object({ since: z.date() }) })
class Purist extends DuoAgent<{ since: Date }> {}

const stay = z.object({ days: z.string().transform(Number), team: z.string().default('core') });

/** Callers give a text, and it sees a number. */
@Agent({ inputs: stay })
class Host extends DuoAgent<typeof stay> {
  override instructions({ inputs: { days, team } }: AgentContext<typeof stay>): string {
    return `For ${days + 1} days, with ${team}.`;
  }
}

describe('Agent inputs that JSON Schema cannot express', () => {
  @Module({ providers: [Historian, Purist, Host] })
  class AgentsModule {}

  const host = useTestHost([Chat], { imports: [AgentsModule] });
  const since = new Date('2026-01-31');

  const system = () => host.sandbox.calls.lastRequests['anthropic-messages']?.body as { system: { text: string }[] };

  it('are validated and transformed, in memory and wherever a chat is loaded', async () => {
    const given = { since, team: 'sales' };
    await host.app.get(Historian).ask('Hello', { inputs: given });
    expect(system().system[0]?.text).toBe('From 2026 on, for SALES.');
    const { id } = await host.app.get(Historian).createChat({ inputs: given });
    await host.app.get<DuoChatService<Chat>>(DuoChatService).ref(id).ask('Hello');
    expect(system().system[0]?.text).toBe('From 2026 on, for SALES.');
  });

  it('are stored as given, and transformed each time that a chat is loaded', async () => {
    await host.app.get(Host).ask('Hello', { inputs: { days: '3' } });
    expect(system().system[0]?.text).toBe('For 4 days, with core.');
    const chat = await host.app.get(Host).createChat({ inputs: { days: '3' } });
    expect(chat.agentInputs).toEqual({ days: '3' });
    await host.app.get(Host).syncInstructions(chat);
    await (await host.app.get(Host).find(chat.id)).ask('Hello');
    expect(system().system[0]?.text).toBe('For 4 days, with core.');
  });

  it('are refused before storing if they could not be read again', async () => {
    await host.app.get(Purist).ask('Hello', { inputs: { since } });
    await expect(host.app.get(Purist).createChat({ inputs: { since } })).rejects.toMatchObject({
      code: 'validation_failed',
      message: expect.stringContaining('since'),
    });
  });
});

type Json = Record<string, unknown>;

describe('A chat of an agent over HTTP', () => {
  const server = useTestServer({ imports: [AgentsModule] });
  let http: HttpClient;

  beforeAll(() => {
    http = new HttpClient(server.url);
  });
  beforeEach(() => {
    calls.length = 0;
  });

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
