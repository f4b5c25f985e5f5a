import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { Chat, DuoChatService, GitlabDuoModule } from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { type ModelParams } from '../../src/messages/model-request.interface.js';
import { createDuoTestingModule, DuoScript } from '../../src/testing/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { AgentsModule, calls, Forecaster, Guide, House, Rover, Sleeper, TripPlanner } from './support/agents.js';
import { sandboxOptions, startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { eventsOf } from './support/events-of.js';

const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

let shared: TestDatabase;
let hosts: [TestHost, TestHost];

beforeAll(async () => {
  shared = await createTestDatabase();
  const options = { database: shared, imports: [AgentsModule] };
  hosts = [await startTestHost([Chat], options), await startTestHost([Chat], options)];
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await shared.drop();
});
beforeEach(() => {
  calls.length = 0;
  for (const { app, sandbox } of hosts) {
    sandbox.reset();
    Object.assign(app.get(House), { rules: 'Be polite.', mayFly: true });
    Object.assign(app.get(Sleeper), { isAwake: false, isAsleep: false });
  }
});

const guide = (host = hosts[0]): Guide => host.app.get(Guide);
const planner = (host = hosts[0]): TripPlanner => host.app.get(TripPlanner);
const service = (host = hosts[0]): DuoChatService<Chat> => host.app.get(DuoChatService);

/** What was sent last to Claude. */
function sent({ sandbox }: TestHost): { model: string; temperature?: number; system: string; tools: string[] } {
  const { model, temperature, system, tools } = sandbox.calls.lastRequests['anthropic-messages']?.body as {
    model: string;
    temperature?: number;
    system?: unknown;
    tools?: { name: string }[];
  };
  return { model, temperature, system: JSON.stringify(system ?? ''), tools: (tools ?? []).map(({ name }) => name) };
}

const endless = {
  instructions: () => Promise.resolve(hosts[0].app.get(Sleeper).chat()),
  tools: () => service().create({ agent: 'sleeper' }),
};

const places: Record<string, (model: string) => Promise<BaseChat<{ text: string; model: string | null }>>> = {
  'in memory': (model) => Promise.resolve(planner().chat({ team: 'sales', model })),
  'in the database': (model) => planner().createChat({ inputs: { team: 'sales', model } }),
  'in the database, reloaded elsewhere': async (model) => {
    const { id } = await planner().createChat({ inputs: { team: 'sales', model } });
    return service(hosts[1]).find(id);
  },
};
const cases = Object.keys(places).flatMap((place) => MODELS.map((model) => ({ place, model })));

describe.each(cases)('An agent with dynamic settings, $place, on $model', ({ place, model }) => {
  const chat = () => (places[place] as (typeof places)[string])(model);

  it('uses its model and its tools', async () => {
    const answer = await (await chat()).ask('call weather {"city":"Rome"}');
    expect(answer).toMatchObject({ model, text: expect.stringContaining('The tools said: "Sunny in Rome"') });
    expect(calls).toEqual([{ tool: 'weather', city: 'Rome' }]);
  });

  it('streams with its model and its tools', async () => {
    const events = await eventsOf((await chat()).stream('call weather {"city":"Rome"}'));
    expect(events).toContainEqual(expect.objectContaining({ type: 'tool-result', content: 'Sunny in Rome' }));
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
  });

  it('parks a call that needs approval', async () => {
    const parked = await chat();
    await parked.ask('call flight {"city":"Rome"}');
    const [pending] = await parked.pendingApprovals();
    await parked.approve(pending?.id ?? '');
    expect((await parked.complete()).text).toContain('Booked to Rome');
  });
});

describe('An agent in memory', () => {
  it('starts a new chat with each ask', async () => {
    expect((await guide().ask('Hello')).text).toMatch(/^Turn 1\./);
    let streamed = '';
    const onChunk = ({ text }: { text: string }) => (streamed += text);
    const answer = await guide().ask('Hello', onChunk);
    expect([answer.text.slice(0, 7), answer.seq, answer.model]).toEqual(['Turn 1.', 2, 'duo-chat-haiku-4-5']);
    expect(streamed).toBe(answer.text);
    expect(sent(hosts[0])).toMatchObject({
      temperature: 0.5,
      system: expect.stringContaining('You are a travel guide.'),
      tools: ['weather'],
    });
  });

  it('uses the last added instructions, as a persisted one does', async () => {
    for (const chat of [guide().chat(), await guide().createChat()]) {
      await chat.addMessage({ role: 'system', content: 'You are a pirate.' });
      await chat.ask('Hello');
      expect(sent(hosts[0]).system).toContain('You are a pirate.');
      expect(sent(hosts[0]).system).not.toContain('You are a travel guide.');
    }
  });

  it('fails if a call needs approval', async () => {
    const asking = planner().ask('call flight {"city":"Rome"}', { inputs: { team: 'sales' } });
    await expect(asking).rejects.toMatchObject({
      code: 'pending_tool_calls',
      message: expect.stringMatching(/use chat\(\) or createChat\(\)/),
    });
    expect(calls).toEqual([]);
  });

  it('accepts inputs, and options of an ask, which win', async () => {
    const answer = await planner().ask('call weather {"city":"Rome"}', {
      inputs: { team: 'sales' },
      ownerId: 'ann',
      model: 'duo-chat-opus-4-6',
      params: { temperature: 0.3 },
      tools: [],
    });
    expect(answer.model).toBe('duo-chat-opus-4-6');
    expect(answer.text).not.toContain('Sunny');
    expect(sent(hosts[0])).toMatchObject({ temperature: 0.3, tools: [] });
    await planner().ask('Hello', { inputs: { team: 'sales' }, ownerId: 'ann' });
    expect(sent(hosts[0])).toMatchObject({
      temperature: 0.1,
      system: expect.stringContaining('Plan for sales. Be polite.'),
    });
  });

  it('resolves its settings once for each chat, but its tools at each ask', async () => {
    const chat = planner().chat({ team: 'sales' });
    chat.withTemperature(0.7);
    await chat.ask('Hello');
    expect(sent(hosts[0])).toMatchObject({ temperature: 0.7, tools: ['weather', 'flight'] });
    Object.assign(hosts[0].app.get(House), { rules: 'Be rude.', mayFly: false });
    await chat.ask('Hello');
    expect(sent(hosts[0])).toMatchObject({ system: expect.stringContaining('Be polite.'), tools: ['weather'] });
    expect(chat.messages.filter(({ role }) => role === 'system')).toHaveLength(1);
    await chat.withTools(null).ask('Hello');
    expect(sent(hosts[0]).tools).toEqual([]);
  });

  it('stops at its own maxSteps, unless the ask sets one', async () => {
    hosts[0].sandbox.fault({ fault: 'answer-pause-turn', times: 0 });
    const requests = () => hosts[0].sandbox.calls.requests['anthropic-messages'];
    await expect(guide().ask('Hello')).rejects.toMatchObject({ code: 'step_limit_reached' });
    expect(requests()).toBe(2);
    await expect(guide().ask('Hello', { maxSteps: 3 })).rejects.toMatchObject({ code: 'step_limit_reached' });
    expect(requests()).toBe(5);
  });

  it('refuses inputs that are wrong, missing or not declared', async () => {
    const wrong = { team: 3 } as unknown as { team: string };
    await expect(planner().ask('Hello', { inputs: wrong })).rejects.toMatchObject({
      code: 'validation_failed',
      message: expect.stringMatching(/^The inputs of the agent "planner" are wrong: .*team/),
    });
    await expect(planner().createChat({} as { inputs: { team: string } })).rejects.toThrow('team');
    await expect(guide().ask('Hello', { inputs: { team: 'sales' } })).rejects.toThrow('takes no inputs');
    const chat = planner().chat(wrong);
    await expect(chat.ask('Hello')).rejects.toMatchObject({ code: 'validation_failed' });
    expect(chat.messages).toEqual([]);
    expect(hosts[0].sandbox.calls.requests['anthropic-messages']).toBe(0);
  });
});

describe('A persisted chat of an agent', () => {
  it('keeps its agent and its history', async () => {
    const made = await guide().createChat({ ownerId: 'ann', title: 'Rome', metadata: { trip: 1 } });
    const chat = await guide(hosts[1]).find(made.id, { ownerId: 'ann' });
    expect(chat).toBeInstanceOf(Chat);
    expect(chat).toMatchObject({
      agent: 'guide',
      agentInputs: null,
      model: 'duo-chat-haiku-4-5',
      params: { temperature: 0.5 },
      title: 'Rome',
      metadata: { trip: 1 },
      tools: null,
    });
    const { items } = await service().messages(chat.id, { ownerId: 'ann' });
    expect(items.map(({ role, text }) => [role, text])).toEqual([['system', 'You are a travel guide.']]);
    await expect(guide().find(made.id, { ownerId: 'bob' })).rejects.toMatchObject({ code: 'chat_not_found' });
    await expect(planner().find(made.id, { ownerId: 'ann' })).rejects.toMatchObject({ code: 'chat_not_found' });
  });

  it("prefers explicit settings to the agent's", async () => {
    const model = 'duo-chat-opus-4-6';
    const params: ModelParams = { temperature: 0.9, maxOutputTokens: 100 };
    const chat = await service().create({ agent: 'guide', model, params, instructions: 'Be brief.' });
    expect(chat).toMatchObject({ agent: 'guide', model, params });
    await chat.ask('Hello');
    expect(sent(hosts[0])).toMatchObject({
      temperature: 0.9,
      system: expect.stringContaining('Be brief.'),
      tools: ['weather'],
    });
  });

  it('finds its tools and its maxSteps by its id in another application, and the options of an ask win', async () => {
    const { id } = await guide().createChat();
    const elsewhere = service(hosts[1]);
    expect((await elsewhere.ref(id).ask('call weather {"city":"Rome"}')).text).toContain('Sunny in Rome');
    expect((await elsewhere.ref(id).ask('call weather {"city":"Rome"}', { tools: [] })).text).not.toContain('Sunny');
    hosts[1].sandbox.fault({ fault: 'answer-pause-turn', times: 0 });
    await expect(elsewhere.ref(id).ask('Hello')).rejects.toMatchObject({ code: 'step_limit_reached' });
    expect(hosts[1].sandbox.calls.requests['anthropic-messages']).toBe(5);
    await expect(elsewhere.ref(id).ask('Hello', { maxSteps: 3 })).rejects.toMatchObject({ code: 'step_limit_reached' });
    expect(hosts[1].sandbox.calls.requests['anthropic-messages']).toBe(8);
  });

  it("has the agent's current tools, for the whole chat and its inputs", async () => {
    const chat = await planner().createChat({ ownerId: 'ann', inputs: { team: 'sales' }, metadata: { trip: 1 } });
    expect(chat).toMatchObject({ agent: 'planner', agentInputs: { team: 'sales' }, params: { temperature: 0.1 } });
    hosts[1].app.get(House).mayFly = false;
    await service(hosts[1]).ref(chat.id, { ownerId: 'ann' }).ask('Hello');
    expect(sent(hosts[1]).tools).toEqual(['weather']);
    expect(planner().asked.at(-1)).toMatchObject({
      chat: { id: chat.id, metadata: { trip: 1 } },
      ownerId: 'ann',
      inputs: { team: 'sales' },
    });
    expect(planner().asked.at(-1)?.chat).toBeInstanceOf(Chat);
  });

  it('continues by its id in another application once a pending call is approved', async () => {
    const { id } = await planner().createChat({ inputs: { team: 'sales' } });
    const run = await service().ref(id).start('call flight {"city":"Oslo"}');
    expect(await run.result()).toMatchObject({ status: 'awaiting_approval' });
    const [pending] = await service(hosts[1]).ref(id).pendingApprovals();
    await service(hosts[1])
      .ref(id)
      .approve(pending?.id ?? '', { by: 'ann' });
    const answer = await service(hosts[1]).ref(id).complete();
    expect(answer).toMatchObject({ runId: run.id, text: expect.stringContaining('Booked to Oslo') });
    expect(calls).toEqual([{ tool: 'flight', city: 'Oslo' }]);
  });

  it('keeps its instructions until they are synced, by its own inputs', async () => {
    const { id } = await planner().createChat({ inputs: { team: 'sales' } });
    hosts[1].app.get(House).rules = 'Be rude.';
    const elsewhere = service(hosts[1]);
    await elsewhere.ref(id).ask('Hello');
    expect(sent(hosts[1]).system).toContain('Plan for sales. Be polite.');
    await planner(hosts[1]).syncInstructions(await elsewhere.find(id));
    await elsewhere.ref(id).ask('Hello');
    expect(sent(hosts[1]).system).toContain('Plan for sales. Be rude.');
    expect(sent(hosts[1]).system).not.toContain('Be polite.');
    await expect(guide().syncInstructions(await service().find(id))).rejects.toMatchObject({
      code: 'validation_failed',
    });
  });

  it('stores nothing for an unknown agent, or inputs without an agent', async () => {
    const before = await service().list({ limit: 100 });
    await expect(service().create({ agent: 'pilot' })).rejects.toMatchObject({
      code: 'validation_failed',
      message:
        'There is no agent "pilot" for this kind of chat. There are: "guide", "planner", "rover", "forecaster", "sleeper".',
    });
    await expect(service().create({ inputs: { team: 'sales' } })).rejects.toMatchObject({ code: 'validation_failed' });
    const model = 'opus';
    await expect(planner().createChat({ inputs: { team: 'sales', model } })).rejects.toMatchObject({
      code: 'unknown_model',
    });
    expect((await service().list({ limit: 100 })).items).toHaveLength(before.items.length);
  });

  it('can be read while its agent is missing, keeps the question, and is answered once the agent is back', async () => {
    const { id } = await guide().createChat();
    const agentless = await startTestHost([Chat], { database: shared });
    try {
      const chats = service(agentless);
      expect(await chats.find(id)).toMatchObject({ agent: 'guide' });
      await expect(chats.ref(id).ask('call weather {"city":"Rome"}')).rejects.toMatchObject({
        code: 'invalid_configuration',
        message: expect.stringContaining('"guide", which this application does not have'),
      });
      expect((await chats.messages(id)).items.map(({ role }) => role)).toEqual(['system', 'user']);
    } finally {
      await agentless.close();
    }
    expect((await service().ref(id).complete()).text).toContain('Sunny in Rome');
    const attempts: unknown[] = await hosts[0].database.query(
      'SELECT status FROM duo_attempts WHERE chat_id = $1 ORDER BY id',
      [id],
    );
    expect(attempts).toEqual(['failed', 'succeeded', 'succeeded'].map((status) => ({ status })));
  });
});

describe('An agent that never settles', () => {
  it.each(Object.entries(endless))(
    'is abandoned when the ask is cancelled while it waits for its %s',
    async (_name, make) => {
      const chat = await make();
      const abort = new AbortController();
      const asking = chat.ask('Hello', { signal: abort.signal });
      await until(() => Promise.resolve(hosts[0].app.get(Sleeper).isAsleep));
      abort.abort();
      await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
      hosts[0].app.get(Sleeper).isAwake = true;
      expect((await chat.ask('Hello')).text).toContain('You said: "Hello"');
    },
  );
});

describe('An agent without a database', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
  });
  afterAll(() => sandbox.close());

  it('answers in memory, and explains what a persisted chat would need', async () => {
    const app = await Test.createTestingModule({
      imports: [GitlabDuoModule.forRoot(sandboxOptions(sandbox)), AgentsModule],
    }).compile();
    await app.init();
    try {
      expect((await app.get(Guide).chat().ask('call weather {"city":"Rome"}')).text).toContain('Sunny in Rome');
      for (const persisted of [
        app.get(Guide).createChat(),
        app.get(Guide).find('0198c0de-0000-7000-8000-000000000000'),
      ]) {
        await expect(persisted).rejects.toMatchObject({
          code: 'invalid_configuration',
          message: expect.stringContaining('GitlabDuoModule.forFeature([Chat])'),
        });
      }
    } finally {
      await app.close();
    }
  });

  it('may compute its settings by functions in its options', async () => {
    const rover = hosts[0].app.get(Rover);
    const inputs = { city: 'Rome' };
    const { id } = await rover.createChat({ inputs, ownerId: 'ann' });
    const asks = [
      () => rover.ask('call weather {"city":"Rome"}', { inputs, ownerId: 'ann' }),
      () => service(hosts[1]).ref(id, { ownerId: 'ann' }).ask('call weather {"city":"Rome"}'),
    ];
    for (const [place, ask] of asks.entries()) {
      expect((await ask()).text).toContain('Sunny in Rome');
      expect(sent(hosts[place as 0 | 1])).toMatchObject({
        temperature: 0.1,
        system: expect.stringContaining('Be polite. Rome'),
        tools: ['weather'],
      });
    }
    expect(await service().find(id, { ownerId: 'ann' })).toMatchObject({ agent: 'rover', model: 'duo-chat-haiku-4-5' });
  });

  it.each(MODELS)('answers by its schema, in memory and after each reload, on %s', async (model) => {
    const forecaster = hosts[0].app.get(Forecaster);
    const { id } = await forecaster.createChat({ model });
    const parsed = { city: '', degrees: 0 };
    expect((await forecaster.ask('Rome?', { model })).parsed).toEqual(parsed);
    expect((await service(hosts[1]).ref(id).ask('Rome?')).parsed).toEqual(parsed);
    const events = await eventsOf(service(hosts[1]).ref(id).stream('Oslo?'));
    expect(events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('')).toBe(
      JSON.stringify(parsed),
    );
    expect((await service(hosts[1]).ref(id).ask('Why?', { schema: null })).text).toContain('You said');
  });

  it('works with scripted replies instead of models', async () => {
    const toolCalls = [{ name: 'weather', arguments: { city: 'Rome' } }];
    const app = await Test.createTestingModule({
      imports: [createDuoTestingModule({ replies: [{ toolCalls }, 'It is sunny'] }), AgentsModule],
    }).compile();
    await app.init();
    try {
      expect((await app.get(Guide).ask('Rome?')).text).toBe('It is sunny');
      const [first] = app.get(DuoScript).requests;
      expect(first).toMatchObject({
        model: 'duo-chat-haiku-4-5',
        params: { temperature: 0.5 },
        tools: [{ name: 'weather' }],
      });
    } finally {
      await app.close();
    }
  });
});
