import { describe, expect, it, jest } from '@jest/globals';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { type ToolResultPart } from '../../../src/messages/part.interface.js';
import { type ImmutableMessage } from '../../../src/messages/immutable-message.js';
import { type Model } from '../../../src/models/model.interface.js';
import { casesOf, generator } from '../random.js';
import { assistant, call, result, system, user } from './conversation.js';
import { body, changed, fromScratch, settled } from './growing-chat.js';
import { imagePart, pdfPart } from '../../sample-files.js';
import { adaptiveClaude, budgetClaude, chatGpt, responsesGpt } from './models.js';

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
