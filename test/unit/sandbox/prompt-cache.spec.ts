import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, type Body, SandboxClient, tool } from './sandbox-client.js';

const text = (length: number, letter = 'a') => ({ type: 'text', text: letter.repeat(length) });
const marked = (block: object) => ({ ...block, cache_control: { type: 'ephemeral' } });
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });

describe('Sandbox prompt caches', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeEach(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterEach(() => sandbox.close());

  interface Usage {
    input_tokens: number;
    cache_creation_input_tokens: number;
    cache_read_input_tokens: number;
  }

  const usage = async (extra: Body): Promise<number[]> => {
    const { json } = await client.post('anthropic-messages', ask('anthropic-messages', '', extra));
    const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = (json as { usage: Usage }).usage;
    return [input_tokens, cache_creation_input_tokens, cache_read_input_tokens];
  };

  it('write marked prompts of Anthropic, then read them, and write only new ones', async () => {
    const first = {
      system: [marked(text(400))],
      messages: [user(marked(text(80))), assistant(text(40)), user(text(8))],
    };
    expect(await usage(first)).toEqual([12, 120, 0]);
    expect(await usage(first)).toEqual([12, 0, 120]);
    const grown = { ...first, messages: [...first.messages, assistant(text(20)), user(marked(text(12)))] };
    expect(await usage(grown)).toEqual([0, 20, 120]);
    expect(await usage(grown)).toEqual([0, 0, 140]);
  });

  it('read the system prompt of Anthropic again after another question', async () => {
    const system = [marked(text(400))];
    expect(await usage({ system, messages: [user(marked(text(40)))] })).toEqual([0, 110, 0]);
    expect(await usage({ system, messages: [user(marked(text(40, 'b')))] })).toEqual([0, 10, 100]);
  });

  it('keep nothing of Anthropic without a mark, or of another model, tool or system prompt', async () => {
    const messages = [user(marked(text(400)))];
    expect(await usage({ messages: [user(text(400))] })).toEqual([100, 0, 0]);
    expect(await usage({ messages: [user(text(400))] })).toEqual([100, 0, 0]);
    expect(await usage({ messages })).toEqual([0, 100, 0]);
    expect(await usage({ messages, model: 'claude-opus-5' })).toEqual([0, 100, 0]);
    expect((await usage({ messages, tools: [tool('anthropic-messages', 'clock')] }))[2]).toBe(0);
    expect((await usage({ messages, system: 'Be brief.' }))[2]).toBe(0);
    expect((await usage({ messages, system: 'Be rude.' }))[2]).toBe(0);
    expect((await usage({ messages, system: [{ type: 'text', text: 'Be rude.' }] }))[2]).toBe(102);
  });

  it('look back at most 20 blocks for Anthropic', async () => {
    const messages = [user(marked(text(400)))];
    await usage({ messages });
    const later = (blocks: number) => [
      user(text(400), ...Array<unknown>(blocks).fill(text(4)), marked(text(4, String(blocks)))),
    ];
    expect((await usage({ messages: later(18) }))[2]).toBe(100);
    expect((await usage({ messages: later(19) }))[2]).toBe(0);
  });

  it('report the same usage in a stream of Anthropic', async () => {
    const body = { system: [marked(text(400))] };
    await usage({ ...body, messages: [user(text(4))] });
    const { text: stream } = await client.stream('anthropic-messages', 'Hello', body);
    expect(stream.match(/"cache_read_input_tokens":100/g)).toHaveLength(2);
  });

  it.each([
    ['openai-chat', 'messages', 'prompt_tokens_details'],
    ['openai-responses', 'input', 'input_tokens_details'],
  ] as const)('keep long prompts of %s automatically, in steps of 128 tokens', async (api, field, details) => {
    const cached = async (...messages: object[]) => {
      const { json } = await client.post(api, ask(api, '', { [field]: messages }));
      return (json as { usage: Record<string, { cached_tokens: number }> }).usage[details]?.cached_tokens;
    };
    const long = { role: 'user', content: 'x'.repeat(4 * 1300) };
    const answer = { role: 'assistant', content: 'Fine.' };
    expect(await cached(long)).toBe(0);
    expect(await cached(long)).toBe(1280);
    expect(await cached(long, answer, { role: 'user', content: 'More' })).toBe(1280);
    expect(await cached({ role: 'system', content: 'New' }, long)).toBe(0);
    const short = { role: 'user', content: 'x'.repeat(4 * 1023) };
    await cached(short);
    expect(await cached(short)).toBe(0);
  });
});
