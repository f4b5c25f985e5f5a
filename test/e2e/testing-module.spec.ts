import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  Chat,
  DuoAttempt,
  type DuoChatService,
  getDuoChatToken,
  GitlabDuoModule,
  type Message,
  RateLimitError,
  type RunEvent,
  UpstreamError,
} from '../../src/index.js';
import { createDuoTestingModule, DuoScript } from '../../src/testing/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';

describe('A persisted chat with scripted replies', () => {
  let database: TestDatabase;
  let module: TestingModule;
  let chats: DuoChatService<Chat>;
  let script: DuoScript;

  beforeAll(async () => {
    database = await createTestDatabase();
    module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, synchronize: true }),
        createDuoTestingModule(),
        GitlabDuoModule.forFeature([Chat]),
      ],
    }).compile();
    module.useLogger(false);
    await module.init();
    chats = module.get(getDuoChatToken(Chat));
    script = module.get(DuoScript);
  });
  afterAll(async () => {
    await module.close();
    await database.drop();
  });
  beforeEach(() => {
    script.reset();
  });

  async function attemptsOf({ id }: Chat): Promise<Pick<DuoAttempt, 'number' | 'status' | 'errorCode'>[]> {
    const attempts = module.get(DataSource).getRepository(DuoAttempt);
    return await attempts.find({
      select: { number: true, status: true, errorCode: true },
      where: { chatId: id },
      order: { id: 'ASC' },
    });
  }

  it('stores the answers, and replays them', async () => {
    script.add({ text: 'Hello Ann', usage: { outputTokens: 2 } }, 'Goodbye');
    const chat = await chats.create({ instructions: 'Be kind.' });
    const answer: Message = await chat.ask('I am Ann.');
    expect(answer).toMatchObject({ text: 'Hello Ann', status: 'complete', usage: { outputTokens: 2 } });
    const reloaded = await chats.find(chat.id);
    expect(await reloaded.ask('I leave.')).toMatchObject({ text: 'Goodbye', seq: answer.seq + 2 });
    const text = (role: string, said: string) => ({ role, parts: [{ type: 'text', text: said }] });
    expect(script.requests[1]?.messages).toEqual([
      text('system', 'Be kind.'),
      text('user', 'I am Ann.'),
      text('assistant', 'Hello Ann'),
      text('user', 'I leave.'),
    ]);
    expect(await chat.usage()).toMatchObject({ outputTokens: 2, attempts: 2, unknownAttempts: 1 });
  });

  it('streams, retries, and records each attempt', async () => {
    const limit = new RateLimitError('Too many requests.', { isRetryable: true, retryAfterMs: 1 });
    const cut = new UpstreamError('The stream was cut.', { isRetryable: true, retryAfterMs: 1 });
    script.add(limit, { text: 'Half', error: cut }, 'All of it');
    const chat = await chats.create();
    const events: RunEvent[] = [];
    for await (const event of chat.stream('Tell me')) events.push(event);
    expect(events.map((event) => (event.type === 'text-delta' ? event.text : event.type))).toEqual([
      'run-start',
      'message-start',
      'Half',
      'reset',
      'All ',
      'of ',
      'it',
      'message-end',
      'run-end',
    ]);
    expect(await attemptsOf(chat)).toMatchObject([
      { number: 1, status: 'failed', errorCode: 'rate_limited' },
      { number: 2, status: 'unknown', errorCode: 'upstream_error' },
      { number: 3, status: 'succeeded', errorCode: null },
    ]);
  });

  it('keeps the question of a failed ask, for a completion', async () => {
    script.add(new RateLimitError('Too many requests.'), 'Now it works');
    const chat = await chats.create();
    await expect(chat.ask('Does it work?')).rejects.toMatchObject({ code: 'rate_limited' });
    expect(await attemptsOf(chat)).toMatchObject([{ number: 1, status: 'failed', errorCode: 'rate_limited' }]);
    expect(await chat.complete()).toMatchObject({ text: 'Now it works' });
    expect(script.requests[1]).toEqual(script.requests[0]);
  });

  it('stores a run without a scripted reply as failed, with the reason', async () => {
    const chat = await chats.create();
    await expect(chat.ask('Anybody?')).rejects.toThrow(/no reply to request 1, of .*"Anybody\?"/);
    const runs: unknown[] = await module
      .get(DataSource)
      .query('SELECT status, error FROM duo_runs WHERE chat_id = $1', [chat.id]);
    const detail = expect.stringContaining('no reply to request 1');
    expect(runs).toEqual([
      { status: 'failed', error: expect.objectContaining({ code: 'invalid_configuration', detail }) },
    ]);
  });
});
