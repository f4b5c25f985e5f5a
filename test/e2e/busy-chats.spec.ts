import { beforeEach, describe, expect, it } from '@jest/globals';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { Chat, DuoChatService, type Run } from '../../src/index.js';
import { createTestDatabase } from '../database/test-database.js';
import { startTestHost } from './support/test-module.js';
import { testTool } from './support/test-tool.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

type Said = { role: string; status: string; text: string; runId: string | null };
type TalkingChat = BaseChat<Said>;

const pay = testTool('pay', () => 'Paid', { requiresApproval: true });

describe.each(['in the database', 'in memory'])('A busy chat %s', (place) => {
  const host = useTestHost([Chat], { tools: [pay], gitlab: { limits: { queuedRuns: 5 } } });
  let chat: TalkingChat;
  let messages: () => Promise<readonly Said[]>;

  beforeEach(async () => {
    host.sandbox.reset();
    if (place === 'in memory') {
      const talking = host.duo.chat();
      [chat, messages] = [talking, () => Promise.resolve(talking.messages)];
    } else {
      const stored = await host.chats.create();
      [chat, messages] = [stored, async () => (await host.chats.messages(stored.id)).items];
    }
  });

  const said = async (): Promise<string[]> => (await messages()).map(({ role, text }) => `${role}: ${text}`);
  const questions = async (): Promise<string[]> =>
    (await messages()).filter(({ role }) => role === 'user').map(({ text }) => text);
  /** A run that waits for its model, until it is cancelled. */
  async function hangingRun(): Promise<Run<Said>> {
    host.sandbox.fault({ fault: 'stream-stall' });
    const run = await chat.start('One');
    await until(() => host.sandbox.calls.openStreams === 1);
    for await (const event of run.events()) if (event.type === 'text-delta') break;
    return run;
  }
  async function parkedRun(): Promise<Run<Said>> {
    const run = await chat.withTools(pay).start('call pay {}');
    await run.result();
    return run;
  }
  const enqueue = (content: string): Promise<Run<Said>> => chat.start(content, { whenBusy: 'enqueue' });

  it('lets asks wait in order, each with its place, and answers all of them', async () => {
    const first = await hangingRun();
    const waiting: Run<Said>[] = [];
    for (const content of ['Two', 'Three', 'Four', 'Five', 'Six']) waiting.push(await enqueue(content));
    const { items } = await chat.runs({ status: 'queued' });
    expect(items.map(({ id, position }) => [id, position])).toEqual(
      waiting.map(({ id }, index) => [id, index + 1]).reverse(),
    );
    await expect(enqueue('Seven')).rejects.toMatchObject({ code: 'queue_full' });
    await expect(chat.ask('Eight')).rejects.toMatchObject({ code: 'chat_busy', runId: first.id });
    expect(await questions()).toEqual(['One']);
    await first.cancel();
    const answers = await Promise.all(waiting.map((run) => run.result()));
    expect(answers.map(({ text }) => /You said: "(\w+)"/.exec(text)?.[1])).toEqual([
      'Two',
      'Three',
      'Four',
      'Five',
      'Six',
    ]);
    expect(await questions()).toEqual(['One', 'Two', 'Three', 'Four', 'Five', 'Six']);
  });

  it('lists no runs of a status that there is not', async () => {
    await expect(chat.runs({ status: 'lost' as 'failed' })).rejects.toMatchObject({ code: 'validation_failed' });
  });

  it('tells a queued run by its first event', async () => {
    const first = await hangingRun();
    const [two, three] = [await enqueue('Two'), await enqueue('Three')];
    await two.cancel();
    await first.cancel();
    const events = [];
    for await (const event of three.events()) events.push(event);
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'run-queued', runId: three.id, eventIndex: 0 },
      { type: 'run-start', runId: three.id, eventIndex: 1 },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
    expect(await two.status()).toBe('cancelled');
    await expect(two.result()).rejects.toMatchObject({ code: 'run_cancelled', runId: two.id });
    expect(await questions()).toEqual(['One', 'Three']);
  });

  it('interrupts the active run, keeps its text, and goes before those that wait', async () => {
    const first = await hangingRun();
    const two = await enqueue('Two');
    const answer = await chat.ask('Now', { whenBusy: 'interrupt' });
    expect(answer.text).toContain('You said: "Now"');
    await two.result();
    expect(await first.status()).toBe('cancelled');
    const kept = await messages();
    expect(kept.map(({ role, status }) => `${role} ${status}`).slice(0, 4)).toEqual([
      'user complete',
      'assistant cancelled',
      'user complete',
      'assistant complete',
    ]);
    expect(kept[1]?.text).not.toBe('');
    expect(await questions()).toEqual(['One', 'Now', 'Two']);
  });

  it('cancels a queued ask by its signal, and rejects with the reason', async () => {
    const first = await hangingRun();
    const leaving = new AbortController();
    const asking = chat.ask('Two', { whenBusy: 'enqueue', signal: leaving.signal });
    await until(async () => (await chat.runs({ status: 'queued' })).items.length === 1);
    leaving.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
    await first.cancel();
    expect(await questions()).toEqual(['One']);
    expect((await chat.ask('Three')).text).toContain('You said: "Three"');
  });

  it('refuses asks while calls await approval', async () => {
    await parkedRun();
    await expect(chat.ask('Two')).rejects.toMatchObject({ code: 'pending_tool_calls' });
  });

  it('queues behind a run whose calls await approval', async () => {
    const parked = await parkedRun();
    const two = await enqueue('Two');
    expect(await two.status()).toBe('queued');
    await expect(chat.complete()).rejects.toMatchObject({ code: 'pending_tool_calls' });
    const [call] = await chat.pendingApprovals();
    await chat.approve(call?.id ?? '');
    expect((await chat.complete()).text).toContain('Paid');
    expect((await two.result()).text).toContain('You said: "Two"');
    expect(await parked.status()).toBe('completed');
  });

  it('interrupts a run whose calls await approval, and denies the calls', async () => {
    const parked = await parkedRun();
    const two = await enqueue('Two');
    expect((await chat.ask('Now', { whenBusy: 'interrupt' })).text).toContain('You said: "Now"');
    await two.result();
    expect(await parked.status()).toBe('cancelled');
    expect(await chat.pendingApprovals()).toEqual([]);
    expect(await questions()).toEqual(['call pay {}', 'Now', 'Two']);
    expect((await said()).join()).not.toContain('Paid');
  });

  it('moves on once a parked run is cancelled', async () => {
    const parked = await parkedRun();
    const two = await enqueue('Two');
    await chat.cancel();
    expect(await parked.status()).toBe('cancelled');
    expect((await two.result()).text).toContain('You said: "Two"');
  });

  it('stores the settings of a queued ask when it begins', async () => {
    const first = await hangingRun();
    const two = await chat
      .withInstructions('Be brief.')
      .withModel('duo-chat-haiku-4-5')
      .start('Two', { whenBusy: 'enqueue' });
    expect((await messages()).map(({ role }) => role)).toEqual(['user']);
    await first.cancel();
    await two.result();
    expect((await messages()).map(({ role }) => role)).toEqual(['user', 'assistant', 'system', 'user', 'assistant']);
    expect((await chat.runs()).items[0]).toMatchObject({ id: two.id, model: 'duo-chat-haiku-4-5' });
    await chat.ask('Three');
    expect((await chat.runs()).items[0]).toMatchObject({ model: 'duo-chat-haiku-4-5' });
  });

  it('joins a queued run by its key', async () => {
    const first = await hangingRun();
    const options = { whenBusy: 'enqueue', idempotencyKey: 'k' } as const;
    const [two, twin] = [await chat.start('Two', options), await chat.start('Two', options)];
    expect(twin.id).toBe(two.id);
    await expect(chat.start('Three', options)).rejects.toMatchObject({ code: 'idempotency_key_reused', runId: two.id });
    await first.cancel();
    expect((await twin.result()).runId).toBe(two.id);
    expect((await chat.ask('Two', options)).runId).toBe(two.id);
    expect(await questions()).toEqual(['One', 'Two']);
  });

  it('lets a queued run fail alone', async () => {
    const first = await hangingRun();
    const two = await chat.start(null, { whenBusy: 'enqueue' });
    const three = await enqueue('Three');
    host.sandbox.fault({ fault: 'gateway-overloaded' });
    await first.cancel();
    await expect(two.result()).rejects.toMatchObject({ code: 'upstream_overloaded' });
    expect((await three.result()).text).toContain('You said: "Three"');
  });
});

describe('Busy chats in the database', () => {
  it('begins what was queued after a restart of the application', async () => {
    const database = await createTestDatabase();
    const first = await startTestHost([Chat], { database, gitlab: { shutdownGraceMs: 50 } });
    let queued: string[] = [];
    let chatId = '';
    try {
      const chats = first.app.get<DuoChatService<Chat>>(DuoChatService);
      const chat = await chats.create();
      chatId = chat.id;
      first.sandbox.fault({ fault: 'stream-stall' });
      await chat.start('One');
      for (const content of ['Two', 'Three'])
        queued = [...queued, (await chat.start(content, { whenBusy: 'enqueue' })).id];
    } finally {
      await first.close();
    }
    const second = await startTestHost([Chat], { database });
    try {
      const chats = second.app.get<DuoChatService<Chat>>(DuoChatService);
      for (const runId of queued)
        expect(await chats.ref(chatId).run(runId).result()).toMatchObject({ status: 'complete' });
      const { items } = await chats.messages(chatId);
      expect(items.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual(['One', 'Two', 'Three']);
    } finally {
      await second.close();
      await database.drop();
    }
  });

  it('bounds the running and queued runs of an owner', async () => {
    const host = await startTestHost([Chat], { gitlab: { limits: { ownerRuns: 2 } } });
    try {
      const chats = host.app.get<DuoChatService<Chat>>(DuoChatService);
      const [one, two, free] = [
        await chats.create({ ownerId: 'ann' }),
        await chats.create({ ownerId: 'ann' }),
        await chats.create(),
      ];
      host.sandbox.fault({ fault: 'stream-stall', times: 2 });
      const first = await one.start('One', { idempotencyKey: 'k' });
      const queued = await one.start('Two', { whenBusy: 'enqueue' });
      await expect(two.ask('Three')).rejects.toMatchObject({ code: 'too_many_runs' });
      await expect(one.ask('Three', { whenBusy: 'enqueue' })).rejects.toMatchObject({ code: 'too_many_runs' });
      await expect(one.ask('Three')).rejects.toMatchObject({ code: 'chat_busy' });
      expect((await one.start('One', { idempotencyKey: 'k' })).id).toBe(first.id);
      await free.start('Free');
      await queued.cancel();
      await first.cancel();
      expect(await two.ask('Three')).toMatchObject({ status: 'complete' });
    } finally {
      await host.close();
    }
  });
});
