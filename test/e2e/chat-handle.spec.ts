import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { v7 as uuidv7 } from 'uuid';
import {
  ActsAsChat,
  ActsAsMessage,
  Agent,
  ChatNotFoundError,
  ChatRef,
  DuoAgent,
  DuoChatService,
  DuoService,
  type DuoTool,
  type IndexedRunEvent,
  type Run,
  Tool,
} from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { type AnswerRecord } from '../../src/messages/message.interface.js';
import { StatementLog } from './support/statement-log.js';
import { startTestHost, type TestHost } from './support/test-module.js';

const parameters = { type: 'object', properties: {} };

@Tool({ description: 'Looks', parameters })
class Look implements DuoTool {
  execute(): string {
    return 'Looked';
  }
}

@Tool({ description: 'Listens', parameters })
class Listen implements DuoTool {
  execute(): string {
    return 'Listened';
  }
}

@Tool({ description: 'Pays', parameters, requiresApproval: true })
class Pay implements DuoTool {
  execute(): string {
    return 'Paid';
  }
}

@Entity('desks')
class Desk {
  @PrimaryGeneratedColumn()
  id!: number;
}

@Entity('cases')
class Case extends ActsAsChat<CaseMessage>({ messages: () => CaseMessage, tools: () => [Look] }) {
  @ManyToOne(() => Desk, { nullable: true, eager: true })
  @JoinColumn({ name: 'desk_id' })
  desk?: Relation<Desk> | null;

  @Column({ type: 'text', nullable: true })
  subject?: string | null;
}

@Entity('case_messages')
class CaseMessage extends ActsAsMessage<Case>({ chat: () => Case }) {}

@Agent({ tools: [Listen] })
class Listener extends DuoAgent<object, Case> {}

@Module({})
class ToolsModule {}

let host: TestHost;
let chats: DuoChatService<Case>;

beforeAll(async () => {
  const imports = [TypeOrmModule.forFeature([Desk]), { module: ToolsModule, providers: [Look, Listen, Pay, Listener] }];
  host = await startTestHost([Case], { imports });
  chats = host.app.get(DuoChatService);
});
afterAll(() => host.close());
beforeEach(() => {
  host.sandbox.reset();
});

type Said = Pick<AnswerRecord, 'id' | 'role' | 'text' | 'status'>;

const places: Record<string, () => Promise<BaseChat<Said>>> = {
  'in memory': () => Promise.resolve(host.app.get(DuoService).chat()),
  'as an entity': () => chats.create(),
  'as a reference': async () => chats.ref((await chats.create()).id),
  'of an agent': () => host.app.get(Listener).createChat(),
  'of an agent, in memory': () => Promise.resolve(host.app.get(Listener).chat()),
};

async function eventsOf(run: Run, after?: number): Promise<IndexedRunEvent[]> {
  const events: IndexedRunEvent[] = [];
  for await (const event of run.events({ after })) events.push(event);
  return events;
}

async function decideAll(chat: BaseChat<Said>): Promise<void> {
  for (const { id } of await chat.pendingApprovals()) await chat.approve(id);
}

describe.each(Object.keys(places))('A chat %s', (place) => {
  let chat: BaseChat<Said>;

  beforeEach(async () => {
    chat = await (places[place] as () => Promise<BaseChat<Said>>)();
    chat.withTools(Look, Pay);
  });

  it('makes one request with generate() and runs no tool', async () => {
    await chat.addMessage({ role: 'user', content: 'call look {}' });
    expect(await chat.generate()).toMatchObject({ role: 'assistant', finishReason: 'tool-calls', status: 'complete' });
    await expect(chat.generate()).rejects.toMatchObject({ code: 'validation_failed' });
    expect((await chat.usage()).attempts).toBe(1);
  });

  it('advances by one move with each step(), up to null once it is complete', async () => {
    await chat.addMessage({ role: 'user', content: 'call look {}' });
    const moves = [await chat.step(), await chat.step(), await chat.step()];
    expect(moves).toMatchObject([
      { role: 'assistant', text: '' },
      { role: 'tool' },
      { role: 'assistant', text: expect.stringContaining('Looked') },
    ]);
    expect(await chat.step()).toBeNull();
    expect((await chat.usage()).attempts).toBe(2);
  });

  it('says by the status of what step() returns that calls have to be decided, and then continues', async () => {
    await chat.addMessage({ role: 'user', content: 'call pay {}\ncall look {}' });
    expect(await chat.step()).toMatchObject({ role: 'assistant', status: 'complete' });
    expect(await chat.step()).toMatchObject({ role: 'tool', status: 'awaiting_approval' });
    expect(chat.isAwaitingApproval).toBe(true);
    await expect(chat.step()).rejects.toMatchObject({ code: 'pending_tool_calls' });
    await decideAll(chat);
    await expect(chat.generate()).rejects.toMatchObject({ code: 'pending_tool_calls' });
    expect(await chat.step()).toMatchObject({ role: 'tool' });
    expect(chat.isAwaitingApproval).toBe(false);
    expect(await chat.step()).toMatchObject({ text: expect.stringMatching(/Paid|Looked/) });
    expect(await chat.isComplete()).toBe(true);
  });

  it('says by the status of the answer, and by isAwaitingApproval, that its run is parked', async () => {
    const answer = await chat.ask('call pay {}');
    expect(answer.status).toBe('awaiting_approval');
    expect(chat.isAwaitingApproval).toBe(true);
    await expect(chat.ask('Never mind')).rejects.toMatchObject({ code: 'pending_tool_calls' });
    expect(chat.isAwaitingApproval).toBe(true);
    await decideAll(chat);
    expect((await chat.complete()).status).toBe('complete');
    expect(chat.isAwaitingApproval).toBe(false);
  });

  it('knows at the end of a stream, and of a started run, whether that run is parked', async () => {
    const types: string[] = [];
    for await (const { type } of chat.stream('call pay {}')) types.push(type);
    expect(types).toContain('approval-required');
    expect(chat.isAwaitingApproval).toBe(true);
    await decideAll(chat);
    const run = await chat.start(null);
    await run.result();
    expect(chat.isAwaitingApproval).toBe(false);
  });

  it('shows isAwaitingApproval neither in JSON nor among its properties', async () => {
    await chat.ask('call pay {}');
    expect(JSON.stringify(chat)).not.toContain('waitingApproval');
    expect(Object.keys(chat)).not.toContain('isAwaitingApproval');
    expect(chat).not.toHaveProperty('_isAwaitingApproval');
  });

  it('starts a run whose events are read from any index, and whose result is the answer', async () => {
    const run = await chat.start('Hello');
    expect(Object.keys(run)).toEqual([]);
    expect(run.chatId).toBe(chat.id);
    const answer = await run.result();
    expect(answer).toMatchObject({ role: 'assistant', status: 'complete', runId: run.id });
    expect(await run.result()).toBe(answer);
    expect(await run.status()).toBe('completed');
    const events = await eventsOf(run);
    expect(events.map(({ eventIndex }) => eventIndex)).toEqual(events.map((_event, index) => index));
    expect(events.at(0)).toMatchObject({ type: 'run-start', runId: run.id });
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
    expect(await eventsOf(run, 2)).toEqual(events.slice(3));
    await expect(eventsOf(run, 0.5)).rejects.toMatchObject({ code: 'validation_failed' });
  });

  it('cancels a run that it has started, and keeps the text so far', async () => {
    host.sandbox.fault({ fault: 'stream-stall' });
    const run = await chat.start('Hello');
    expect(await run.status()).toBe('running');
    for await (const event of run.events()) if (event.type === 'text-delta') break;
    await run.cancel();
    await run.cancel();
    expect(await run.status()).toBe('cancelled');
    expect(await run.result()).toMatchObject({ status: 'cancelled', text: expect.stringMatching(/./) });
  });

  it('throws from result() what ask() throws', async () => {
    host.sandbox.fault({ fault: 'gateway-bad-request' });
    const run = await chat.start('Hello');
    await expect(run.result()).rejects.toMatchObject({ code: 'upstream_error' });
    expect(await run.status()).toBe('failed');
  });

  it('stops a loop over events by its signal, and not the run', async () => {
    const run = await chat.start('Hello');
    const leaving = new AbortController();
    let seen = 0;
    for await (const event of run.events({ signal: leaving.signal })) {
      seen += event.eventIndex + 1;
      leaving.abort();
    }
    expect(seen).toBe(1);
    expect((await run.result()).status).toBe('complete');
  });
});

describe('ref()', () => {
  it('loads nothing', async () => {
    const { id } = await chats.create();
    const log = new StatementLog();
    try {
      expect(chats.ref(id)).toBeInstanceOf(ChatRef);
      expect(chats.ref('x', { ownerId: 'ann' })).toEqual({ id: 'x', ownerId: 'ann' });
      expect(log.take()).toEqual([]);
    } finally {
      log.stop();
    }
  });

  it.each(['x', '', uuidv7()])('has verbs that reject for the id %p, which no chat has', async (id) => {
    const ref = chats.ref(id);
    const verbs = [
      () => ref.ask('Hello'),
      () => ref.stream('Hello').next(),
      () => ref.start('Hello'),
      () => ref.complete(),
      () => ref.generate(),
      () => ref.step(),
      () => ref.runTools(),
      () => ref.isComplete(),
      () => ref.pendingApprovals(),
      () => ref.approve(uuidv7()),
      () => ref.deny(uuidv7()),
      () => ref.addMessage({ role: 'user', content: 'Hello' }),
      () => ref.usage(),
    ];
    for (const verb of verbs) await expect(verb()).rejects.toThrow(ChatNotFoundError);
  });

  it('rejects at the verb for an owner that cannot be', async () => {
    const ref = chats.ref(uuidv7(), { ownerId: 'a\0b' });
    await expect(ref.usage()).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

describe('isAwaitingApproval', () => {
  it('is known of each chat that find() and list() return, by no more statements than a repository sends', async () => {
    const parked = await chats.create({ ownerId: 'ann', entity: { subject: 'Parked' } });
    await parked.withTools(Pay).ask('call pay {}');
    const plain = await chats.create({ ownerId: 'ann' });
    const log = new StatementLog();
    try {
      await host.database.getRepository(Case).findOneBy({ id: parked.id });
      const { length } = log.take();
      const found = await chats.find(parked.id, { ownerId: 'ann' });
      expect(log.take()).toHaveLength(length);
      const { items } = await chats.list({ ownerId: 'ann' });
      expect(log.take()).toHaveLength(length);
      expect(found.isAwaitingApproval).toBe(true);
      expect(items.map(({ id, isAwaitingApproval }) => [id, isAwaitingApproval])).toEqual([
        [plain.id, false],
        [parked.id, true],
      ]);
    } finally {
      log.stop();
    }
    expect((await chats.create()).isAwaitingApproval).toBe(false);
  });

  it('loads the eager relations of a kind as a repository does', async () => {
    const desk = await host.database.getRepository(Desk).save({});
    const { id } = await chats.create({ entity: { desk } });
    const repository = host.database.getRepository(Case);
    expect(await chats.find(id)).toEqual(await repository.findOneByOrFail({ id }));
    expect((await chats.find(id)).desk).toEqual(desk);
  });

  it("is undefined on a chat from the host's own repository until a verb of it", async () => {
    const { id } = await chats.create();
    const chat = await host.database.getRepository(Case).findOneByOrFail({ id });
    expect(chat.isAwaitingApproval).toBeUndefined();
    await chat.withTools(Pay).ask('call pay {}');
    expect(chat.isAwaitingApproval).toBe(true);
    expect(await chats.find(id)).toEqual(await host.database.getRepository(Case).findOneByOrFail({ id }));
  });
});

describe('The status awaiting_approval', () => {
  it('is never stored, whatever saves the answer', async () => {
    const chat = await chats.create();
    const answer = await chat.withTools(Pay).ask('call pay {}');
    expect(answer.status).toBe('awaiting_approval');
    const repository = host.database.getRepository(CaseMessage);
    await repository.save(answer);
    await repository.update(answer.id, { status: 'awaiting_approval' });
    const rows: unknown = await host.database.query('SELECT status FROM case_messages WHERE id = $1', [answer.id]);
    expect(rows).toEqual([{ status: 'complete' }]);
    expect((await repository.findOneByOrFail({ id: answer.id })).status).toBe('complete');
  });
});

describe('withTool()', () => {
  const stored = async (id: string): Promise<unknown> => (await chats.find(id)).tools;
  const offered = (): string[] => {
    const { body } = host.sandbox.calls.lastRequests['anthropic-messages'] ?? {};
    return ((body as { tools?: { name: string }[] }).tools ?? []).map(({ name }) => name);
  };

  it('adds to the stored tools, once, through an entity and through a reference', async () => {
    const chat = await chats.create();
    await chat.withTools(Pay).ask('Hello');
    await chats.ref(chat.id).withTool(Look).withTool(Pay).withTool(Look).ask('Hello');
    expect(offered()).toEqual(['pay', 'look']);
    expect(await stored(chat.id)).toEqual(['pay', 'look']);
    // An object that was loaded before knows no better, and loses nothing.
    await chat.withTool(Listen).ask('Hello');
    expect(await stored(chat.id)).toEqual(['pay', 'look', 'listen']);
    expect(offered()).toEqual(['pay', 'look', 'listen']);
  });

  it('adds to the tools of the kind where the chat stores none', async () => {
    const { id } = await chats.create();
    await chats.ref(id).withTool(Pay).ask('Hello');
    expect(await stored(id)).toEqual(['look', 'pay']);
    const chat = await chats.create();
    await chat.withTool(Pay).ask('Hello');
    expect(chat.tools).toEqual(['look', 'pay']);
  });

  it('adds to the tools of its agent, in the database and in memory', async () => {
    const listener = host.app.get(Listener);
    const { id } = await listener.createChat();
    await chats.ref(id).withTool(Pay).ask('Hello');
    expect(await stored(id)).toEqual(['listen', 'pay']);
    await listener.chat().withTool(Look).ask('Hello');
    expect(offered()).toEqual(['listen', 'look']);
  });

  it('adds in memory, and withTools() replaces and clears', async () => {
    const chat = host.app.get(DuoService).chat();
    await chat.withTool(Look).ask('Hello');
    await chat.withTool(Pay).withTool(Look).ask('Hello');
    expect(offered()).toEqual(['look', 'pay']);
    await chat.withTool(Pay).withTools(Listen).ask('Hello');
    expect(offered()).toEqual(['listen']);
    await chat.withTools(null).withTool(Look).ask('Hello');
    expect(offered()).toEqual(['look']);
    await chat.withTools(null).ask('Hello');
    expect(offered()).toEqual([]);
  });

  it('keeps how the tools are to be used', async () => {
    const chat = await chats.create();
    await chat.withTools(Pay, { calls: 'one' }).ask('Hello');
    await chat.withTool(Look).ask('Hello');
    expect(await chats.find(chat.id)).toMatchObject({ params: { toolCalls: 'one' }, tools: ['pay', 'look'] });
  });

  it('clears the stored tools by withTools(null), through a reference', async () => {
    const chat = await chats.create();
    await chat.withTools(Pay).ask('Hello');
    await chats.ref(chat.id).withTools(null).ask('Hello');
    expect(await stored(chat.id)).toEqual([]);
    await chats.ref(chat.id).withTool(Look).ask('Hello');
    expect(await stored(chat.id)).toEqual(['look']);
  });
});
