import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, type SandboxApi, type SandboxFault, startSandbox } from '../../../src/sandbox/index.js';
import { CLAUDE, GPT_CHAT, GPT_RESPONSES, SandboxClient, STOP_EVENT, tool } from './sandbox-client.js';

const APIS: SandboxApi[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];
const PROMPT = 'call weather {"city":"Tromsø","days":3}\ncall clock {"zone":"Europe/Oslo"}';

/** A piece of a tool call, as an event has it. */
interface Piece {
  call: number;
  name?: string;
  json?: string;
}

describe('Sandbox tool call faults', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterEach(() => {
    sandbox.reset();
  });

  afterAll(() => sandbox.close());

  const stream = async (api: SandboxApi, fault: SandboxFault) => {
    sandbox.fault({ fault });
    const { text } = await client.stream(api, PROMPT, { tools: [tool(api, 'weather'), tool(api, 'clock')] });
    return { text, pieces: piecesOf(text) };
  };

  function piecesOf(text: string): Piece[] {
    return text.split('\n\n').flatMap((event): Piece[] => {
      const index = Number(/"(?:output_index|index)":(\d+)(?!.*"tool_calls")/.exec(event)?.[1]);
      const chat = /"tool_calls":\[\{"index":(\d+)/.exec(event)?.[1];
      const name = /"name":"(\w+)"/.exec(event)?.[1];
      const json = /"(?:partial_json|arguments|delta)":("(?:[^"\\]|\\.)*")/.exec(event)?.[1];
      const isPiece = chat ?? /content_block_(start|delta)|output_item\.added|arguments\.delta/.exec(event);
      if (isPiece == null) return [];
      return [{ call: Number(chat ?? index), name, json: json && (JSON.parse(json) as string) }];
    });
  }

  const jsonOf = (pieces: Piece[], call: number) =>
    pieces.map((piece) => (piece.call === call ? (piece.json ?? '') : '')).join('');

  it.each(APIS)('interleave two calls of %s', async (api) => {
    const { text, pieces } = await stream(api, 'stream-interleaved-calls');
    const turns = pieces.filter(({ json }) => json !== undefined && json !== '').map(({ call }) => call);
    expect(turns.slice(0, 4).toSorted()).toEqual([0, 0, 1, 1]);
    expect(new Set(turns.slice(0, 2)).size).toBe(2);
    expect([0, 1].map((call) => JSON.parse(jsonOf(pieces, call)) as unknown)).toEqual([
      { city: 'Tromsø', days: 3 },
      { zone: 'Europe/Oslo' },
    ]);
    const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it.each(APIS)('delay the tool name of %s only if the API allows it', async (api) => {
    const { pieces } = await stream(api, 'stream-late-tool-name');
    const isLate = api === 'openai-chat';
    for (const [call, name] of ['weather', 'clock'].entries()) {
      const own = pieces.filter((piece) => piece.call === call);
      expect(own.filter((piece) => piece.name !== undefined).map((piece) => piece.name)).toEqual([name]);
      const before = own.slice(
        0,
        own.findIndex((piece) => piece.name !== undefined),
      );
      expect(before.some(({ json }) => json !== undefined && json !== '')).toBe(isLate);
      expect(JSON.parse(jsonOf(own, call))).toBeInstanceOf(Object);
    }
  });

  it.each([
    ['anthropic-messages', '"stop_reason":"max_tokens"'],
    ['openai-chat', '"finish_reason":"length"'],
    ['openai-responses', '"incomplete_details":{"reason":"max_output_tokens"}'],
  ] as [SandboxApi, string][])('stop %s inside the last call', async (api, reason) => {
    const { text, pieces } = await stream(api, 'answer-max-tokens-in-tool');
    expect(text).toContain(reason);
    expect(JSON.parse(jsonOf(pieces, 0))).toEqual({ city: 'Tromsø', days: 3 });
    expect(jsonOf(pieces, 1)).toBe('{"zone":"Eu');
  });

  it.each([
    ['anthropic-messages', '"stop_reason":"tool_use"'],
    ['openai-chat', '"finish_reason":"tool_calls"'],
    ['openai-responses', '"status":"completed"'],
  ] as [SandboxApi, string][])('end %s with a last call that is not JSON', async (api, reason) => {
    const { text, pieces } = await stream(api, 'answer-malformed-tool-call');
    expect(text).toContain(reason);
    expect(text).toContain(STOP_EVENT[api]);
    expect(JSON.parse(jsonOf(pieces, 0))).toEqual({ city: 'Tromsø', days: 3 });
    expect(jsonOf(pieces, 1)).toBe('{"zone":"Eu');
  });

  it.each(APIS)('make %s call with 1 MB of JSON in 20,000 deltas', async (api) => {
    const { pieces } = await stream(api, 'answer-huge-tool-call');
    const json = jsonOf(pieces, 0);
    expect(json).toHaveLength(1_000_000);
    expect(JSON.parse(json)).toMatchObject({ city: 'Tromsø', days: 3 });
    expect(pieces.filter((piece) => piece.json !== undefined && piece.json !== '')).toHaveLength(20_000);
  });

  it('call with 1 MB of JSON for any prompt', async () => {
    sandbox.fault({ fault: 'answer-huge-tool-call' });
    const { json } = await client.post('anthropic-messages', {
      model: CLAUDE,
      max_tokens: 100,
      tools: [tool('anthropic-messages', 'clock')],
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(json).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'text' }, { name: 'clock' }] });
  });

  it('do not break official clients if they are harmless', async () => {
    const whole = ['stream-interleaved-calls', 'stream-late-tool-name', 'stream-gzip'] as const;
    const messages = [{ role: 'user' as const, content: PROMPT }];
    for (const fault of [...whole, 'stream-multi-line-data', 'answer-huge-tool-call'] as const) {
      sandbox.fault({ fault, times: 3 });
      const tools = (api: SandboxApi) => ['weather', 'clock'].map((name) => tool(api, name)) as never;
      const claude = await client.anthropic.messages
        .stream({ model: CLAUDE, max_tokens: 1000, messages, tools: tools('anthropic-messages') })
        .finalMessage();
      expect(claude.content[0]).toMatchObject({ name: 'weather', input: { city: 'Tromsø' } });
      const response = await client.openai.responses
        .stream({ model: GPT_RESPONSES, input: messages, tools: tools('openai-responses') })
        .finalResponse();
      expect(response.output[0]).toMatchObject({ name: 'weather' });
      const chat = client.openai.chat.completions.stream({ model: GPT_CHAT, messages, tools: tools('openai-chat') });
      const [choice] = (await chat.finalChatCompletion()).choices;
      expect(choice?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'weather' } });
    }
  });
});
