import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import {
  Agent,
  Chat,
  DuoAgent,
  DuoChatService,
  DuoService,
  type DuoTool,
  Message,
  type AnswerRecord,
  Tool,
} from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';

type Block = Record<string, unknown>;
type WireMessage = { role: string; content: Block[] };
type Talk = BaseChat<Pick<AnswerRecord, 'id' | 'text' | 'status'>>;

const FABLE = 'duo-chat-fable-5-1';
const parameters = { type: 'object' as const, properties: {} };
const Trip = z.strictObject({ city: z.string(), days: z.number() });

@Tool({ description: 'Looks at something', parameters })
class Look implements DuoTool<{ at: string }> {
  execute(input: { at: string }): object {
    return { seen: input.at };
  }
}

@Tool({ description: 'Tells the time', parameters })
class Clock implements DuoTool {
  execute(): string {
    return 'Noon';
  }
}

@Injectable()
class Style {
  instructions = 'Be brief.';
}

@Agent({ name: 'writer', model: FABLE, params: { thinking: { effort: 'low' } } })
class Writer extends DuoAgent {
  constructor(private readonly style: Style) {
    super();
  }

  override instructions(): string {
    return this.style.instructions;
  }
}

@Module({ providers: [Look, Clock, Style, Writer] })
class ToolsModule {}

let shared: TestDatabase;
let host: TestHost;

beforeAll(async () => {
  shared = await createTestDatabase();
  host = await startTestHost([Chat], { database: shared, imports: [ToolsModule], tries: 1 });
});
beforeEach(() => {
  host.sandbox.reset();
});
afterAll(async () => {
  await host.close();
  await shared.drop();
});

const chats = (from = host): DuoChatService<Chat> => from.app.get(DuoChatService);
const create = () => chats().create({ model: FABLE, params: { thinking: { effort: 'low' } } });

function lastMessages(from = host): WireMessage[] {
  const request = from.sandbox.calls.lastRequests['anthropic-messages'];
  return (request?.body as { messages: WireMessage[] }).messages.map(({ role, content }) => ({
    role,
    content: content.map(({ cache_control: _mark, ...block }) => block),
  }));
}

/** The indexes of the messages in the last request that have thinking. */
function thoughtful(from = host): number[] {
  return lastMessages(from).flatMap(({ content }, index) =>
    content.some(({ type }) => type === 'thinking') ? [index] : [],
  );
}

function requests(): number {
  return Object.values(host.sandbox.calls.requests).reduce((sum, count) => sum + count, 0);
}

/** No request was refused: each has an attempt that succeeded. */
async function expectNoRefusal(chat: Talk): Promise<void> {
  const { attempts, unknownAttempts } = await chat.usage();
  expect([attempts, unknownAttempts]).toEqual([requests(), 0]);
}

const places: Record<string, () => Promise<Talk>> = {
  'in memory': () =>
    Promise.resolve(host.app.get(DuoService).chat({ model: FABLE, params: { thinking: { effort: 'low' } } })),
  'in the database': create,
};

// Source: Anthropic's "Preserved thinking"; the sandbox refuses whatever the vendor refuses.
describe.each(Object.keys(places))('Thinking that is bound to its prefix, in a chat %s', (place) => {
  let chat: Talk;

  beforeEach(async () => {
    chat = await (places[place] as () => Promise<Talk>)();
  });

  it('is kept while nothing changes, through rounds of tools and other efforts', async () => {
    await chat.withTools(Look, Clock).withInstructions('Be brief.').ask('One');
    await chat.ask('call look {"at":"sun"}');
    expect(thoughtful()).toEqual([1, 3]);
    await chat.ask('Three', { params: { thinking: { effort: 'high' } } });
    expect(thoughtful()).toEqual([1, 3, 5]);
    await chat.withTools(Clock, Look).ask('Four');
    expect(thoughtful()).toEqual([1, 3, 5, 7]);
    await expectNoRefusal(chat);
  });

  it.each([
    ['instructions', { instructions: 'Be long.' }],
    ['tools', { tools: [Look] }],
    ['no tools', { tools: [] }],
  ])('is dropped in one ask with %s of its own, and afterwards only that of this ask', async (_what, options) => {
    chat.withInstructions('Be brief.').withTools(Look, Clock);
    await chat.ask('One');
    await chat.ask('Two');
    await chat.ask('Three', options);
    expect(thoughtful()).toEqual([]);
    await chat.ask('Four');
    expect(thoughtful()).toEqual([1, 3]);
    await chat.ask('Five');
    expect(thoughtful()).toEqual([1, 3, 7]);
    await chat.ask('Six', options);
    expect(thoughtful()).toEqual([5]);
    await chat.ask('Seven');
    expect(thoughtful()).toEqual([1, 3, 7, 9]);
    await expectNoRefusal(chat);
  });

  it('is dropped for good once the instructions have changed', async () => {
    await chat.withInstructions('Be brief.').ask('One');
    await chat.withInstructions('Be long.').ask('Two');
    expect(thoughtful()).toEqual([]);
    await chat.ask('Three');
    expect(thoughtful()).toEqual([3]);
    await chat.addMessage({ role: 'system', content: 'Be kind.' });
    await chat.ask('Four');
    expect(thoughtful()).toEqual([]);
    await expectNoRefusal(chat);
  });

  it('is kept with a corrected answer, whose wrong answer and correction are replayed as sent', async () => {
    await chat.ask('One');
    host.sandbox.fault({ fault: 'answer-wrong-json' });
    const right = await chat.ask('Where?', { schema: Trip });
    const asked = lastMessages();
    expect(asked.at(-1)?.content).toEqual([
      { type: 'text', text: expect.stringContaining('does not match its JSON schema') },
    ]);
    await chat.ask('And now?');
    const replayed = lastMessages();
    expect(replayed.slice(0, asked.length)).toEqual(asked);
    expect(replayed[asked.length]?.content.at(-1)).toEqual({ type: 'text', text: right.text });
    expect(thoughtful()).toEqual([1, 3, 5]);
    await expectNoRefusal(chat);
  });

  it('is kept with a paused turn that is sent back unchanged', async () => {
    host.sandbox.fault({ fault: 'answer-pause-turn', times: 2 });
    const answer = await chat.ask('One');
    const continued = lastMessages();
    expect(continued.map(({ role }) => role)).toEqual(['user', 'assistant']);
    await chat.ask('Two');
    const [, turn] = lastMessages();
    expect(turn?.content.slice(0, continued[1]?.content.length)).toEqual(continued[1]?.content);
    expect(turn?.content.at(-1)).toEqual({ type: 'text', text: answer.text });
    expect(turn?.content.filter(({ type }) => type === 'thinking')).toHaveLength(3);
    await expectNoRefusal(chat);
  });

  it('is kept across models without binding, and by later models', async () => {
    await chat.ask('One', { model: 'duo-chat-opus-4-7' });
    await chat.ask('Two');
    expect(thoughtful()).toEqual([1]);
    await chat.ask('Three', { model: 'duo-chat-gpt-5-6-sol' });
    await chat.ask('Four', { model: 'duo-chat-sonnet-4-6' });
    await chat.ask('Five', { model: 'duo-chat-opus-5-5' });
    expect(thoughtful()).toEqual([1, 3, 7]);
    await chat.ask('Six');
    expect(thoughtful()).toEqual([1, 3, 7, 9]);
    await expectNoRefusal(chat);
  });

  it('is dropped after an answer that was replaced', async () => {
    await chat.ask('One');
    host.sandbox.fault({ fault: 'stream-cut' });
    await expect(chat.ask('Two')).rejects.toMatchObject({ code: 'upstream_error' });
    await chat.complete();
    expect(thoughtful()).toEqual([1]);
    await chat.ask('Three');
    expect(thoughtful()).toEqual([1, 3]);
    expect(await chat.usage()).toMatchObject({ attempts: 4 });
    expect(requests()).toBe(4);
  });
});

describe('Thinking that is bound to its prefix, in a stored chat', () => {
  let chat: Chat;

  const messages = async () => (await chats().messages(chat.id)).items;
  const repository = () => host.database.getRepository(Message);
  const attempts = () => new RunRows(host.database).attempts(chat.id);
  const rewrite = (message: Message | undefined, parts: Message['parts']): Promise<unknown> =>
    host.database.query('UPDATE messages SET parts = $2 WHERE id = $1', [message?.id, JSON.stringify(parts)]);

  beforeEach(async () => {
    chat = await create();
    for (const question of ['One', 'Two', 'Three']) await chat.ask(question);
  });

  it.each(['live', 'in another process'])('follows the stored rows, %s', async (where) => {
    await chat.ask('Four', { instructions: 'Be long.' });
    await chat.ask('Five');
    const other = where === 'live' ? host : await startTestHost([Chat], { database: shared, imports: [ToolsModule] });
    try {
      const reloaded = await chats(other).find(chat.id);
      await reloaded.ask('Six');
      expect(thoughtful(other)).toEqual([1, 3, 5, 9]);
      expect(new Set(await attempts())).toEqual(new Set(['succeeded']));
    } finally {
      if (other !== host) await other.close();
    }
  });

  it.each<[string, number[], () => Promise<unknown>]>([
    [
      'a question was edited',
      [1],
      async () => {
        const [, , second] = await messages();
        await rewrite(second, [{ type: 'text', text: 'Edited' }]);
      },
    ],
    [
      'an answer was edited',
      [1, 3],
      async () => {
        const answer = (await messages())[3] as Message;
        const parts = answer.parts.map((part) => (part.type === 'text' ? { ...part, text: 'Edited' } : part));
        await rewrite(answer, parts);
      },
    ],
    [
      'a turn was deleted',
      [],
      async () => {
        const [first, second] = await messages();
        await repository().delete([first?.id ?? '', second?.id ?? '']);
      },
    ],
    [
      'the oldest thinking was erased',
      [3, 5],
      async () => {
        const answer = (await messages())[1] as Message;
        await rewrite(
          answer,
          answer.parts.filter(({ type }) => type !== 'reasoning'),
        );
      },
    ],
    [
      'thinking in the middle was erased',
      [1],
      async () => {
        const answer = (await messages())[3] as Message;
        await rewrite(
          answer,
          answer.parts.filter(({ type }) => type !== 'reasoning'),
        );
      },
    ],
  ])('is kept as far as it is valid if %s', async (_what, kept, edit) => {
    await edit();
    await chat.ask('Four');
    expect(thoughtful()).toEqual(kept);
    await chat.ask('Five');
    expect(new Set(await attempts())).toEqual(new Set(['succeeded']));
  });

  it('exposes no digest to readers of its messages', async () => {
    const stored = await host.database.query<{ prefix_digest: string | null }[]>(
      'SELECT prefix_digest FROM messages WHERE chat_id = $1 ORDER BY seq',
      [chat.id],
    );
    expect(stored.map(({ prefix_digest }) => prefix_digest !== null)).toEqual([false, true, false, true, false, true]);
    const answer = await chat.ask('Four');
    for (const shown of [answer, ...(await messages()), await repository().findOneByOrFail({ id: answer.id })]) {
      expect(Object.keys(shown)).not.toContain('prefixDigest');
    }
  });

  it('continues a paused turn unchanged, wherever its run stopped', async () => {
    await chat.addMessage({ role: 'user', content: 'Four' });
    host.sandbox.fault({ fault: 'answer-pause-turn' });
    expect(await chat.generate()).toMatchObject({ finishReason: 'pause' });
    expect(await chat.isComplete()).toBe(false);
    const other = await startTestHost([Chat], { database: shared, imports: [ToolsModule] });
    try {
      const answer = await (await chats(other).find(chat.id)).complete();
      expect(answer.finishReason).toBe('stop');
      expect(lastMessages(other).at(-1)?.content.at(-1)).toMatchObject({ type: 'server_tool_use' });
      expect(new Set(await attempts())).toEqual(new Set(['succeeded']));
    } finally {
      await other.close();
    }
  });

  it('allows a user message after a paused turn that was never continued', async () => {
    await chat.addMessage({ role: 'user', content: 'Four' });
    host.sandbox.fault({ fault: 'answer-pause-turn' });
    await chat.generate();
    await chat.ask('Never mind');
    expect(thoughtful()).toEqual([1, 3, 5, 7]);
    await chat.ask('Six');
    expect(new Set(await attempts())).toEqual(new Set(['succeeded']));
  });
});

describe('Thinking of an agent that is bound to its prefix', () => {
  it('is dropped after its instructions were synced', async () => {
    const [writer, style] = [host.app.get(Writer), host.app.get(Style)];
    const chat = await writer.createChat();
    await chat.ask('One');
    await chat.ask('Two');
    expect(thoughtful()).toEqual([1]);
    style.instructions = 'Be long.';
    await writer.syncInstructions(chat);
    await chat.ask('Three');
    expect(thoughtful()).toEqual([]);
    await chat.ask('Four');
    expect(thoughtful()).toEqual([5]);
    await expectNoRefusal(chat);
  });
});
