import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type DataSource } from 'typeorm';
import { Chat, type DuoMessage, DuoChatService } from '../../src/index.js';
import { historyHash, type Sandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { type DatabaseProxy, startDatabaseProxy } from './support/database-proxy.js';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { type AnswerView } from './support/http-client.js';
import { lockChat } from './support/row-lock.js';
import { RunRows } from './support/run-rows.js';
import { type HttpAnswer } from './support/http-client.js';
import { type ServerProcess, startServerProcess } from './support/server-process.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';

/** To whom the server says that its chats belong. */
const owner = { ownerId: 'local' };

jest.setTimeout(120_000);

/** The pieces of the answer among events. */
const pieces = (events: ReceivedEvent[]): string[] =>
  events.filter(({ type }) => type === 'text-delta').map(({ data }) => data.text as string);

describe('A server that is killed', () => {
  let shared: TestDatabase;
  let proxy: DatabaseProxy;
  let survivor: TestHost;
  let sandbox: Sandbox;
  let chats: DuoChatService<Chat>;
  let database: DataSource;
  let rows: RunRows;
  let server: ServerProcess;

  beforeAll(async () => {
    shared = await createTestDatabase();
    proxy = await startDatabaseProxy(shared.url);
    survivor = await startTestHost([Chat], { database: shared, migrated: true });
    ({ sandbox, database } = survivor);
    chats = survivor.app.get(DuoChatService);
    rows = new RunRows(database);
    await rows.prolongLeases();
  });
  afterAll(async () => {
    await survivor.close();
    await proxy.close();
    await shared.drop();
  });
  beforeEach(async () => {
    sandbox.reset();
    server = await startServerProcess(proxy.url, sandbox.url);
  });
  afterEach(() => server.kill());

  /** A chat of the server with one answer that its client has. */
  async function answeredChat(): Promise<{ chatId: string; first: AnswerView }> {
    const chatId = await server.http.createChat();
    const first = await server.http.ask(chatId, 'First');
    return { chatId, first };
  }

  /** Asks the server, whose client will learn nothing but that it is gone. */
  function doomedAsk(chatId: string): Promise<unknown> {
    return expect(server.http.ask(chatId, 'Second')).rejects.toThrow('socket hang up');
  }

  /** Follows an ask of the server until it says no more. */
  async function followedAsk(chatId: string): Promise<{ events: ReceivedEvent[]; pieces: () => string[] }> {
    const events: ReceivedEvent[] = [];
    const response = await server.http.openEvents(chatId, 'Second');
    void (async () => {
      for await (const event of readEvents(response)) events.push(event);
    })().catch(() => undefined);
    return { events, pieces: () => pieces(events) };
  }

  async function lastRun(chatId: string): Promise<{ id: string; status: string }> {
    return (await rows.runs(chatId)).at(-1) as { id: string; status: string };
  }

  /** Kills the server after a few words of its answer, all of which are in the log. */
  async function killMidStream(chatId: string): Promise<string> {
    sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
    const { pieces } = await followedAsk(chatId);
    await until(() => pieces().length === 5);
    const said = pieces().join('');
    const { id } = await lastRun(chatId);
    await until(async () => (await rows.loggedText(id)) === said);
    await server.kill();
    return said;
  }

  /** The chat takes the next ask, its messages are in order, what was acknowledged is there, and nothing is open. */
  async function expectSound(chatId: string, first: AnswerView): Promise<DuoMessage[]> {
    const answer = await chats.ref(chatId, owner).ask('And now?');
    const { items } = await chats.messages(chatId, owner);
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_message, index) => index));
    expect(items[1]).toMatchObject({ id: first.id, status: 'complete', text: first.text, parts: first.parts });
    expect(items.at(-1)).toMatchObject({ id: answer.id, status: 'complete' });
    expect(answer.text).toContain(historyHash(items.slice(0, -1)));
    expect((await rows.runs(chatId)).map(({ status }) => status)).not.toContain('running');
    expect(await rows.attempts(chatId)).not.toContain('pending');
    return items;
  }

  describe('before it sends the begin of a run', () => {
    it('has stored nothing', async () => {
      const { chatId, first } = await answeredChat();
      const held = proxy.holdRequest(chatId);
      const asking = doomedAsk(chatId);
      await held;
      await server.kill();
      await asking;
      const items = await expectSound(chatId, first);
      expect(items.map(({ text }) => text)).not.toContain('Second');
      expect((await rows.runs(chatId)).map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect(await rows.attempts(chatId)).toEqual(['succeeded', 'succeeded']);
    });
  });

  describe('after the begin of a run', () => {
    async function expectInterrupted(chatId: string, first: AnswerView): Promise<void> {
      await rows.expireLease(chatId);
      const items = await expectSound(chatId, first);
      expect(items.map(({ role, text }) => [role, text]).slice(2, 4)).toEqual([
        ['user', 'Second'],
        ['user', 'And now?'],
      ]);
      expect((await rows.runs(chatId))[1]).toMatchObject({ status: 'interrupted', fence: 1, code: 'server_busy' });
      expect(await rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded']);
    }

    it('keeps the question if it waited for the row of the chat', async () => {
      const { chatId, first } = await answeredChat();
      const unlock = await lockChat(shared.url, chatId);
      const asking = doomedAsk(chatId);
      await until(() => rows.isSomebodyWaiting());
      await server.kill();
      await asking;
      await unlock();
      await until(async () => (await lastRun(chatId)).status === 'running');
      await expectInterrupted(chatId, first);
    });

    it('keeps the question if the reply never came', async () => {
      const { chatId, first } = await answeredChat();
      const held = proxy.holdReply(chatId);
      const asking = doomedAsk(chatId);
      await held;
      await until(async () => (await lastRun(chatId)).status === 'running');
      await server.kill();
      await asking;
      await expectInterrupted(chatId, first);
    });

    it('keeps the question before the first event', async () => {
      const { chatId, first } = await answeredChat();
      sandbox.reset();
      sandbox.fault({ fault: 'gateway-hang' });
      const asking = doomedAsk(chatId);
      await until(() => sandbox.calls.requests['anthropic-messages'] === 1);
      await server.kill();
      await asking;
      await expectInterrupted(chatId, first);
    });
  });

  describe('while it answers', () => {
    it('keeps the logged text, and marks it as interrupted', async () => {
      const { chatId, first } = await answeredChat();
      const said = await killMidStream(chatId);
      await rows.expireLease(chatId);
      const items = await expectSound(chatId, first);
      const run = (await rows.runs(chatId))[1] as { id: string };
      expect(run).toMatchObject({
        status: 'interrupted',
        answer_message_id: items[3]?.id,
        finished_at: expect.any(Date),
      });
      expect(items[3]).toMatchObject({ role: 'assistant', status: 'interrupted', text: said, runId: run.id });
      expect(items[3]?.parts).toEqual([{ type: 'text', text: said }]);
      expect(await rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded']);
      const end = (await rows.log(run.id)).slice(-3);
      expect(end).toMatchObject([
        [1_000_000, { type: 'message-end', message: { id: items[3]?.id, seq: 3, status: 'interrupted', text: said } }],
        [1_000_001, { type: 'error', problem: { code: 'server_busy' } }],
        [1_000_002, { type: 'run-end', status: 'interrupted' }],
      ]);
      expect(run).toMatchObject({ last_event_index: 1_000_002 });
    });

    it('keeps only the text after the last reset, and a row for each attempt', async () => {
      const { chatId, first } = await answeredChat();
      sandbox.fault({ fault: 'stream-error', afterChunks: 4 });
      sandbox.fault({ fault: 'stream-stall', afterChunks: 2 });
      const { events } = await followedAsk(chatId);
      const { id } = await lastRun(chatId);
      const isReset = ({ type }: ReceivedEvent): boolean => type === 'reset';
      await until(() => events.some(isReset) && pieces(events.slice(events.findIndex(isReset))).length === 2);
      const said = pieces(events.slice(events.findIndex(isReset))).join('');
      await until(async () => (await rows.loggedText(id)) === pieces(events).join(''));
      await server.kill();
      await rows.expireLease(chatId);
      expect((await expectSound(chatId, first))[3]).toMatchObject({ status: 'interrupted', text: said });
      expect(await rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'unknown', 'succeeded']);
    });

    it('is answered again by a completion, which replaces the partial answer', async () => {
      const { chatId } = await answeredChat();
      await killMidStream(chatId);
      await rows.expireLease(chatId);
      const answer = await chats.ref(chatId, owner).complete();
      expect(answer).toMatchObject({
        seq: 4,
        status: 'complete',
        text: expect.stringContaining('Turn 2. You said: "Second"'),
      });
      const { items } = await chats.messages(chatId, owner);
      expect(items[3]).toMatchObject({ status: 'interrupted', supersededBy: answer.runId });
    });

    it('is recovered once, by any number of concurrent asks', async () => {
      const rival = await startTestHost([Chat], { database: shared, migrated: true });
      try {
        const rivals = rival.app.get<DuoChatService<Chat>>(DuoChatService);
        const ids = await Promise.all(Array.from({ length: 4 }, () => server.http.createChat()));
        sandbox.fault({ fault: 'stream-stall', afterChunks: 5, times: ids.length });
        const followed = await Promise.all(ids.map((id) => followedAsk(id)));
        await until(async () => {
          const logged = await Promise.all(ids.map(async (id) => rows.loggedText((await lastRun(id)).id)));
          const said = followed.map(({ pieces }) => pieces());
          return said.every((pieces, index) => pieces.length === 5 && pieces.join('') === logged[index]);
        });
        await server.kill();
        await rows.expireLease(ids[0] ?? '');
        for (const [index, id] of ids.entries()) {
          const asks = await Promise.allSettled(
            [chats, rivals, chats, rivals].map((service) => service.ref(id, owner).ask('Mine')),
          );
          const refused = asks.filter((ask) => ask.status === 'rejected');
          expect(refused.length).toBeLessThan(asks.length);
          for (const { reason } of refused) expect(reason).toMatchObject({ code: 'chat_busy', isRetryable: true });
          const { items } = await chats.messages(id, owner);
          expect(items.map(({ seq }) => seq)).toEqual(items.map((_message, seq) => seq));
          expect(items.filter(({ status }) => status === 'interrupted')).toMatchObject([
            { seq: 1, text: followed[index]?.pieces().join('') },
          ]);
          const runs = await rows.runs(id);
          expect(runs.map(({ status }) => status)).toEqual([
            'interrupted',
            ...Array.from({ length: asks.length - refused.length }, () => 'completed'),
          ]);
        }
      } finally {
        await rival.close();
      }
    });
  });

  describe('with the complete answer', () => {
    it('keeps the logged text if its finish was not sent', async () => {
      const { chatId, first } = await answeredChat();
      sandbox.fault({ fault: 'stream-stall', afterChunks: 3, delayMs: 4_000 });
      const held = proxy.holdRequest('"run-end"');
      const { events } = await followedAsk(chatId);
      await held;
      await server.kill();
      const text = pieces(events).join('');
      expect(text).toContain('Turn 2. You said: "Second"');
      const logged = await rows.loggedText((await lastRun(chatId)).id);
      expect(logged).not.toBe('');
      await rows.expireLease(chatId);
      expect((await expectSound(chatId, first))[3]).toMatchObject({ status: 'interrupted', text: logged });
      expect(text.startsWith(logged)).toBe(true);
      expect(await rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded']);
    });

    async function expectComplete(chatId: string, first: AnswerView): Promise<void> {
      const items = await expectSound(chatId, first);
      expect(items[3]).toMatchObject({
        status: 'complete',
        text: expect.stringContaining('Turn 2. You said: "Second"'),
      });
      expect((await rows.runs(chatId)).map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
      expect(await rows.attempts(chatId)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      const { id } = (await rows.runs(chatId))[1] as { id: string };
      expect((await rows.log(id)).slice(-2)).toMatchObject([
        [expect.any(Number), { type: 'message-end', message: { id: items[3]?.id, seq: 3 } }],
        [expect.any(Number), { type: 'run-end', status: 'completed' }],
      ]);
    }

    it('keeps the answer if its finish waited for the row of the chat', async () => {
      const { chatId, first } = await answeredChat();
      sandbox.reset();
      sandbox.fault({ fault: 'stream-stall', afterChunks: 3, delayMs: 5_000 });
      const asking = doomedAsk(chatId);
      await until(() => sandbox.calls.requests['anthropic-messages'] === 1);
      const unlock = await lockChat(shared.url, chatId);
      await until(() => rows.isSomebodyWaiting());
      await server.kill();
      await asking;
      await unlock();
      await until(async () => (await lastRun(chatId)).status === 'completed');
      await expectComplete(chatId, first);
    });

    it('keeps the answer and frees the chat at once if the reply to its finish never came', async () => {
      const { chatId, first } = await answeredChat();
      const held = proxy.holdReply('"run-end"');
      const asking = doomedAsk(chatId);
      await held;
      await until(async () => (await lastRun(chatId)).status === 'completed');
      await server.kill();
      await asking;
      await expectComplete(chatId, first);
    });
  });

  it('blocks its chat until its lease has expired, and continues after a restart', async () => {
    const { chatId, first } = await answeredChat();
    const said = await killMidStream(chatId);
    server = await startServerProcess(proxy.url, sandbox.url);
    const ask = (): Promise<HttpAnswer> => server.http.send('POST', `/chats/${chatId}/messages`, { content: 'Third' });
    const refused = await ask();
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'chat_busy' }]);
    await rows.expireLease(chatId);
    const answer = await ask();
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ seq: 5, text: expect.stringContaining('You said: "Third"') });
    expect((await expectSound(chatId, first))[3]).toMatchObject({ status: 'interrupted', text: said });
  });

  it('cannot store its answer if it was only asleep', async () => {
    const { chatId, first } = await answeredChat();
    sandbox.fault({ fault: 'stream-stall', afterChunks: 5, delayMs: 8_000 });
    const { events } = await followedAsk(chatId);
    const { id } = await lastRun(chatId);
    await until(async () => pieces(events).length === 5 && (await rows.loggedText(id)) === pieces(events).join(''));
    server.freeze();
    const said = pieces(events).join('');
    await rows.expireLease(chatId);
    await expectSound(chatId, first);
    const log = await rows.log(id);
    server.wake();
    await until(() => events.at(-1)?.type === 'run-end');
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', data: { problem: { code: 'server_busy' } } },
      { type: 'run-end', data: { status: 'interrupted' } },
    ]);
    expect((await expectSound(chatId, first))[3]).toMatchObject({ status: 'interrupted', text: said });
    expect(await rows.log(id)).toEqual(log);
    expect(await rows.attempts(chatId)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  });
});
