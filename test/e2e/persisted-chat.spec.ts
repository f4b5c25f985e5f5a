import { inspect, isDeepStrictEqual } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Column, type DataSource, Entity } from 'typeorm';
import {
  ActsAsChat,
  ActsAsMessage,
  Chat,
  DuoChatService,
  type DuoMessage,
  getDuoChatToken,
  GitlabDuoModule,
  InjectDuoChat,
  type RunEvent,
} from '../../src/index.js';
import { historyHash } from '../../src/sandbox/index.js';
import { startTestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

@Entity('ticket_messages')
class TicketMessage extends ActsAsMessage<Ticket>({ chat: () => Ticket }) {}

@Entity('tickets')
class Ticket extends ActsAsChat<TicketMessage>({
  messages: () => TicketMessage,
  model: 'duo-chat-gpt-5-1',
  kind: 'ticket',
}) {
  @Column({ type: 'text', nullable: true })
  subject!: string | null;
}

@Injectable()
class Desk {
  constructor(@InjectDuoChat(Ticket) readonly tickets: DuoChatService<Ticket>) {}
}

@Module({ imports: [GitlabDuoModule.forFeature([Ticket])], providers: [Desk] })
class DeskModule {}

describe('A persisted chat', () => {
  const host = useTestHost([Chat, Ticket], { imports: [DeskModule] });
  let chats: DuoChatService<Chat>;
  let tickets: DuoChatService<Ticket>;
  let database: DataSource;

  beforeAll(() => {
    chats = host.app.get(getDuoChatToken(Chat));
    tickets = host.app.get(Desk).tickets;
    database = host.database;
  });
  beforeEach(() => {
    host.sandbox.reset();
  });

  it('returns the stored message of an ask', async () => {
    const chat = await chats.create({ ownerId: 'ann' });
    const answer = await chat.ask('Explain transactions');
    expect(answer).toMatchObject({
      chatId: chat.id,
      seq: 1,
      role: 'assistant',
      status: 'complete',
      finishReason: 'stop',
    });
    expect(answer.usage?.outputTokens).toBeGreaterThan(0);
    expect(answer.createdAt).toBeInstanceOf(Date);
    const stored = await database.getRepository('messages').findOneByOrFail({ id: answer.id });
    const { usage: _usage, ...columns } = answer;
    expect({ ...stored }).toEqual(columns);
  });

  it('passes the pieces to the callback as they arrive, and waits for it', async () => {
    const chat = await chats.create();
    const chunks: string[] = [];
    const answer = await chat.ask('Tell me', { params: { maxOutputTokens: 700 } }, async ({ text }) => {
      await Promise.resolve();
      chunks.push(text);
    });
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.join('')).toBe(answer.text);
    expect(host.sandbox.calls.lastRequests['anthropic-messages']?.body).toMatchObject({ max_tokens: 700 });
    expect(chat.params).toEqual({});
  });

  it('streams the events of the run', async () => {
    const chat = await chats.create();
    const events: RunEvent[] = [];
    for await (const event of chat.stream('Hello')) events.push(event);
    expect(events.map(({ type }) => type).filter((type) => type !== 'text-delta')).toEqual([
      'run-start',
      'message-start',
      'message-end',
      'run-end',
    ]);
  });

  it('applies chained settings with the next ask, and stores them', async () => {
    const chat = await chats.create();
    chat.withInstructions('Be brief.').withModel('duo-chat-haiku-4-5').withTemperature(0.2).withParams({ topP: 0.9 });
    expect(await chats.find(chat.id)).toMatchObject({ model: 'duo-chat-sonnet-4-6', params: {} });
    await chat.ask('Hello');
    expect(host.sandbox.calls.lastRequests['anthropic-messages']?.body).toMatchObject({
      model: 'claude-haiku-4-5-20251001',
      temperature: 0.2,
      system: [{ text: 'Be brief.' }],
    });
    const stored = await chats.find(chat.id);
    expect([stored.model, stored.params]).toEqual(['duo-chat-haiku-4-5', { temperature: 0.2, topP: 0.9 }]);
    expect([chat.model, chat.params]).toEqual([stored.model, stored.params]);
    const { items } = await chats.messages(chat.id);
    expect(items.map(({ seq, role }) => [seq, role])).toEqual([
      [0, 'system'],
      [1, 'user'],
      [2, 'assistant'],
    ]);
    await stored.withInstructions('Be long.').ask('Again');
    expect(host.sandbox.calls.lastRequests['anthropic-messages']?.body).toMatchObject({
      system: [{ text: 'Be long.' }],
    });
    await stored.withParams({ temperature: null }).ask('Once more');
    expect((await chats.find(chat.id)).params).toEqual({ topP: 0.9 });
  });

  it('keeps unsaved settings if the ask could not begin', async () => {
    const chat = await chats.create();
    chat.withInstructions('Be brief.');
    await expect(chat.ask('')).rejects.toMatchObject({ code: 'validation_failed' });
    await chat.ask('Hello');
    expect(host.sandbox.calls.lastRequests['anthropic-messages']?.body).toMatchObject({
      system: [{ text: 'Be brief.' }],
    });
  });

  it('refuses wrong params everywhere, and stores nothing', async () => {
    const before = await database.getRepository(Chat).count();
    const params = { maxOutputTokens: 1.5 };
    const refused = {
      code: 'validation_failed',
      message: 'params.maxOutputTokens must be a whole number above 0; it is 1.5.',
    };
    await expect(chats.create({ params })).rejects.toMatchObject(refused);
    expect(await database.getRepository(Chat).count()).toBe(before);

    const chat = await chats.create({ params: { topP: 0.5 } });
    await expect(chats.update(chat.id, { params })).rejects.toMatchObject(refused);
    await expect(chats.update(chat.id, { params: () => params })).rejects.toMatchObject(refused);
    await expect(chats.ref(chat.id).ask('Hi', { params })).rejects.toMatchObject(refused);
    await expect(chat.ask('Hi', { params })).rejects.toMatchObject(refused);
    expect(() => chat.withParams(params)).toThrow(refused.message);
    expect((await chats.find(chat.id)).params).toEqual({ topP: 0.5 });
    expect((await chats.messages(chat.id)).items).toEqual([]);
  });

  it('answers an added message, and one whose ask has failed', async () => {
    const chat = await chats.create();
    await chat.addMessage({ role: 'user', content: 'One' });
    expect((await chat.complete()).text).toContain('Turn 1. You said: "One"');
    host.sandbox.fault({ fault: 'gateway-internal-error' });
    await expect(chat.ask('Two')).rejects.toMatchObject({ code: 'upstream_error' });
    expect((await chat.complete()).text).toContain('Turn 2. You said: "Two"');
  });

  it('keeps its thinking setting for later asks', async () => {
    const chat = await chats.create({ model: 'duo-chat-gpt-5-1' });
    await chat.withThinking({ effort: 'high' }).ask('Hello');
    await (await chats.find(chat.id)).ask('Again');
    expect(host.sandbox.calls.lastRequests['openai-chat']?.body).toMatchObject({ reasoning_effort: 'high' });
    await chat.withModel('duo-chat-sonnet-4-5').withThinking({ budgetTokens: 2_000 }).ask('And now?');
    expect(host.sandbox.calls.lastRequests['anthropic-messages']?.body).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 2_000 },
    });
  });

  it('works after every way of loading it, and exposes nothing of its service', async () => {
    const created = await chats.create();
    const repository = database.getRepository(Chat);
    const byBuilder = await repository.createQueryBuilder('c').where('c.id = :id', { id: created.id }).getOneOrFail();
    const saved = await repository.save(repository.create({ ownerId: 'bob' }));
    expect((await byBuilder.ask('One')).seq).toBe(1);
    expect((await saved.ask('One')).seq).toBe(1);
    expect(saved).toMatchObject({ id: expect.any(String), model: 'duo-chat-sonnet-4-6' });
    const [one, two] = [await chats.find(created.id), await repository.findOneByOrFail({ id: created.id })];
    one.withTemperature(1);
    expect(isDeepStrictEqual(one, two)).toBe(true);
    expect(inspect(one)).toBe(inspect(two));
    expect(Object.keys(JSON.parse(JSON.stringify(one)) as object).sort()).toEqual(
      'agent,agentInputs,createdAt,externalId,id,metadata,model,ownerId,params,title,tools,updatedAt'.split(','),
    );
  });

  it('has the same fields when created as when loaded', async () => {
    const created = await chats.create({ title: 'x' });
    expect(JSON.parse(JSON.stringify(created))).toEqual(JSON.parse(JSON.stringify(await chats.find(created.id))));
  });

  it('rejects for an invalid id, and does not throw', async () => {
    await expect(chats.ref('x').addMessage({ role: 'user', content: 'x' })).rejects.toMatchObject({
      code: 'chat_not_found',
    });
    await expect(chats.ref('x').start('x')).rejects.toMatchObject({ code: 'chat_not_found' });
  });

  it('refuses empty instructions at once', async () => {
    const chat = await chats.create();
    expect(() => chat.withInstructions(' ')).toThrow(/instructions must not be empty/);
    await chat.withParams({ stopSequences: ['\u0000.'] }).ask('Hello');
    expect((await chats.find(chat.id)).params).toEqual({ stopSequences: ['.'] });
  });

  it('explains what to do with a chat that was never saved', async () => {
    await expect(database.getRepository(Chat).create().ask('Hello')).rejects.toThrow(/not bound to its service/);
  });

  it('never lowers its sequence number when a stale chat is saved', async () => {
    const chat = await chats.create();
    const stale = await chats.find(chat.id);
    await chat.ask('One');
    stale.title = 'Renamed';
    await database.getRepository(Chat).save(stale);
    expect((await chat.ask('Two')).seq).toBe(3);
    expect((await chats.find(chat.id)).title).toBe('Renamed');
  });

  it('does not exist for another owner', async () => {
    const chat = await chats.create({ ownerId: 'ann' });
    const missing = { code: 'chat_not_found' };
    for (const owner of [{ ownerId: 'bob' }, {}]) {
      await expect(chats.find(chat.id, owner)).rejects.toMatchObject(missing);
      await expect(chats.ref(chat.id, owner).ask('Hello')).rejects.toMatchObject(missing);
      await expect(chats.ref(chat.id, owner).complete()).rejects.toMatchObject(missing);
      await expect(chats.messages(chat.id, owner)).rejects.toMatchObject(missing);
      await expect(chats.ref(chat.id, owner).addMessage({ role: 'user', content: 'x' })).rejects.toMatchObject(missing);
      await expect(chats.update(chat.id, { title: 'x' }, owner)).rejects.toMatchObject(missing);
      await expect(chats.delete(chat.id, owner)).rejects.toMatchObject(missing);
      expect((await chats.list(owner)).items.map(({ id }) => id)).not.toContain(chat.id);
    }
    expect(await chats.ref(chat.id, { ownerId: 'ann' }).ask('Hello')).toMatchObject({ seq: 1 });
  });

  /** An ask that has begun, and whose answer comes so much later. */
  async function begun(chat: Chat, content: string, delayMs: number): Promise<{ answer: Promise<DuoMessage> }> {
    const before = host.sandbox.calls.requests['anthropic-messages'];
    host.sandbox.fault({ fault: 'stream-late-first-byte', delayMs });
    const answer = chat.ask(content);
    await until(() => host.sandbox.calls.requests['anthropic-messages'] > before);
    return { answer };
  }

  it('is busy for a second ask, by the database index', async () => {
    const chat = await chats.create();
    host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const cancel = new AbortController();
    let refused: unknown;
    const first = chat.ask('One', { signal: cancel.signal }, () => {
      refused ??= chats
        .ref(chat.id)
        .ask('Two')
        .catch((error: unknown) => error)
        .finally(() => {
          cancel.abort(new Error('enough'));
        });
    });
    await expect(first).rejects.toThrow('enough');
    expect(await refused).toMatchObject({ code: 'chat_busy', isRetryable: true });
    expect((await chats.messages(chat.id)).items.map(({ text }) => text)).not.toContain('Two');
  });

  it('accepts messages during a run, in order', async () => {
    const chat = await chats.create();
    const asking = await begun(chat, 'One', 3_000);
    await chat.addMessage({ role: 'user', content: 'Beside' });
    expect((await asking.answer).seq).toBe(2);
    const next = await chat.ask('Two');
    const { items } = await chats.messages(chat.id);
    expect(items.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4]);
    expect(next.text).toContain(historyHash(items.slice(0, -1)));
  });

  it('keeps the text of a cancelled ask, closes the upstream, and continues', async () => {
    const chat = await chats.create();
    const cancel = new AbortController();
    host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const asking = chat.ask('Hello', { signal: cancel.signal }, () => {
      cancel.abort(new Error('enough'));
    });
    await expect(asking).rejects.toThrow('enough');
    const { items } = await chats.messages(chat.id);
    expect(items[1]).toMatchObject({ role: 'assistant', status: 'cancelled', finishReason: null });
    expect(items[1]?.text.length).toBeGreaterThan(0);
    await until(() => host.sandbox.calls.openStreams === 0);
    expect((await chat.ask('And?')).text).toContain(historyHash((await chats.messages(chat.id)).items.slice(0, -1)));
  });

  it('stores its answer even if another transaction locks the row for a while', async () => {
    const chat = await chats.create();
    const asking = await begun(chat, 'Hello', 2_000);
    await database.transaction(async (manager) => {
      await manager.query('SELECT 1 FROM chats WHERE id = $1 FOR UPDATE', [chat.id]);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    });
    expect((await asking.answer).seq).toBe(1);
  });

  it('waits only up to a limit for a row that another transaction locks', async () => {
    const chat = await chats.create();
    await database.transaction(async (manager) => {
      await manager.query('SELECT 1 FROM chats WHERE id = $1 FOR UPDATE', [chat.id]);
      await expect(chat.ask('Hello')).rejects.toMatchObject({ code: 'chat_locked' });
    });
    expect((await chat.ask('Hello')).seq).toBe(1);
  });

  it('stops its run when it is deleted, and keeps the usage', async () => {
    const chat = await chats.create();
    host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    let deleting: Promise<void> | undefined;
    const asking = chat.ask('Hello', () => {
      deleting ??= chats.delete(chat.id);
    });
    await expect(asking).rejects.toMatchObject({ code: 'chat_not_found' });
    await deleting;
    await until(() => host.sandbox.calls.openStreams === 0);
    const ledger: unknown[] = await database.query('SELECT status FROM duo_attempts WHERE chat_id = $1', [chat.id]);
    expect(ledger).toEqual([{ status: 'unknown' }]);
  });

  it('records each retry in the ledger before it is sent', async () => {
    const retrying = await startTestHost([Chat], { tries: 2 });
    try {
      const service = retrying.app.get<DuoChatService<Chat>>(DuoChatService);
      const chat = await service.create();
      retrying.sandbox.fault({ fault: 'gateway-overloaded' });
      const answer = await chat.ask('Hello');
      const rows: unknown[] = await retrying.database.query(
        'SELECT number, status, error_code, output_tokens, message_id FROM duo_attempts ORDER BY number',
      );
      expect(rows).toEqual([
        { number: 1, status: 'failed', error_code: 'upstream_overloaded', output_tokens: null, message_id: null },
        {
          number: 2,
          status: 'succeeded',
          error_code: null,
          output_tokens: answer.usage?.outputTokens,
          message_id: answer.id,
        },
      ]);
    } finally {
      await retrying.close();
    }
  });

  it('has kinds with their own tables, columns and models', async () => {
    const ticket = await tickets.create({ ownerId: 'ann', entity: { subject: 'Printer' } });
    const answer = await ticket.ask('It burns');
    expect(answer).toBeInstanceOf(TicketMessage);
    expect(answer.model).toBe('duo-chat-gpt-5-1');
    expect(await tickets.find(ticket.id, { ownerId: 'ann' })).toMatchObject({ subject: 'Printer' });
    await expect(chats.find(ticket.id, { ownerId: 'ann' })).rejects.toMatchObject({ code: 'chat_not_found' });
    const runs: unknown[] = await database.query('SELECT chat_kind, status FROM duo_runs WHERE chat_id = $1', [
      ticket.id,
    ]);
    expect(runs).toEqual([{ chat_kind: 'ticket', status: 'completed' }]);
    expect(host.app.get(getDuoChatToken(Ticket), { strict: false })).toBe(tickets);
  });
});
