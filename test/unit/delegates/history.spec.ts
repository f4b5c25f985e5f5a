import { describe, expect, it, jest } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { toTranscript } from '../../../src/delegates/transcript.js';
import { fileSource } from '../../../src/messages/file-source.js';
import { type ImmutableMessage } from '../../../src/messages/immutable-message.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { type FilePart, type ToolResultPart } from '../../../src/messages/part.interface.js';
import { checkFile } from '../../../src/models/file-check.js';
import { type Model } from '../../../src/models/model.interface.js';
import { imagePart, pdfPart } from '../../sample-files.js';
import { casesOf, generator } from '../random.js';
import { assistant, call, image, reasoning, result, system, user } from './conversation.js';
import { body, changed, fromScratch, settled } from './growing-chat.js';
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

const anthropic = (...history: ModelMessage[]) => toTranscript(history, 'anthropic-messages');

/** Roles with the ids and contents that matter here. */
const outline = (...history: ModelMessage[]) =>
  anthropic(...history).messages.map(({ role, parts }) => [
    role,
    ...parts.map((part) => {
      if (part.type === 'text') return part.text;
      if (part.type === 'tool-result') return `${part.id}=${part.isError ? '!' : JSON.stringify(part.content)}`;
      return part.type === 'tool-call' ? part.id : part.type;
    }),
  ]);

describe('toTranscript', () => {
  it('uses the last system message as the instructions', () => {
    expect(anthropic(system('Old'), user('Hi'), system('New')).instructions).toBe('New');
    expect(anthropic(system('Old'), system(' '), user('Hi')).instructions).toBeUndefined();
    expect(anthropic({ role: 'system', parts: [...system('A').parts, ...system('B').parts] }, user('Hi'))).toEqual({
      instructions: 'A\n\nB',
      messages: [user('Hi')],
    });
  });

  it('drops empty text and empty messages', () => {
    expect(outline(user('', ' \n'), user('Hi', ' '), assistant(''), assistant('Yo'))).toEqual([
      ['user', 'Hi'],
      ['assistant', 'Yo'],
    ]);
  });

  it('moves each result right after its call, in the order of the calls', () => {
    const history = [
      user('Go'),
      assistant(call('a'), call('b')),
      user('Wait'),
      result('b', 'B'),
      assistant('Hm'),
      result('a', 'A'),
    ];
    expect(outline(...history)).toEqual([
      ['user', 'Go'],
      ['assistant', 'a', 'b'],
      ['tool', 'a="A"', 'b="B"'],
      ['user', 'Wait'],
      ['assistant', 'Hm'],
    ]);
  });

  it('adds a placeholder result to a call without one, and drops a result without a call', () => {
    const history = [user('Go'), result('a', 'early'), assistant(call('a')), result('x', 'X')];
    expect(outline(...history)).toEqual([
      ['user', 'Go'],
      ['assistant', 'a'],
      ['tool', 'a=!'],
    ]);
    expect(anthropic(...history).messages[2]?.parts[0]).toMatchObject({
      content: expect.stringContaining('no result'),
      name: 'weather',
    });
  });

  it('drops a second result of one call', () => {
    expect(outline(user('Go'), assistant(call('a')), result('a', 1 as never), result('a', 'again'))).toEqual([
      ['user', 'Go'],
      ['assistant', 'a'],
      ['tool', 'a=1'],
    ]);
  });

  it('makes repeated ids unique, and keeps each result with its call', () => {
    const history = [
      user('Go'),
      assistant(call('a')),
      result('a', 'first'),
      assistant(call('a'), call('a')),
      result('a', 'second'),
      result('a', 'third'),
    ];
    expect(outline(...history).slice(1)).toEqual([
      ['assistant', 'a'],
      ['tool', 'a="first"'],
      ['assistant', 'a_2', 'a_3'],
      ['tool', 'a_2="second"', 'a_3="third"'],
    ]);
  });

  it('assigns the result of a repeated id to the latest call, and among its calls to the one with its name', () => {
    const lost = [user('Go'), assistant(call('a')), assistant(call('a', {}, 'one'), call('a', {}, 'two'))];
    expect(outline(...lost, result('a', '2', false, 'two'), result('a', '1', false, 'one'))).toEqual([
      ['user', 'Go'],
      ['assistant', 'a'],
      ['tool', 'a=!'],
      ['assistant', 'a_2', 'a_3'],
      ['tool', 'a_2="1"', 'a_3="2"'],
    ]);
  });

  it('sanitizes ids, and shortens them for every vendor', () => {
    const long = 'x'.repeat(80);
    const calls = assistant(call('functions.weather:0'), call('functions weather:0'), call(''), call(long), call(long));
    const ids = outline(user('Go'), calls)[1]?.slice(1);
    expect(ids).toEqual([
      'functions_weather_0',
      'functions_weather_0_2',
      'call',
      'x'.repeat(40),
      `${'x'.repeat(38)}_2`,
    ]);
  });

  it('never assigns an id that a later call has', () => {
    expect(outline(user('Go'), assistant(call('a'), call('a'), call('a_2')))[1]).toEqual([
      'assistant',
      'a',
      'a_2',
      'a_2_2',
    ]);
  });

  it('keeps reasoning only for the API that made it, complete, and before its output', () => {
    const own = reasoning('anthropic-messages', { type: 'thinking' });
    const foreign = reasoning('openai-responses', { type: 'reasoning' });
    expect(outline(user('Go'), assistant(own, foreign, reasoning('anthropic-messages'), 'Yo', own))[1]).toEqual([
      'assistant',
      'reasoning',
      'Yo',
    ]);
    expect(outline(user('Go'), assistant(own, ' '))).toEqual([['user', 'Go']]);
  });

  it('does not modify the history', () => {
    const history = [user('Go'), assistant(call('a b')), result('a b', 'A')];
    const before = structuredClone(history);
    anthropic(...history);
    expect(history).toEqual(before);
  });

  it.each([
    ['system', image],
    ['user', call('a')],
    ['assistant', image],
    ['tool', { type: 'text', text: 'Hi' }],
  ] as const)('refuses, in a message with the role %s, the part %j', (role, part) => {
    expect(() => anthropic(user('Hi'), { role, parts: [part] })).toThrow(
      expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining(`"${part.type}"`) }),
    );
  });

  it('refuses a history without a message to answer', () => {
    expect(() => anthropic(system('Be brief'), user(' '))).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
  });
});

const CHATS = casesOf(120);
const CHANGES = 40;

const toolResult: ToolResultPart = { type: 'tool-result', id: 'a', name: 'weather', content: '', isError: false };
const models = [budgetClaude, adaptiveClaude, chatGpt, responsesGpt];
const settings: ModelParams[] = [{}, { thinking: { effort: 'high' } }, { temperature: 0.3 }, { maxOutputTokens: 900 }];

describe('Incremental rendering of a history', () => {
  it('gives the same bytes as from scratch after random changes', () => {
    for (let seed = 1; seed <= CHATS; seed += 1) {
      const below = generator(seed);
      let history: ImmutableMessage[] = [];
      let model: Model = budgetClaude;
      let params: ModelParams = {};
      for (let change = 1; change <= CHANGES; change += 1) {
        history = changed(history, below);
        if (below(4) === 0) model = models[below(models.length)] ?? model;
        if (below(4) === 0) params = settings[below(settings.length)] ?? params;
        const asked = [...history, user('And now?'), ...(below(5) === 0 ? [system('In this ask alone.')] : [])];
        const expected = body(model, fromScratch(asked), params);
        if (body(model, asked, params) !== expected) {
          expect([seed, change, body(model, asked, params)]).toEqual([seed, change, expected]);
        }
      }
    }
  });

  it.each(models)('gives the same bytes for $id after a refusal half-way', (model) => {
    const turn = (name: string) =>
      [user(name), assistant(call('a')), result('a', 'fine'), assistant('So.')].map(settled);
    const [before, after] = [[...turn('One'), ...turn('Two'), ...turn('Three')], turn('Four')];
    const misplaced = settled({ role: 'user', parts: [call('a')] });
    const ask = user('Hi');
    body(model, [...before, ask]);
    expect(() => body(model, [...before, ...after, misplaced, ...after, ...after, ask])).toThrow(/tool-call/);
    const history = [...before, ...after, ...after, ask];
    expect(body(model, history)).toBe(body(model, fromScratch(history)));
  });

  it.each(models)('renders a history for $id again if a message in it may change', (model) => {
    const turns = (count: number) => Array.from({ length: count }, () => [user('Hi'), assistant('Yes.')]).flat();
    const mine = user('Mine');
    const history = [...turns(3).map(settled), mine, assistant('Yes.'), ...turns(3).map(settled), user('Hi')];
    body(model, history);
    mine.parts = [{ type: 'text', text: 'Changed' }];
    expect(body(model, history)).toBe(body(model, fromScratch(history)));
  });

  it('gives the same bytes as from scratch while files are dropped', () => {
    const documentGpt: Model = { ...chatGpt, inputs: ['text', 'image', 'pdf'] };
    for (let seed = 1; seed <= 20; seed += 1) {
      const below = generator(seed);
      const history: ImmutableMessage[] = [];
      for (let turn = 1; turn <= 40; turn += 1) {
        const files = [imagePart([1 + below(2_500), 1 + below(9_000)]), pdfPart(`${turn}.pdf`), imagePart()];
        const said = files.filter(() => below(3) > 0);
        const shown = { ...result('a', ''), parts: [{ ...toolResult, files: [imagePart([2_001, turn])] }] };
        const round = below(4) === 0 ? [assistant(call('a')), shown] : [];
        history.push(...[user('Look', ...said), ...round, assistant('I see.')].map(settled));
        const model = [budgetClaude, adaptiveClaude, chatGpt, documentGpt, responsesGpt][below(5)] ?? budgetClaude;
        const asked = [...history, user('And now?')];
        expect(body(model, asked)).toBe(body(model, fromScratch(asked)));
      }
      expect(body(budgetClaude, history)).toContain('with more than 20 images no side may have more than 2000]');
    }
  });

  it.each(models)('reads a history once for $id, except its last two turns', (model) => {
    const turns = Array.from({ length: 100 }, (_, turn) => [user(`Turn ${turn}`), assistant('Yes.')]).flat();
    const history = turns.map(settled);
    body(model, [...history.slice(0, 100), user('Hi')]);
    const read = history.map((message) => jest.spyOn(message, 'parts', 'get'));
    expect(body(model, [...history, user('Hi')])).toBe(body(model, [...turns, user('Hi')]));
    const places = read.flatMap(({ mock }, place) => (mock.calls.length > 0 ? [place] : []));
    expect(places[0]).toBeGreaterThan(90);
    expect(places.length).toBeGreaterThan(90);
  });
});

const refused: [string, Omit<FilePart, 'type'>][] = [
  ['cannot read', { mediaType: 'image/svg+xml', data: 'PHN2Zz4=' }],
  ['cannot read', { mediaType: 'video/mp4', url: 'https://example.com/a.mp4', filename: 'a.mp4' }],
  ['has no content', { mediaType: 'image/png' }],
  ['has no content', { mediaType: 'image/png', data: '' }],
  ['has both', { mediaType: 'image/png', data: 'iVBORw==', url: 'https://example.com/a.png' }],
  ['http(s)', { mediaType: 'image/png', url: 'file:///etc/passwd' }],
];

describe.each([anthropicDelegate, openaiChatDelegate, openaiResponsesDelegate])('Files for $api', (delegate) => {
  // A host may have stored it past our checks: the chat would answer nothing any more.
  it.each(refused)('replace a file that %s with a note: %j', (_reason, file) => {
    const messages = [user('Look', { type: 'file', ...file })];
    const body = String(delegate.render(budgetClaude, { model: budgetClaude.id, messages }).body);
    expect(body).toContain('left out: the models do not read its format]');
    expect(body).not.toMatch(/svg|PHN2Zz4=|example|passwd/);
  });

  it('match media types in any letter case', () => {
    const messages = [user('Look', { ...imagePart(), mediaType: 'IMAGE/PNG' })];
    const body = String(delegate.render(budgetClaude, { model: budgetClaude.id, messages }).body);
    expect(body).toContain('image/png');
    expect(body).not.toContain('IMAGE/PNG');
  });
});

it.each(refused)('refuse a file that %s before it is stored: %j', (reason, file) => {
  expect(() => {
    checkFile({ type: 'file', ...file });
  }).toThrow(expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining(reason) }));
});
it.each<[unknown]>([
  [undefined],
  [null],
  ['iVBORw=='],
  [5],
  [[]],
  [{}],
  [{ type: 'file', mediaType: 7, data: 'iVBORw==' }],
  [{ type: 'file', mediaType: 'image/png', data: Buffer.from('x') }],
  [{ type: 'file', mediaType: 'image/png', url: new URL('https://example.com/a.png') }],
  [{ mediaType: 'image/png', data: 'iVBORw==', filename: 7 }],
])('explain what a file is for %p', (file) => {
  expect(() => fileSource(file as FilePart)).toThrow(
    expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining('"mediaType"') }),
  );
});
