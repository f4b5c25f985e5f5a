import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Chat, DuoChatService, DuoService, type RunEvent, ToolCallDecidedError } from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { type MessageRecord } from '../../src/messages/message.interface.js';
import { type ToolResultPart } from '../../src/messages/part.interface.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { StatementLog } from './support/statement-log.js';
import { testTool } from './support/test-tool.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { RunRows } from './support/run-rows.js';
import { eventsOf } from './support/events-of.js';

type Said = Pick<MessageRecord, 'role' | 'parts' | 'text'>;
type TalkingChat = BaseChat<{ text: string; finishReason: string | null }>;

let shared: TestDatabase;
let hosts: [TestHost, TestHost];
const paid: string[] = [];
/** Decides while the tool of that name runs. */
let decideNow: () => Promise<void>;

/** One needs approval for large amounts, and the others never do. */
const tools = [
  testTool(
    'pay',
    ({ amount }, { toolCallId }) => {
      paid.push(toolCallId);
      return `Paid ${JSON.stringify(amount)}`;
    },
    { requiresApproval: (input) => (input as { amount: number }).amount > 10 },
  ),
  testTool('look', () => 'Looked'),
  testTool('decide', async () => {
    await decideNow();
    return 'Decided';
  }),
];
/** Needs approval whatever its input. */
const signingTool = testTool('sign', () => 'Signed', { requiresApproval: true });

beforeAll(async () => {
  shared = await createTestDatabase();
  const start = (): Promise<TestHost> => startTestHost([Chat], { database: shared, tools: [...tools, signingTool] });
  hosts = [await start(), await start()];
  await new RunRows(hosts[0].database).prolongLeases();
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await shared.drop();
});
beforeEach(() => {
  paid.length = 0;
});

const service = (host = hosts[0]): DuoChatService<Chat> => host.app.get(DuoChatService);
const apis = {
  'duo-chat-sonnet-4-6': 'anthropic-messages',
  'duo-chat-gpt-5-2': 'openai-chat',
  'duo-chat-gpt-5-6-sol': 'openai-responses',
} as const;
const models = Object.keys(apis) as (keyof typeof apis)[];
const places: Record<
  string,
  (model: keyof typeof apis) => Promise<{ chat: TalkingChat; messages: () => Promise<readonly Said[]> }>
> = {
  'in memory': (model) => {
    const chat = hosts[0].app.get(DuoService).chat({ model });
    return Promise.resolve({ chat, messages: () => Promise.resolve(chat.messages) });
  },
  'in the database': async (model) => {
    const chat = await service().create({ model });
    return { chat, messages: async () => (await service().messages(chat.id)).items };
  },
};
const cases = Object.keys(places).flatMap((place) => models.map((model) => ({ place, model })));

const results = (messages: readonly Said[]): ToolResultPart[] =>
  messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-result'));

describe.each(cases)('A tool call that needs approval, $place, of $model', ({ place, model }) => {
  let chat: TalkingChat;
  let messages: () => Promise<readonly Said[]>;

  beforeEach(async () => {
    ({ chat, messages } = await (places[place] as (typeof places)[string])(model));
    chat.withTools(...tools);
  });

  it('parks the run when the other calls are done, and runs once it is approved', async () => {
    const parked = await chat.ask('call pay {"amount":50}\ncall look {}');
    expect(parked).toMatchObject({ finishReason: 'tool-calls' });
    expect(results(await messages()).map(({ name }) => name)).toEqual(['look']);
    const [pending, ...others] = await chat.pendingApprovals();
    expect(others).toEqual([]);
    expect(pending).toMatchObject({
      name: 'pay',
      arguments: { amount: 50 },
      status: 'pending',
      decidedBy: null,
      decidedAt: null,
      reason: null,
    });
    const { id = '' } = pending ?? {};
    await expect(chat.ask('And now?')).rejects.toMatchObject({ code: 'pending_tool_calls' });
    await expect(chat.complete()).rejects.toMatchObject({ code: 'pending_tool_calls' });
    expect(await chat.isComplete()).toBe(false);

    expect(await chat.approve(id, { by: 'ann' })).toMatchObject({ id, status: 'approved', decidedBy: 'ann' });
    expect(paid).toEqual([]);
    const answer = await chat.complete();
    expect(paid).toEqual([id]);
    expect(answer.text).toMatch(/The tools said: "Paid 50", "Looked"/);
    expect((await messages()).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant']);
    expect(await chat.pendingApprovals()).toEqual([]);
    expect(await chat.isComplete()).toBe(true);
    expect((await chat.ask('And now?')).text).toContain('Turn 2');
  });

  it('blocks messages of the assistant until it is decided', async () => {
    await chat.ask('call pay {"amount":50}');
    const adding = chat.addMessage({ role: 'assistant', content: 'Paid' });
    await expect(adding).rejects.toMatchObject({ code: 'pending_tool_calls' });
    const [pending] = await chat.pendingApprovals();
    await chat.approve(pending?.id ?? '');
    expect((await chat.complete()).text).toContain('Paid 50');
    await chat.addMessage({ role: 'assistant', content: 'Paid' });
    expect((await messages()).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'assistant']);
  });

  it('needs no completion if everything is decided while other calls run', async () => {
    decideNow = async () => {
      const [first, second] = await chat.pendingApprovals();
      await chat.approve(first?.id ?? '', { by: 'ann' });
      await chat.deny(second?.id ?? '', { by: 'ann', reason: 'Once is enough' });
    };
    const events = await eventsOf(chat.stream('call pay {"amount":50}\ncall pay {"amount":60}\ncall decide {}'));
    expect(events.map(({ type }) => type)).not.toContain('approval-required');
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
    expect(paid).toHaveLength(1);
    const ofPay = results(await messages()).filter(({ name }) => name === 'pay');
    expect(ofPay.sort((left, right) => Number(left.isError) - Number(right.isError))).toMatchObject([
      { content: 'Paid 50', isError: false },
      { content: { denied: true, reason: 'Once is enough' }, isError: true },
    ]);
    expect(await chat.isComplete()).toBe(true);
    expect(await chat.usage()).toMatchObject({ attempts: 2, unknownAttempts: 0 });
  });

  it('waits for the pending calls if one is decided while other calls run', async () => {
    decideNow = async () => {
      const [first] = await chat.pendingApprovals();
      await chat.approve(first?.id ?? '');
    };
    const events = await eventsOf(chat.stream('call pay {"amount":50}\ncall pay {"amount":60}\ncall decide {}'));
    expect(events.at(-2)).toMatchObject({ type: 'approval-required', toolCalls: [{ arguments: { amount: 60 } }] });
    expect(paid).toEqual([]);
    const [second] = await chat.pendingApprovals();
    await chat.approve(second?.id ?? '');
    expect((await chat.complete()).text).toContain('"Paid 50", "Paid 60"');
    expect(paid).toHaveLength(2);
  });

  it('does not run after a denial, and the model gets the reason', async () => {
    await chat.ask('call pay {"amount":50}');
    const [pending] = await chat.pendingApprovals();
    await chat.deny(pending?.id ?? '', { by: 'ann', reason: 'Too much' });
    await chat.complete();
    expect(paid).toEqual([]);
    expect(results(await messages())).toMatchObject([
      { name: 'pay', content: { denied: true, reason: 'Too much' }, isError: true },
    ]);
  });

  it('continues with the model that the completion names', async () => {
    await chat.ask('call pay {"amount":50}');
    const [pending] = await chat.pendingApprovals();
    await chat.approve(pending?.id ?? '');
    const others = models.filter((other) => other !== model);
    expect(await chat.complete({ model: others[0] })).toMatchObject({ model: others[0], finishReason: 'stop' });
    expect((await chat.usage()).models.map((used) => used.model)).toEqual([model, others[0]].sort());
    expect(await chat.ask('And now?')).toMatchObject({ model });
  });

  it('keeps the options of its ask and its completions until the run ends', async () => {
    // A vendor's own parameter: the model calls the tool in every step, and so parks its run each time.
    const forced = { tool_choice: model === 'duo-chat-sonnet-4-6' ? { type: 'any' } : 'required' };
    const asked = (): string => JSON.stringify(hosts[0].sandbox.calls.lastRequests[apis[model]]?.body);
    const approve = async (): Promise<void> => {
      const [pending] = await chat.pendingApprovals();
      await chat.approve(pending?.id ?? '');
    };
    const options = { params: { ...forced, maxOutputTokens: 4_321 }, instructions: 'Be brief', maxSteps: 3 };
    await chat.withTools(signingTool).ask('Sign', options);
    await approve();
    await chat.complete({ params: { maxOutputTokens: 4_322 } });
    expect(asked()).toMatch(/4322/);
    expect(asked()).toMatch(/Be brief/);
    await approve();
    await chat.complete();
    expect(asked()).toMatch(/4322/);
    expect(asked()).toMatch(/Be brief/);
    await approve();
    await expect(chat.complete()).rejects.toMatchObject({ code: 'step_limit_reached' });

    expect(await chat.complete()).toMatchObject({ finishReason: 'stop' });
    expect(asked()).not.toMatch(/4322|Be brief/);
  });

  it('uses the limit that its completion names', async () => {
    await chat.ask('call pay {"amount":50}', { maxSteps: 1 });
    const [pending] = await chat.pendingApprovals();
    await chat.approve(pending?.id ?? '');
    expect((await chat.complete({ maxSteps: 2 })).text).toContain('Paid 50');
  });

  it('does not wait if the input needs no approval', async () => {
    expect((await chat.ask('call pay {"amount":5}')).text).toContain('Paid 5');
  });

  it('is decided once: the same decision again is accepted, another one is refused', async () => {
    await chat.ask('call pay {"amount":50}');
    const [pending] = await chat.pendingApprovals();
    const id = pending?.id ?? '';
    const decisions = await Promise.allSettled([chat.approve(id, { by: 'ann' }), chat.deny(id, { by: 'bob' })]);
    const refused = decisions.filter((decision) => decision.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toBeInstanceOf(ToolCallDecidedError);
    const isApproved = decisions[0].status === 'fulfilled';
    const winner = isApproved ? 'ann' : 'bob';
    expect((refused[0]?.reason as Error).message).toContain(`${isApproved ? 'approved' : 'denied'} by ${winner}`);
    const again = isApproved ? chat.approve(id, { by: 'eve' }) : chat.deny(id, { by: 'eve' });
    expect(await again).toMatchObject({ id, decidedBy: winner });
    await expect(chat.approve('0198c0de-0000-7000-8000-000000000000')).rejects.toMatchObject({ code: 'not_found' });
    await expect(chat.approve('mine')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is announced by an event, and its run continues with its own events and total usage', async () => {
    const before = await eventsOf(chat.stream('call pay {"amount":50}'));
    const [required, end] = before.slice(-2);
    const [pending] = await chat.pendingApprovals();
    expect(required).toEqual({
      type: 'approval-required',
      toolCalls: [{ id: pending?.id, providerCallId: pending?.providerCallId, name: 'pay', arguments: { amount: 50 } }],
    });
    expect(end).toMatchObject({ type: 'run-end', status: 'awaiting_approval' });
    await chat.approve(pending?.id ?? '');
    const answer = (await chat.complete()) as { usage?: { outputTokens: number } };
    const usage = await chat.usage();
    expect(usage).toMatchObject({ attempts: 2, unknownAttempts: 0 });
    const first = (end as { usage: { outputTokens: number } }).usage.outputTokens;
    expect(usage.outputTokens).toBe(first + (answer.usage?.outputTokens ?? 0));
  });
});

describe('A parked run in the database', () => {
  const runsOf = (chatId: string): Promise<unknown[]> =>
    hosts[0].database.query(
      'SELECT status, fence, instance_id IS NULL AS is_free, finished_at IS NULL AS is_open, last_event_index FROM duo_runs WHERE chat_id = $1 ORDER BY id',
      [chatId],
    );

  it('belongs to no instance, and continues in another application with its tools', async () => {
    const chat = await service().create({});
    await service().ref(chat.id).ask('call pay {"amount":50}', { tools });
    expect(await runsOf(chat.id)).toMatchObject([
      { status: 'awaiting_approval', fence: 0, is_free: true, is_open: true },
    ]);
    await hosts[0].database.query("UPDATE duo_instances SET expires_at = now() - interval '10 minutes'");
    await expect(service(hosts[1]).ref(chat.id).ask('Hello')).rejects.toMatchObject({ code: 'pending_tool_calls' });
    await hosts[0].database.query("UPDATE duo_instances SET expires_at = now() + interval '15 seconds'");
    const [pending] = await service(hosts[1]).ref(chat.id).pendingApprovals();
    await service(hosts[1])
      .ref(chat.id)
      .approve(pending?.id ?? '');
    const answer = await service(hosts[1]).ref(chat.id).complete();
    expect(answer.text).toContain('The tools said: "Paid 50"');
    expect(await runsOf(chat.id)).toMatchObject([{ status: 'completed', fence: 1, is_open: false }]);
    const log: { first_index: number; events: RunEvent[] }[] = await hosts[0].database.query(
      'SELECT first_index, events FROM duo_run_events WHERE run_id = $1 ORDER BY first_index',
      [answer.runId],
    );
    const indexes = log.flatMap(({ first_index, events }) => events.map((_event, place) => first_index + place));
    expect(indexes).toEqual(indexes.map((_index, place) => place));
    const ends = log.flatMap(({ events }) => events).filter((event) => event.type === 'run-end');
    expect(ends.map(({ status }) => status)).toEqual(['awaiting_approval', 'completed']);
    const { usage } = ends.at(-1) as { usage: { outputTokens: number } };
    expect(usage.outputTokens).toBe((await service().ref(chat.id).usage()).outputTokens);
  });

  it('continues in another application with its options, which other runs do not store', async () => {
    const chat = await service().create({});
    const options = { params: { maxOutputTokens: 4_321 }, instructions: 'Be brief', maxSteps: 5 };
    await service()
      .ref(chat.id)
      .ask('call pay {"amount":50}', { tools, ...options });
    const [pending] = await service(hosts[1]).ref(chat.id).pendingApprovals();
    await service(hosts[1])
      .ref(chat.id)
      .approve(pending?.id ?? '');
    await service(hosts[1]).ref(chat.id).complete();
    expect(hosts[1].sandbox.calls.lastRequests['anthropic-messages']?.body).toMatchObject({ max_tokens: 4_321 });
    expect(JSON.stringify(hosts[1].sandbox.calls.lastRequests['anthropic-messages']?.body)).toContain('Be brief');
    await service().ref(chat.id).ask('Hello', { tools });
    const inputs: { input: unknown }[] = await hosts[0].database.query(
      'SELECT input FROM duo_runs WHERE chat_id = $1 ORDER BY id',
      [chat.id],
    );
    expect(inputs.map(({ input }) => input)).toEqual([options, null]);
  });

  it('resumes with two statements, and completes with five in all', async () => {
    const chat = await service().create({});
    await service().ref(chat.id).ask('call pay {"amount":50}', { tools });
    const [pending] = await service().ref(chat.id).pendingApprovals();
    await service()
      .ref(chat.id)
      .approve(pending?.id ?? '');
    const log = new StatementLog();
    try {
      expect((await service().ref(chat.id).complete()).text).toContain('Paid 50');
      const statements = log.take();
      expect(statements.filter((text) => text.includes('INSERT INTO "duo_runs"'))).toEqual([]);
      // Find the parked run, resume it, start the call, store its result with the next attempt, store the answer.
      expect(statements).toHaveLength(5);
      await service().ref(chat.id).ask('And now?');
      expect(log.take()).toHaveLength(2);
    } finally {
      log.stop();
    }
  });

  it('continues once, for any number of concurrent asks', async () => {
    const chat = await service().create({});
    await service().ref(chat.id).ask('call pay {"amount":50}', { tools });
    const [pending] = await service().ref(chat.id).pendingApprovals();
    await service()
      .ref(chat.id)
      .approve(pending?.id ?? '');
    const asks = await Promise.allSettled(
      [0, 1, 0, 1].map((host) =>
        service(hosts[host as 0 | 1])
          .ref(chat.id)
          .complete(),
      ),
    );
    expect(asks.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(paid).toEqual([pending?.id]);
  });

  it('is not reachable by another owner', async () => {
    const chat = await service().create({ ownerId: 'ann' });
    await service().ref(chat.id, { ownerId: 'ann' }).ask('call pay {"amount":50}', { tools });
    const [pending] = await service().ref(chat.id, { ownerId: 'ann' }).pendingApprovals();
    const eve = { ownerId: 'eve' };
    await expect(service().ref(chat.id, eve).pendingApprovals()).rejects.toMatchObject({ code: 'chat_not_found' });
    await expect(
      service()
        .ref(chat.id, eve)
        .approve(pending?.id ?? ''),
    ).rejects.toMatchObject({ code: 'chat_not_found' });
    const mine = await service().create({ ownerId: 'eve' });
    await expect(
      service()
        .ref(mine.id, eve)
        .approve(pending?.id ?? ''),
    ).rejects.toMatchObject({ code: 'not_found' });
    await service().delete(chat.id, { ownerId: 'ann' });
    expect(await runsOf(chat.id)).toEqual([]);
  });
});
