import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  historyHash,
  normaliseHistory,
  type Sandbox,
  type SandboxApi,
  startSandbox,
} from '../../../src/sandbox/index.js';
import { type Body, CLAUDE, GPT_CHAT, GPT_RESPONSES, SandboxClient } from './sandbox-client.js';

describe('historyHash', () => {
  it('is the SHA-256 of the pairs', () => {
    // echo -n '[["user","Hello"]]' | sha256sum
    expect(historyHash([{ role: 'user', text: 'Hello' }])).toBe('b0ae8b0f316e');
  });

  it('ignores white space, splits, empty messages and the position of the system prompt', () => {
    const pairs = normaliseHistory([
      { role: 'user', text: 'One\n two ' },
      { role: 'user', text: 'three' },
      { role: 'assistant', text: ' ' },
      { role: 'system', text: 'Rule' },
    ]);
    expect(pairs).toEqual([
      ['system', 'Rule'],
      ['user', 'One two three'],
    ]);
  });

  it('changes with any word, role or order', () => {
    const asked = { role: 'user' as const, text: 'a' };
    const answer = { role: 'assistant' as const, text: 'b' };
    const chats = [
      [asked, answer],
      [asked, { ...answer, text: 'c' }],
      [asked, { ...answer, role: 'tool' as const }],
      [answer, asked],
      [asked],
    ];
    const hashes = chats.map((messages) => historyHash(messages));
    expect(new Set(hashes).size).toBe(5);
  });
});

describe('One chat on three APIs', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const input = { city: 'Oslo', days: [1, 2] };
  const json = JSON.stringify(input);
  const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: json } });
  const BODIES: Record<SandboxApi, Body> = {
    'anthropic-messages': {
      model: CLAUDE,
      max_tokens: 1000,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', source: { type: 'url', url: 'http://x' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Wait.' },
            { type: 'tool_use', id: 'a1', name: 'weather', input },
            { type: 'tool_use', id: 'a2', name: 'weather', input },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a1', content: 'Rain' },
            { type: 'tool_result', tool_use_id: 'a2', content: [{ type: 'text', text: 'Sun' }] },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
    },
    'openai-chat': {
      model: GPT_CHAT,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'http://x' } },
          ],
        },
        { role: 'assistant', content: 'Wait.', tool_calls: [call('a1'), call('a2')] },
        { role: 'tool', tool_call_id: 'a1', content: 'Rain' },
        { role: 'tool', tool_call_id: 'a2', content: 'Sun' },
        { role: 'user', content: 'And now?' },
      ],
    },
    'openai-responses': {
      model: GPT_RESPONSES,
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Look' },
            { type: 'input_image', image_url: 'http://x' },
          ],
        },
        { role: 'assistant', content: [{ type: 'output_text', text: 'Wait.' }] },
        { type: 'function_call', call_id: 'a1', name: 'weather', arguments: json },
        { type: 'function_call', call_id: 'a2', name: 'weather', arguments: json },
        { type: 'function_call_output', call_id: 'a1', output: 'Rain' },
        { type: 'function_call_output', call_id: 'a2', output: 'Sun' },
        { role: 'user', content: [{ type: 'input_text', text: 'And now?' }] },
      ],
    },
  };
  const expected = historyHash([
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Look [image]' },
    { role: 'assistant', text: `Wait. weather ${json} weather ${json}` },
    { role: 'tool', text: 'Rain Sun' },
    { role: 'user', text: 'And now?' },
  ]);

  it.each(Object.entries(BODIES) as [SandboxApi, Body][])(
    'has on %s the hash of the neutral list',
    async (api, body) => {
      const { text } = await client.post(api, body);
      expect(text).toContain(`Turn 2. You said: \\"And now?\\". History: ${expected}.`);
    },
  );
});
