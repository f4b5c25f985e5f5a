import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  Chat,
  ConfigurationError,
  DuoAttempt,
  type DuoChatService,
  DuoRouterService,
  DuoService,
  type FilePart,
  getDuoChatToken,
  GitlabDuoModule,
  type GitlabDuoModuleOptions,
  type GitlabDuoOptionsFactory,
  type Message,
  RateLimitError,
  type RunEvent,
  UpstreamError,
  ValidationError,
} from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createDuoTestingModule, DuoScript } from '../../src/testing/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { sandboxOptions } from './support/test-module.js';

const OPTIONS = Symbol('options');

@Injectable()
class Asker {
  constructor(@Inject(DuoService) readonly duo: DuoService) {}
}

@Module({ providers: [Asker], exports: [Asker] })
class ElsewhereModule {}

async function answerIn(imports: ModuleMetadata['imports']): Promise<string> {
  const app = await Test.createTestingModule({ imports: [...(imports ?? []), ElsewhereModule] }).compile();
  try {
    const { text } = await app.get(Asker).duo.chat().ask('Hello');
    return text;
  } finally {
    await app.close();
  }
}

describe('Module', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  @Injectable()
  class Settings implements GitlabDuoOptionsFactory {
    createGitlabDuoOptions(): GitlabDuoModuleOptions {
      return sandboxOptions(sandbox);
    }
  }

  @Module({
    providers: [Settings, { provide: OPTIONS, useFactory: () => sandboxOptions(sandbox) }],
    exports: [Settings, OPTIONS],
  })
  class SettingsModule {}

  describe('GitlabDuoModule', () => {
    it.each<[string, () => ModuleMetadata['imports']]>([
      ['forRoot', () => [GitlabDuoModule.forRoot(sandboxOptions(sandbox))]],
      ['forRoot with isGlobal', () => [GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), isGlobal: true })]],
      [
        'forRootAsync with useFactory',
        () => [
          GitlabDuoModule.forRootAsync({
            imports: [SettingsModule],
            inject: [OPTIONS],
            useFactory: (options: GitlabDuoModuleOptions) => Promise.resolve(options),
          }),
        ],
      ],
      ['forRootAsync with useClass', () => [GitlabDuoModule.forRootAsync({ useClass: Settings })]],
      [
        'forRootAsync with useExisting',
        () => [GitlabDuoModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings })],
      ],
    ])('is configured by %s', async (_name, imports) => {
      expect(await answerIn(imports())).toContain('Turn 1. You said: "Hello"');
    });

    it('is visible only where it is imported if it is not global', async () => {
      const isGlobal = false;
      await expect(answerIn([GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), isGlobal })])).rejects.toThrow(
        /DuoService/,
      );
    });

    it('reads the environment', async () => {
      const before = { ...process.env };
      Object.assign(process.env, {
        GITLAB_TOKEN: 'glpat-fromtheenvironment',
        GITLAB_INSTANCE_URL: `${sandbox.url}/`,
        GITLAB_GATEWAY_URL: sandbox.url,
        GITLAB_DUO_MODEL: 'duo-chat-gpt-5-2',
      });
      try {
        expect(await answerIn([GitlabDuoModule.forRoot()])).toContain('Turn 1');
        expect(sandbox.calls.lastRequests['openai-chat']?.body).toMatchObject({ model: 'gpt-5.2-2025-12-11' });
      } finally {
        process.env = before;
      }
    });

    it.each([{}, { apiKey: '' }, { apiKey: '  ' }])('stops the start without a key: %j', async (options) => {
      await expect(
        answerIn([GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), apiKey: undefined, ...options })]),
      ).rejects.toThrow(
        new ConfigurationError(
          'Missing configuration for GitLab: apiKey. Set GITLAB_TOKEN or pass { apiKey } to GitlabDuoModule.forRoot().',
        ),
      );
    });

    it.each([
      [{ instanceUrl: 'gitlab.com' }, /instanceUrl must be an http or https URL/],
      [{ gatewayUrl: 'ftp://gitlab.com' }, /gatewayUrl must be/],
      [{ gatewayUrl: 'https://user:secret@gitlab.com' }, /must not hold a user name/],
      [{ timeouts: { idleMs: 0 } }, /timeouts\.idleMs must be a whole number above 0/],
      [{ apiKey: 'glpat-\nx' }, /one line/],
    ])('stops the start with %j', async (options, message) => {
      await expect(answerIn([GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), ...options })])).rejects.toThrow(
        message,
      );
    });

    it.each<[string, GitlabDuoModuleOptions, Record<string, string>]>([
      ['the option', { model: 'duo-chat-opus-4-66' }, {}],
      ['the environment', {}, { GITLAB_DUO_MODEL: 'duo-chat-opus-4-66' }],
    ])(
      'stops the start with a wrong default model from %s, without any kind of chat',
      async (_from, options, variables) => {
        const before = { ...process.env };
        Object.assign(process.env, variables);
        try {
          await expect(answerIn([GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), ...options })])).rejects.toThrow(
            new ConfigurationError(
              'The default model cannot work: Unknown model "duo-chat-opus-4-66". Did you mean "duo-chat-opus-4-6" or "duo-chat-opus-4-8" or "duo-chat-opus-4-7"? It is the model of GitlabDuoModule.forRoot(), or GITLAB_DUO_MODEL.',
            ),
          );
        } finally {
          process.env = before;
        }
      },
    );

    it('stops the start with a contradictory model', async () => {
      const models = [{ id: 'duo-chat-opus-4-7', thinking: 'always' as const }];
      await expect(answerIn([GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), models })])).rejects.toThrow(
        'The model "duo-chat-opus-4-7" of models contradicts itself: what thinks \'always\' cannot be disabled.',
      );
    });

    it('gives two applications in one process different models', async () => {
      const [one, other] = await Promise.all(
        [[{ id: 'duo-chat-haiku-5-5' }], []].map((models) =>
          Test.createTestingModule({
            imports: [GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), models })],
          }).compile(),
        ),
      );
      try {
        expect(await one?.get(DuoService).chat({ model: 'duo-chat-haiku-5-5' }).ask('Hello')).toMatchObject({ seq: 1 });
        expect(() => other?.get(DuoService).chat({ model: 'duo-chat-haiku-5-5' })).toThrow('It is an alpha model');
      } finally {
        await one?.close();
        await other?.close();
      }
    });

    it('keeps two applications in one process apart', async () => {
      const other = await startSandbox();
      try {
        const answers = await Promise.all([
          answerIn([GitlabDuoModule.forRoot(sandboxOptions(sandbox))]),
          answerIn([GitlabDuoModule.forRoot(sandboxOptions(other))]),
        ]);
        expect(answers).toEqual([expect.stringContaining('Turn 1'), expect.stringContaining('Turn 1')]);
        expect(other.calls.exchanges).toBe(1);
      } finally {
        await other.close();
      }
    });
  });

  describe('DuoService', () => {
    async function withDuo(work: (duo: DuoService, router: DuoRouterService) => Promise<void>): Promise<void> {
      const app = await Test.createTestingModule({
        imports: [GitlabDuoModule.forRoot(sandboxOptions(sandbox))],
      }).compile();
      try {
        await work(app.get(DuoService), app.get(DuoRouterService));
      } finally {
        await app.close();
      }
    }

    it('chats in memory with the methods of a persisted chat', () =>
      withDuo(async (duo) => {
        const chat = duo.chat({ model: 'duo-chat-opus-4-5', instructions: 'Be brief.' });
        const chunks: string[] = [];
        const first = await chat.ask('One', ({ text }) => chunks.push(text));
        expect(first).toMatchObject({ seq: 2, role: 'assistant', usage: { inputTokens: expect.any(Number) } });
        expect(chunks.join('')).toBe(first.text);
        expect(chunks.length).toBeGreaterThan(1);
        const second = await chat.withModel('duo-chat-gpt-5-6-luna').withParams({ maxOutputTokens: 500 }).ask('Two');
        expect(second.text).toContain('Turn 2. You said: "Two"');
        expect(sandbox.calls.lastRequests['openai-responses']?.body).toMatchObject({
          max_output_tokens: 500,
          instructions: 'Be brief.',
        });
        expect(chat.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant']);
        const types: string[] = [];
        for await (const event of chat.stream('Three')) types.push(event.type);
        expect([types[0], types.at(-1)]).toEqual(['run-start', 'run-end']);
        await chat.addMessage({ role: 'user', content: 'Four' });
        expect(await chat.complete()).toMatchObject({ text: expect.stringContaining('Turn 4. You said: "Four"') });
      }));

    it('refuses a second ask while a run is active', () =>
      withDuo(async (duo) => {
        const chat = duo.chat();
        const first = chat.ask('One');
        await expect(chat.ask('Two')).rejects.toMatchObject({ code: 'chat_busy' });
        await first;
        expect(await chat.ask('Three')).toMatchObject({ seq: 3 });
      }));

    it.each<[unknown]>([
      ['x'],
      [{}],
      [5],
      [['x']],
      [[[]]],
      [[{}]],
      [[null]],
      [[{ mediaType: 'image/png', data: 'aGk=' }]],
    ])('refuses %j for attachments, and stores nothing', (given) =>
      withDuo(async (duo) => {
        const chat = duo.chat();
        const attachments = given as FilePart[];
        await expect(chat.ask('Look', { attachments })).rejects.toThrow(ValidationError);
        await expect(chat.addMessage({ role: 'user', content: 'Look', attachments })).rejects.toThrow(ValidationError);
        expect(chat.messages).toEqual([]);
      }),
    );

    it('refuses an unknown model at once', () =>
      withDuo((duo) => {
        expect(() => duo.chat({ model: 'duo-chat-opus-46' })).toThrow(/Did you mean "duo-chat-opus-4-6"/);
        return Promise.resolve();
      }));

    it('lists the models and tests the connection', () =>
      withDuo(async (duo) => {
        expect(duo.models()).toHaveLength(30);
        expect(duo.models()[0]).toMatchObject({
          thinking: 'always',
          forcedTools: false,
          endOfLife: null,
          status: 'active',
        });
        await duo.testConnection();
        sandbox.reset();
      }));

    it('explains what is wrong with the connection', () =>
      withDuo(async (duo) => {
        sandbox.fault({ fault: 'exchange-insufficient-scope' });
        await expect(duo.testConnection()).rejects.toMatchObject({
          code: 'gateway_auth_failed',
          message: expect.stringMatching(/^Failed to obtain GitLab direct access token: .*ai_features/),
        });
      }));

    it('routes one step', () =>
      withDuo(async (_duo, router) => {
        const messages = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello' }] }];
        let text = '';
        for await (const event of router.stream({ model: 'duo-chat-haiku-4-5', messages })) {
          if (event.type === 'text-delta') text += event.text;
        }
        expect(text).toContain('Turn 1');
      }));
  });
});

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
