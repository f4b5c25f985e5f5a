import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Inject, Injectable, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { z } from 'zod';
import {
  ConfigurationError,
  DuoRouterService,
  DuoService,
  GitlabDuoModule,
  type DuoTool,
  RateLimitError,
  type RunEvent,
  Tool,
  UpstreamError,
} from '../../../src/index.js';
import { createDuoTestingModule, DuoScript, type DuoTestingOptions } from '../../../src/testing/index.js';
import { type ModelAnswer, type ModelEvent, type ModelMessage } from '../../../src/types/index.js';

@Tool({ description: 'The weather of a city', parameters: z.object({ city: z.string() }) })
class Weather implements DuoTool<{ city: string }> {
  execute({ city }: { city: string }): string {
    return `${city} is sunny`;
  }
}

@Injectable()
class Greeter {
  constructor(@Inject(DuoService) private readonly duo: DuoService) {}

  async greet(name: string): Promise<string> {
    return (await this.duo.chat({ instructions: 'Be kind.' }).ask(`I am ${name}.`)).text;
  }
}

const connect = jest.spyOn(Socket.prototype, 'connect');
const open: TestingModule[] = [];

beforeEach(() => {
  connect.mockClear();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((module) => module.close()));
});

async function boot(options?: DuoTestingOptions): Promise<TestingModule> {
  return await start([createDuoTestingModule(options)]);
}

async function start(imports: ReturnType<typeof createDuoTestingModule>[]): Promise<TestingModule> {
  const module = await Test.createTestingModule({ imports, providers: [Greeter, Weather] }).compile();
  open.push(module);
  Logger.overrideLogger(false);
  return await module.init();
}

function user(text: string): ModelMessage {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

/** Pulls one step of the router. */
async function step(module: TestingModule, messages = [user('Hi')], model = 'duo-chat-haiku-4-5') {
  const events: ModelEvent[] = [];
  const stream = module.get(DuoRouterService).stream({ model, messages });
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { events, answer: value satisfies ModelAnswer };
    events.push(value);
  }
}

async function eventsOf(stream: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('createDuoTestingModule', () => {
  it('answers by the script, in order, without a network', async () => {
    const module = await boot({ replies: ['Hello', 'Hello again'] });
    expect(await module.get(Greeter).greet('Ann')).toBe('Hello');
    expect(await module.get(Greeter).greet('Bob')).toBe('Hello again');
    await module.get(DuoService).testConnection();
    expect(module.get(DuoService).models()).toHaveLength(30);
    expect(connect).not.toHaveBeenCalled();
  });

  it('records each request as it was sent, with the whole history', async () => {
    const module = await boot({ replies: ['One', 'Two'], model: 'duo-chat-gpt-5-1' });
    const chat = module.get(DuoService).chat({ instructions: 'Be brief.', params: { temperature: 0.2 } });
    await chat.ask('First');
    await chat.withTemperature(0.5).ask('Second');
    const system = { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] };
    const said = { role: 'assistant', parts: [{ type: 'text', text: 'One' }] };
    expect(module.get(DuoScript).requests).toEqual([
      { model: 'duo-chat-gpt-5-1', params: { temperature: 0.2 }, messages: [system, user('First')] },
      {
        model: 'duo-chat-gpt-5-1',
        params: { temperature: 0.5 },
        messages: [system, user('First'), said, user('Second')],
      },
    ]);
  });

  it('streams a text word by word', async () => {
    const module = await boot({ replies: [{ text: 'It is\n sunny', usage: { inputTokens: 3, outputTokens: 4 } }] });
    const chunks: string[] = [];
    const chat = module.get(DuoService).chat();
    const answer = await chat.ask('Weather?', ({ text }) => chunks.push(text));
    expect(chunks).toEqual(['It ', 'is\n ', 'sunny']);
    expect(answer).toMatchObject({ text: 'It is\n sunny', finishReason: 'stop', usage: { outputTokens: 4 } });
    expect(await chat.usage()).toMatchObject({ inputTokens: 3, outputTokens: 4, reasoningTokens: 0, attempts: 1 });
  });

  it.each(['duo-chat-haiku-4-5', 'duo-chat-gpt-5-1', 'duo-chat-gpt-5-6-sol'])(
    'scripts reasoning, text and tool calls as %s',
    async (model) => {
      const module = await boot({
        replies: [
          {
            reasoning: 'Look outside',
            text: 'I look.',
            toolCalls: [
              { name: 'weather', arguments: { city: 'Berlin' } },
              { name: 'time', id: 'mine' },
            ],
          },
          { text: 'Too lo', finishReason: 'length' },
        ],
      });
      const { events, answer } = await step(module, undefined, model);
      expect(events).toEqual([
        { type: 'reasoning-delta', text: 'Look ' },
        { type: 'reasoning-delta', text: 'outside' },
        { type: 'text-delta', text: 'I ' },
        { type: 'text-delta', text: 'look.' },
        { type: 'tool-call', id: 'call_1_1', name: 'weather', arguments: { city: 'Berlin' } },
        { type: 'tool-call', id: 'mine', name: 'time', arguments: {} },
      ]);
      expect(answer.finishReason).toBe('tool-calls');
      const api = module
        .get(DuoService)
        .models()
        .find(({ id }) => id === model)?.api;
      expect(answer.parts).toEqual([
        { type: 'reasoning', text: 'Look outside', api },
        { type: 'text', text: 'I look.' },
        ...events.slice(-2),
      ]);
      const results = events
        .slice(-2)
        .map((call) => ({ ...call, type: 'tool-result', content: 'fine', isError: false }));
      const history = [user('Hi'), { role: 'assistant', parts: answer.parts }, { role: 'tool', parts: results }];
      expect((await step(module, history as ModelMessage[], model)).answer.finishReason).toBe('length');
    },
  );

  it('drops the calls of a refused answer, as the vendors do', async () => {
    const module = await boot({
      replies: [{ text: 'No.', toolCalls: [{ name: 'weather' }], finishReason: 'refusal' }],
    });
    const { events, answer } = await step(module);
    expect(events).toEqual([{ type: 'text-delta', text: 'No.' }]);
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'No.' }], finishReason: 'refusal' });
  });

  it('lets a function read the request and reply', async () => {
    const module = await boot({
      replies: [
        ({ messages }) => `You said ${JSON.stringify(messages.at(-1)?.parts)}`,
        () => Promise.resolve({ text: 'Later' }),
        ({ model }) => {
          expect(model).toBe('another');
          return 'unreached';
        },
      ],
    });
    expect(await module.get(Greeter).greet('Ann')).toBe('You said [{"type":"text","text":"I am Ann."}]');
    expect(await module.get(Greeter).greet('Ann')).toBe('Later');
    await expect(module.get(Greeter).greet('Ann')).rejects.toThrow(/Expected: .*"another"/);
  });

  it('fails without a retry for a permanent error', async () => {
    const refusal = new RateLimitError('Too many requests.');
    const module = await boot({ replies: [refusal, 'unused'] });
    await expect(module.get(Greeter).greet('Ann')).rejects.toBe(refusal);
    expect(module.get(DuoScript).requests).toHaveLength(1);
  });

  it('retries, and resets the text of a truncated answer', async () => {
    const cut = new UpstreamError('The stream was cut.', { isRetryable: true, retryAfterMs: 1 });
    const limit = new RateLimitError('Too many requests.', { isRetryable: true, retryAfterMs: 1 });
    const broken = { text: 'Half an', toolCalls: [{ name: 'never' }], usage: { inputTokens: 2 }, error: cut };
    const module = await boot({ replies: [limit, broken, { text: 'Whole', usage: { inputTokens: 5 } }] });
    const chat = module.get(DuoService).chat();
    const events = await eventsOf(chat.stream('Hi'));
    expect(events.map(({ type }) => type)).toEqual([
      'run-start',
      'message-start',
      'text-delta',
      'text-delta',
      'reset',
      'text-delta',
      'message-end',
      'run-end',
    ]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'reset', reason: 'upstream_error' }));
    expect(chat.messages.map(({ text }) => text)).toEqual(['Hi', 'Whole']);
    expect(await chat.usage()).toMatchObject({ attempts: 3, unknownAttempts: 0, inputTokens: 7 });
    expect(module.get(DuoScript).requests).toHaveLength(3);
  });

  it('retries as often as configured', async () => {
    const limit = new RateLimitError('Too many requests.', { isRetryable: true, retryAfterMs: 1 });
    const module = await boot({ replies: [limit, limit, 'unused'], retries: { tries: 2 } });
    await expect(module.get(Greeter).greet('Ann')).rejects.toBe(limit);
    expect(module.get(DuoScript).requests).toHaveLength(2);
  });

  it('names the request without a scripted reply', async () => {
    const module = await boot({ replies: ['Hello'] });
    await module.get(Greeter).greet('Ann');
    const error: unknown = await module
      .get(Greeter)
      .greet('Bob')
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(
      /no reply to request 2, of duo-chat-sonnet-4-6, whose last message is .*"I am Bob\.".*DuoScript\.add\(\)/,
    );
    expect(module.get(DuoScript).requests).toHaveLength(2);
  });

  it('accepts more replies, and starts over', async () => {
    const module = await boot();
    const script = module.get(DuoScript).add('One').add('Two', 'Three');
    expect(await module.get(Greeter).greet('Ann')).toBe('One');
    script.reset();
    expect(script.requests).toEqual([]);
    script.add('Four');
    expect(await module.get(Greeter).greet('Ann')).toBe('Four');
    expect(script.requests).toHaveLength(1);
  });

  it('refuses replies that no vendor would send', async () => {
    const module = await boot({ replies: ['unused'] });
    await expect(step(module, [user(' ')])).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(step(module, [user('Hi')], 'duo-chat-none')).rejects.toMatchObject({ code: 'unknown_model' });
    expect(module.get(DuoScript).requests).toEqual([]);
  });

  it('can be stopped within an answer, and while a function runs', async () => {
    const leaving = new AbortController();
    const thinking = () => {
      setImmediate(() => {
        leaving.abort();
      });
      return new Promise<never>(() => undefined);
    };
    const module = await boot({ replies: ['One two three four', thinking] });
    const chat = module.get(DuoService).chat();
    const controller = new AbortController();
    const first = chat.ask('Count', { signal: controller.signal }, () => {
      controller.abort();
    });
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    const second = chat.ask('Go on', { signal: leaving.signal });
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    expect(chat.messages.filter(({ role }) => role === 'assistant')).toMatchObject([
      { status: 'cancelled', text: expect.stringMatching(/^One (two )?$/) },
    ]);
  });

  it('runs the tools that a reply calls, and sends their results', async () => {
    const call = { name: 'weather', arguments: { city: 'Berlin' } };
    const module = await boot({ replies: [{ toolCalls: [call] }, 'Take a hat.'] });
    const chat = module.get(DuoService).chat().withTools(Weather);
    expect((await chat.ask('What do I need in Berlin?')).text).toBe('Take a hat.');
    const [first, second] = module.get(DuoScript).requests;
    expect(first?.tools?.map(({ name }) => name)).toEqual(['weather']);
    expect(second?.messages.at(-1)).toMatchObject({
      role: 'tool',
      parts: [{ type: 'tool-result', name: 'weather', content: 'Berlin is sunny', isError: false }],
    });
  });

  it('leaves no call in an answer that is stopped before its end', async () => {
    const module = await boot({ replies: [{ text: 'I look.', toolCalls: [{ name: 'weather' }] }] });
    const chat = module.get(DuoService).chat();
    const controller = new AbortController();
    for await (const event of chat.stream('Weather?', { signal: controller.signal })) {
      if (event.type === 'tool-call') controller.abort();
    }
    expect(chat.messages.at(-1)).toMatchObject({ status: 'cancelled', parts: [{ type: 'text', text: 'I look.' }] });
  });

  it('separates two modules, even if they share one definition', async () => {
    const definition = createDuoTestingModule({ replies: ['Shared'] });
    const modules = [await boot({ replies: ['Other'] }), await start([definition]), await start([definition])];
    const answers = await Promise.all(modules.map((module) => module.get(Greeter).greet('Ann')));
    expect(answers).toEqual(['Other', 'Shared', 'Shared']);
    expect(modules.map((module) => module.get(DuoScript).requests.length)).toEqual([1, 1, 1]);
  });

  it('replaces the module that the tested one imports', async () => {
    const duo = GitlabDuoModule.forRoot({ apiKey: 'glpat-testtesttesttesttest' });
    @Module({ imports: [duo], providers: [Greeter] })
    class HostModule {}

    const module = await Test.createTestingModule({ imports: [HostModule] })
      .overrideModule(duo)
      .useModule(createDuoTestingModule({ replies: ['Stood in'] }))
      .compile();
    try {
      expect(await module.get(Greeter).greet('Ann')).toBe('Stood in');
    } finally {
      await module.close();
    }
  });
});
