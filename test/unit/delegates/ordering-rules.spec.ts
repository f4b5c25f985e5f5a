import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { casesOf } from '../random.js';
import { adaptiveClaude, budgetClaude, chatGpt, responsesGpt } from './models.js';
import { randomHistory } from './random-history.js';
import { rendered } from './rendered.js';

const seeds = Array.from({ length: casesOf(400) }, (_, seed) => seed + 1);
const safeId = /^[a-zA-Z0-9_-]{1,40}$/;

const objects = (value: unknown) => value as JsonObject[];
const ids = (items: JsonObject[], key: string) => items.map((item) => item[key] as string);

const thoughtsIn = (history: readonly ModelMessage[]) =>
  history.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'reasoning' ? [part.raw] : [])));

function expectSafeAndUnique(all: string[]) {
  expect(new Set(all).size).toBe(all.length);
  for (const id of all) expect(id).toMatch(safeId);
}

describe('Messages API ordering of random histories', () => {
  it.each([budgetClaude, adaptiveClaude])('is valid for $id', (model) => {
    for (const seed of seeds) {
      const params = seed % 2 ? { thinking: { effort: 'high' as const } } : {};
      const history = randomHistory(seed);
      const body = rendered(anthropicDelegate, model, { messages: history, params });
      const messages = objects(body.messages);
      const uses: string[] = [];
      messages.forEach((message, index) => {
        const content = objects(message.content);
        expect(message.role).toBe(index % 2 === 0 ? 'user' : 'assistant');
        expect(content.length).toBeGreaterThan(0);

        for (const block of content) if (block.type === 'text') expect(block.text).toMatch(/\S/);
        expect(content.at(-1)?.type).not.toMatch(/thinking/);
        for (const block of content.filter(({ type }) => /thinking/.test(type as string))) {
          expect(thoughtsIn(history)).toContainEqual(block);
        }

        const called = ids(
          content.filter(({ type }) => type === 'tool_use'),
          'id',
        );
        const next = objects(messages[index + 1]?.content ?? []);
        expect(ids(next.slice(0, called.length), 'tool_use_id')).toEqual(called);
        expect(next.slice(called.length).every(({ type }) => type !== 'tool_result')).toBe(true);
        uses.push(...called);
      });
      expectSafeAndUnique(uses);
      expect((JSON.stringify(body).match(/cache_control/g) ?? []).length).toBeLessThanOrEqual(4);
      const last = objects(messages.at(-1)?.content).at(-1);
      if (messages.at(-1)?.role === 'assistant' && last?.type === 'text') expect(last.text).toMatch(/\S$/);
    }
  });
});

describe('Chat Completions ordering of random histories', () => {
  it('is valid', () => {
    for (const seed of seeds) {
      const body = rendered(openaiChatDelegate, chatGpt, { messages: randomHistory(seed) });
      const messages = objects(body.messages);
      const all: string[] = [];
      let waiting: string[] = [];
      messages.forEach((message, index) => {
        if (message.role === 'developer') expect(index).toBe(0);
        if (message.role === 'tool') {
          expect(message.tool_call_id).toBe(waiting.shift());
          return;
        }
        expect(waiting).toEqual([]);
        waiting = ids(objects(message.tool_calls ?? []), 'id');
        all.push(...waiting);
        if (waiting.length === 0) expect(message.content).toBeTruthy();
      });
      expect(waiting).toEqual([]);
      expectSafeAndUnique(all);
    }
  });
});

describe('Responses API ordering of random histories', () => {
  it('is valid', () => {
    for (const seed of seeds) {
      const history = randomHistory(seed);
      const body = rendered(openaiResponsesDelegate, responsesGpt, { messages: history });
      const items = objects(body.input);
      const calls = ids(
        items.filter(({ type }) => type === 'function_call'),
        'call_id',
      );
      const outputs = ids(
        items.filter(({ type }) => type === 'function_call_output'),
        'call_id',
      );
      expect(outputs).toEqual(calls);
      expectSafeAndUnique(calls);
      items.forEach((item, index) => {
        const next = items.at(index + 1);
        if (item.type === 'reasoning') {
          expect(thoughtsIn(history)).toContainEqual(item);
          expect(['reasoning', 'function_call', 'message']).toContain(next?.type);
          expect(next?.role).not.toBe('user');
        }
        if (item.type === 'function_call_output') {
          expect(items.findIndex((other) => other.call_id === item.call_id)).toBeLessThan(index);
        }
      });
    }
  });
});

describe('Rendering one history again', () => {
  it('gives the same bytes, with a stable prefix as it grows', () => {
    for (const seed of seeds) {
      const messages = randomHistory(seed);
      const render = (history: typeof messages) =>
        rendered(openaiResponsesDelegate, responsesGpt, { messages: history });
      const before = render(messages);
      expect(JSON.stringify(render(randomHistory(seed)))).toBe(JSON.stringify(before));
      const grown = render([...messages, { role: 'user', parts: [{ type: 'text', text: 'More' }] }]);
      expect(objects(grown.input).slice(0, -1)).toEqual(before.input);
    }
  });
});
