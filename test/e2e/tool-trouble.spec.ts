import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Entity } from 'typeorm';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import {
  ActsAsChat,
  ActsAsMessage,
  Chat,
  DuoChatService,
  DuoService,
  type DuoTool,
  Tool,
  type ToolContext,
} from '../../src/index.js';
import { type AnswerRecord } from '../../src/messages/message.interface.js';
import { type ToolResultPart } from '../../src/messages/part.interface.js';
import { type SandboxFault } from '../../src/sandbox/index.js';
import { MAX_CONTENT } from '../../src/tools/tool-content.js';
import { ToolRegistry } from '../../src/tools/tool-registry.js';
import { startTestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

type Said = Pick<AnswerRecord, 'role' | 'parts' | 'status' | 'finishReason'>;
type TalkingChat = BaseChat<{ text: string; finishReason: string | null }>;

const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];
const MUCH = 5 * 1024 * 1024;

const parameters = { type: 'object' as const, properties: {} };
const aborted: unknown[] = [];

@Tool({ description: 'Says its input again', parameters })
class Echo implements DuoTool {
  execute(input: unknown): unknown {
    return input;
  }
}

@Tool({ description: 'Throws', parameters })
class Throw implements DuoTool {
  execute(): never {
    throw new Error('The sensor is broken; its token is glpat-ABCDEFGHIJKLMNOPQRST.');
  }
}

@Tool({ description: 'Never answers', parameters, timeout: 50 })
class Hang implements DuoTool {
  execute(_input: unknown, { signal }: ToolContext): Promise<never> {
    signal.addEventListener('abort', () => aborted.push(signal.reason));
    return new Promise(() => undefined);
  }
}

@Tool({ description: 'Answers 5 MB', parameters })
class Flood implements DuoTool {
  execute(): string {
    return 'x'.repeat(MUCH);
  }
}

const tools = [Echo, Throw, Hang, Flood];

interface Trouble {
  ask: string;
  fault?: SandboxFault;
  /** The results that the model gets, in the order of the calls. */
  results: Partial<Record<keyof ToolResultPart, unknown>>[];
}

const echoed = (n: number) => ({ name: 'echo', content: { n }, isError: false });
const failed = (name: string, said: string) => ({ name, content: expect.stringContaining(said), isError: true });
const twenty = Array.from({ length: 20 }, (_none, n) => n);

const troubles: Record<string, Trouble> = {
  'broken JSON': {
    ask: 'call echo {"n":1}\ncall echo {"n":2}',
    fault: 'answer-malformed-tool-call',
    results: [echoed(1), failed('echo', 'The input of the tool "echo" is not a JSON object')],
  },
  'a tool that throws': {
    ask: 'call throw {}\ncall echo {"n":1}',
    results: [failed('throw', 'The sensor is broken'), echoed(1)],
  },
  'a tool that hangs': {
    ask: 'call hang {}\ncall echo {"n":1}',
    results: [failed('hang', 'It did not answer within 0.05 seconds. It may or may not have taken effect.'), echoed(1)],
  },
  'a tool that answers 5 MB': {
    ask: 'call flood {}',
    results: [{ content: expect.stringMatching(/^x+\n\[The result was cut here, after its first 262144 characters/) }],
  },
  '20 calls at once': {
    ask: twenty.map((n) => `call echo {"n":${n}}`).join('\n'),
    results: twenty.map(echoed),
  },
  'a tool that there is not': {
    ask: 'call nothing {}\ncall echo {"n":1}',
    results: [failed('nothing', 'There is no tool "nothing". Use one of these: echo, throw, hang, flood.'), echoed(1)],
  },
};

describe('Problems of tools', () => {
  @Module({ providers: tools })
  class ToolsModule {}

  const host = useTestHost([Chat], { imports: [ToolsModule] });

  beforeEach(() => {
    host.sandbox.reset();
    aborted.length = 0;
  });

  const places: Record<string, (model: string) => Promise<[TalkingChat, () => Promise<readonly Said[]>]>> = {
    'in memory': (model) => {
      const chat = host.app.get(DuoService).chat({ model });
      return Promise.resolve([chat, () => Promise.resolve(chat.messages)]);
    },
    'in the database': async (model) => {
      const service = host.app.get<DuoChatService<Chat>>(DuoChatService);
      const chat = await service.create({ model });
      return [chat, async () => (await service.messages(chat.id)).items];
    },
  };

  const cases = Object.keys(places).flatMap((place) => MODELS.map((model) => ({ place, model })));

  describe.each(cases)('A run $place, of $model, with a tool problem', ({ place, model }) => {
    let chat: TalkingChat;
    let messages: () => Promise<readonly Said[]>;

    beforeEach(async () => {
      [chat, messages] = await (places[place] as (typeof places)[string])(model);
      chat.withTools(...tools);
    });

    it.each(Object.keys(troubles))('completes with an answer after %s, and every model can continue', async (name) => {
      const { ask, fault, results } = troubles[name] as Trouble;
      if (fault) host.sandbox.fault({ fault });
      const answer = await chat.ask(ask);
      expect(answer).toMatchObject({ finishReason: 'stop', text: expect.stringContaining('The tools said:') });

      const said = await messages();
      expect(said.at(0)).toMatchObject({ role: 'user' });
      const [calling] = said.filter(({ finishReason }) => finishReason === 'tool-calls');
      const calls = calling?.parts.filter((part) => part.type === 'tool-call') ?? [];
      const answered = said.flatMap(({ role, parts }) => (role === 'tool' ? (parts as ToolResultPart[]) : []));
      const inOrder = calls.map(({ id }) => answered.filter((result) => result.id === id));
      expect(inOrder).toMatchObject(results.map((result) => [result]));
      expect(answered).toHaveLength(results.length);
      expect(JSON.stringify(said)).not.toContain('glpat-');
      expect(said.every(({ status }) => status === 'complete')).toBe(true);

      for (const [index, next] of MODELS.entries()) {
        expect((await chat.withModel(next).ask('And now?')).text).toContain(`Turn ${index + 2}.`);
      }
      expect(await chat.isComplete()).toBe(true);
    });

    it('remembers malformed JSON when the tools run later', async () => {
      host.sandbox.fault({ fault: 'answer-malformed-tool-call' });
      await chat.addMessage({ role: 'user', content: 'call echo {"n":1}' });
      await chat.generate();
      expect((await chat.complete()).text).toContain('The input of the tool "echo" is not a JSON object');
    });

    it('aborts the signal of a tool that hangs', async () => {
      await chat.ask('call hang {}');
      expect(aborted).toEqual([expect.objectContaining({ message: 'It did not answer within 0.05 seconds.' })]);
    });

    it('truncates a result of 5 MB before it is kept, stored and sent', async () => {
      await chat.ask('call flood {}');
      await chat.ask('And now?');
      for (const sent of [
        await messages(),
        Object.values(host.sandbox.calls.lastRequests).find((last) => last)?.body,
      ]) {
        expect(JSON.stringify(sent).length).toBeGreaterThan(MAX_CONTENT);
        expect(JSON.stringify(sent).length).toBeLessThan(MAX_CONTENT + 8_000);
      }
    });
  });
});

const contexts: ToolContext[] = [];

@Tool({ description: 'The default tool', parameters })
class Greet implements DuoTool {
  execute(_input: unknown, context: ToolContext): string {
    contexts.push(context);
    return 'Greetings';
  }
}

@Tool({ description: 'Registered nowhere', parameters })
class Homeless implements DuoTool {
  execute(): string {
    return 'Never';
  }
}

@Entity('greeting_messages')
class GreetingMessage extends ActsAsMessage<Greeting>({ chat: () => Greeting }) {}

@Entity('greetings')
class Greeting extends ActsAsChat<GreetingMessage>({ messages: () => GreetingMessage, tools: () => [Greet] }) {}

@Entity('lost_messages')
class LostMessage extends ActsAsMessage<Lost>({ chat: () => Lost }) {}

@Entity('losts')
class Lost extends ActsAsChat<LostMessage>({ messages: () => LostMessage, tools: () => [Homeless] }) {}

@Injectable()
class Plain {
  execute(): string {
    return 'Plain';
  }
}

describe('A kind of chat with tools', () => {
  let release = (): void => undefined;

  @Tool({ description: 'Waits until it is let go', parameters })
  class Wait implements DuoTool {
    async execute(): Promise<string> {
      await new Promise<void>((resolve) => (release = resolve));
      return 'Waited';
    }
  }

  @Module({ providers: [Greet, Wait] })
  class ToolsModule {}

  const host = useTestHost([Greeting], { imports: [ToolsModule] });
  let chats: DuoChatService<Greeting>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  it('offers them in chats without tools of their own, and passes the owner to the tool', async () => {
    const chat = await chats.create({ ownerId: 'ann' });
    expect(chat.tools).toBeNull();
    const { text, runId } = await chat.ask('call greet {}');
    expect(text).toContain('The tools said: "Greetings"');
    expect(contexts.at(-1)).toMatchObject({ ownerId: 'ann', runId, toolCallId: expect.any(String) });
    expect(contexts.at(-1)?.chat).toBe(chat);
    expect((await chats.ref(chat.id, { ownerId: 'ann' }).ask('call greet {}')).text).toContain('The tools said');
  });

  it('stores the tools that a chat sets, which apply from then on', async () => {
    const chat = await chats.create({});
    await chat.withTools(Wait).ask('Hello');
    expect((await chats.find(chat.id)).tools).toEqual(['wait']);
    expect((await chats.ref(chat.id).ask('call greet {}')).text).toContain('The tools said: "There is no tool');
    expect((await chats.ref(chat.id).ask('call greet {}', { tools: [Greet] })).text).toContain('"Greetings"');
    await chat.withTools(null).ask('Hello');
    expect((await chats.find(chat.id)).tools).toEqual([]);
  });

  it('omits a tool that no longer exists, and refuses a class that is not a tool', async () => {
    const chat = await chats.create({});
    await host.database.query(`UPDATE greetings SET tools = '["gone", "greet"]' WHERE id = $1`, [chat.id]);
    expect((await chats.ref(chat.id).ask('call gone {}\ncall greet {}')).text).toContain(
      'There is no tool \\"gone\\". Use one of these: greet.'.replaceAll('\\', ''),
    );
    expect(() => host.app.get(ToolRegistry).of(Plain)).toThrow('is no tool');
    await expect(chat.withTools(Plain).ask('Hello')).rejects.toMatchObject({ code: 'invalid_configuration' });
  });

  it('stores nothing of a run that another instance has taken over', async () => {
    const chat = await chats.create({});
    const asking = chat.ask('call wait {}', { tools: [Wait] }).catch((error: unknown) => error);
    const running = async (): Promise<boolean> => {
      const calls: unknown[] = await host.database.query("SELECT 1 FROM duo_tool_calls WHERE status = 'running'");
      return calls.length > 0;
    };
    await until(running);
    await host.database.query('UPDATE duo_runs SET fence = fence + 1 WHERE chat_id = $1', [chat.id]);
    release();
    await sleep(50);
    expect((await chats.messages(chat.id)).items.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(await running()).toBe(true);
    // What the other instance would do; the ask waits for it.
    await host.database.query("UPDATE duo_runs SET status = 'cancelled', finished_at = now() WHERE chat_id = $1", [
      chat.id,
    ]);
    expect(await asking).toMatchObject({ code: 'run_cancelled' });
  });

  it('stops the start if one of its tools is not a provider', async () => {
    await expect(startTestHost([Lost])).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});
