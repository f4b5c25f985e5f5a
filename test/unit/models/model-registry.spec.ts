import { describe, expect, it } from '@jest/globals';
import { type ModelOption } from '../../../src/config/model-option.interface.js';
import { ConfigurationError, UnknownModelError } from '../../../src/errors/request.errors.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';
import { registryFor } from '../../../src/models/registry-for.js';

const registry = new ModelRegistry();
const withAlpha = new ModelRegistry([{ id: 'duo-chat-haiku-5-5' }]);

/**
 * The contract's table with the catalogue corrections of November 2026: Duo id, upstream id, API, context/input/output in
 * thousands, thinking (with ! where it thinks unasked, - where it can be turned off), efforts by first letter (* the
 * default), and marks: F no forced tools, B bound thinking, S sampling, T no effort with tools on Chat Completions, P no
 * PDF, G between tools.
 */
const table = `
duo-chat-fable-5-1 | claude-fable-5-1 | M | 1000/1000/128 | always! | l m h* x M | FB
duo-chat-fable-5 | claude-fable-5 | M | 1000/1000/128 | always! | l m h* x M |
duo-chat-opus-5-5 | claude-opus-5-5 | M | 1000/1000/128 | always! | l m* h x M | FB
duo-chat-opus-5 | claude-opus-5 | M | 1000/1000/128 | adaptive!- | l m h* x M |
duo-chat-opus-4-8 | claude-opus-4-8 | M | 1000/1000/128 | adaptive- | l m h* x M |
duo-chat-opus-4-7 | claude-opus-4-7 | M | 1000/1000/128 | adaptive- | l m h* x M |
duo-chat-opus-4-6 | claude-opus-4-6 | M | 1000/1000/128 | adaptive- | l m h* M | S
duo-chat-opus-4-5 | claude-opus-4-5-20251101 | M | 200/200/64 | budget- | l m h* | S
duo-chat-sonnet-5-5 | claude-sonnet-5-5 | M | 1000/1000/128 | always! | l m h* x M | FBG
duo-chat-sonnet-5 | claude-sonnet-5 | M | 1000/1000/64 | adaptive!- | l m h* x M |
duo-chat-sonnet-4-6 | claude-sonnet-4-6 | M | 1000/1000/64 | budget- | l m h* M | S
duo-chat-sonnet-4-5 | claude-sonnet-4-5-20250929 | M | 200/200/64 | budget- | | S
duo-chat-haiku-5-5 | claude-haiku-5-5 | M | 1000/1000/128 | adaptive!- | l m* h x M | B
duo-chat-haiku-4-5 | claude-haiku-4-5-20251001 | M | 200/200/64 | budget- | | S
duo-chat-gpt-6-1-sol | gpt-6.1-sol | R | 1050/922/128 | effort! | l m* h x M |
duo-chat-gpt-6-astra | gpt-6-astra | R | 1050/922/128 | effort! | l m* h x M |
duo-chat-gpt-6-sol | gpt-6-sol | R | 1050/922/128 | effort!- | n l m* h x M |
duo-chat-gpt-6-luna | gpt-6-luna | R | 1050/922/128 | effort!- | n l m* h x M |
duo-chat-gpt-5-6-sol | gpt-5.6-sol | R | 1050/922/128 | effort!- | n l m* h x M |
duo-chat-gpt-5-6-terra | gpt-5.6-terra | R | 1050/922/128 | effort!- | n l m* h x M |
duo-chat-gpt-5-6-luna | gpt-5.6-luna | R | 1050/922/128 | effort!- | n l m* h x M |
duo-chat-gpt-5-5 | gpt-5.5-2026-04-23 | C | 1050/922/128 | effort!- | n l m* h x | T
duo-chat-gpt-5-4 | gpt-5.4-2026-03-05 | C | 1050/922/128 | effort- | n* l m h x | T
duo-chat-gpt-5-4-mini | gpt-5.4-mini | C | 400/272/128 | effort- | n* l m h x | TP
duo-chat-gpt-5-4-nano | gpt-5.4-nano | C | 400/272/128 | effort- | n* l m h x | TP
duo-chat-gpt-5-3-codex | gpt-5.3-codex | R | 400/272/128 | effort! | l m* h x |
duo-chat-gpt-5-2 | gpt-5.2-2025-12-11 | C | 400/272/128 | effort- | n* l m h x | P
duo-chat-gpt-5-2-codex | gpt-5.2-codex | R | 400/272/128 | effort! | l m* h x |
duo-chat-gpt-5-1 | gpt-5.1-2025-11-13 | C | 400/272/128 | effort- | n* l m h | P
duo-chat-gpt-5-codex | gpt-5-codex | R | 400/272/128 | effort! | l m* h | P
duo-chat-gpt-5-mini | gpt-5-mini-2025-08-07 | C | 400/272/128 | effort! | i l m* h | P`;

const rows = table
  .trim()
  .split('\n')
  .map((row) => row.split('|').map((cell) => cell.trim()));
const ids = rows.map(([id = '']) => id);
const apis: Record<string, string> = { M: 'anthropic-messages', C: 'openai-chat', R: 'openai-responses' };
const efforts: Record<string, string> = {
  n: 'none',
  i: 'minimal',
  l: 'low',
  m: 'medium',
  h: 'high',
  x: 'xhigh',
  M: 'max',
};
const lives: Record<string, object> = {
  'duo-chat-sonnet-4-5': { endOfLife: '2026-11-30', successor: 'duo-chat-sonnet-4-6' },
  'duo-chat-opus-4-5': { endOfLife: '2027-01-22', successor: 'duo-chat-opus-4-6' },
};

describe('ModelRegistry', () => {
  it.each(rows)(
    'knows %s and its traits',
    (id = '', upstreamId, api = '', limits = '', thinks = '', levels = '', marks = '') => {
      const [contextWindow, maxInputTokens, maxOutputTokens] = limits
        .split('/')
        .map((thousands) => Number(thousands) * 1000);
      const [, thinking, unasked, off] = /^(\w+)(!?)(-?)$/.exec(thinks) ?? [];
      const letters = levels === '' ? [] : levels.split(' ');
      const found = withAlpha.get(id);
      expect(found).toEqual({
        id,
        upstreamId,
        api: apis[api],
        vendor: api === 'M' ? 'anthropic' : 'openai',
        contextWindow,
        maxInputTokens,
        maxOutputTokens,
        inputs: marks.includes('P') ? ['text', 'image'] : ['text', 'image', 'pdf'],
        thinking,
        thinksByDefault: unasked === '!',
        canDisable: off === '-',
        betweenTools: marks.includes('G'),
        efforts: letters.map((letter) => efforts[letter.charAt(0)]),
        defaultEffort: efforts[letters.find((letter) => letter.endsWith('*'))?.charAt(0) ?? ''] ?? null,
        effortWithTools: !marks.includes('T'),
        boundThinking: marks.includes('B'),
        forcedTools: !marks.includes('F'),
        sampling: marks.includes('S'),
        endOfLife: null,
        successor: null,
        ...lives[id],
        status: found.status,
      });
    },
  );

  it('lists exactly the catalogue, Claude before GPT, and alpha models only if they are enabled', () => {
    expect(withAlpha.list().map(({ id }) => id)).toEqual(ids);
    expect(registry.list().map(({ id }) => id)).toEqual(ids.filter((id) => id !== 'duo-chat-haiku-5-5'));
  });

  it.each([
    ['duo-chat-opus-4-66', '"duo-chat-opus-4-6"'],
    ['duo-chat-sonet-4-6', '"duo-chat-sonnet-4-6"'],
    ['claude-haiku-4-5-20251001', '"duo-chat-haiku-4-5"'],
    ['gpt-5.1', '"duo-chat-gpt-5-1"'],
    ['GPT-5-Mini', '"duo-chat-gpt-5-mini"'],
    ['opus-4.8', '"duo-chat-opus-4-8"'],
    ['DUO-CHAT-OPUS-4-8', '"duo-chat-opus-4-8"'],
  ])('suggests for the unknown id %s the similar id %s', (wrong, right) => {
    const get = () => registry.get(wrong);
    expect(get).toThrow(UnknownModelError);
    expect(get).toThrow(`Unknown model "${wrong}". Did you mean ${right}`);
  });

  it.each(['', 'llama-3-70b-instruct', 'constructor', 'x'.repeat(100_000)])('suggests nothing for %.30s', (wrong) => {
    expect(() => registry.get(wrong)).toThrow(/^Unknown model ".*"\. See ModelRegistry\.list\(\)/);
  });

  it('refuses an alpha model, and explains how to enable it', () => {
    expect(() => registry.get('duo-chat-haiku-5-5')).toThrow(
      new UnknownModelError(
        'Unknown model "duo-chat-haiku-5-5". It is an alpha model: enable it by forRoot({ models: [{ id: "duo-chat-haiku-5-5", status: \'active\' }] }).',
      ),
    );
    expect(withAlpha.get('duo-chat-haiku-5-5').status).toBe('alpha');
    expect(new ModelRegistry([{ id: 'duo-chat-haiku-5-5', status: 'active' }]).get('duo-chat-haiku-5-5').status).toBe(
      'active',
    );
  });
});

describe('The end of life of a model', () => {
  const statuses = (day: string) => {
    const models = new ModelRegistry([], () => day);
    return [models.get('duo-chat-sonnet-4-5').status, models.get('duo-chat-opus-4-5').status];
  };

  // Anthropic's deprecation notice: Sonnet 4.5 retires on 2026-11-30, Opus 4.5 on 2027-01-22.
  it.each([
    ['2026-11-29', 'deprecated', 'deprecated'],
    ['2026-11-30', 'retired', 'deprecated'],
    ['2027-01-21', 'retired', 'deprecated'],
    ['2027-01-22', 'retired', 'retired'],
  ])('makes Sonnet 4.5 and Opus 4.5 on %s %s and %s', (day, sonnet, opus) => {
    expect(statuses(day)).toEqual([sonnet, opus]);
  });

  it("depends on the day at which the status is read, and is part of the model's JSON", () => {
    let day = '2026-11-29';
    const model = new ModelRegistry([], () => day).get('duo-chat-sonnet-4-5');
    expect(JSON.parse(JSON.stringify(model))).toMatchObject({ status: 'deprecated', endOfLife: '2026-11-30' });
    day = '2026-11-30';
    expect(JSON.parse(JSON.stringify(model))).toMatchObject({ status: 'retired' });
  });

  it('makes no other model of the catalogue deprecated', () => {
    const others = new ModelRegistry([], () => '2026-11-30').list().filter(({ endOfLife }) => endOfLife === null);
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set(['active']));
  });
});

describe('The models option', () => {
  const opus6: ModelOption = { id: 'duo-chat-opus-6', upstreamId: 'claude-opus-6', api: 'anthropic-messages' };

  it('adds a model, whose default traits every vendor accepts', () => {
    const models = new ModelRegistry([
      opus6,
      { ...opus6, id: 'duo-chat-gpt-7', upstreamId: 'gpt-7', api: 'openai-chat' },
    ]);
    expect(models.get('duo-chat-opus-6')).toMatchObject({
      upstreamId: 'claude-opus-6',
      vendor: 'anthropic',
      status: 'active',
      maxOutputTokens: null,
      forcedTools: false,
      boundThinking: true,
      sampling: false,
      inputs: ['text', 'image', 'pdf'],
      efforts: ['low', 'medium', 'high'],
    });
    expect(models.get('duo-chat-gpt-7')).toMatchObject({
      vendor: 'openai',
      thinking: 'effort',
      effortWithTools: false,
    });
    expect(
      models
        .list()
        .slice(-2)
        .map(({ id }) => id),
    ).toEqual(['duo-chat-opus-6', 'duo-chat-gpt-7']);
    expect(() => models.get('opus-6')).toThrow('Did you mean "duo-chat-opus-6"');
  });

  it('changes single traits of a known model, and neither its other traits nor other registries', () => {
    const models = new ModelRegistry([
      { id: 'duo-chat-sonnet-5', maxOutputTokens: 128_000 },
      { id: 'duo-chat-gpt-5-5', api: 'openai-responses', endOfLife: '2026-01-01', upstreamId: undefined },
    ]);
    const before = registry.get('duo-chat-sonnet-5');
    expect({ ...models.get('duo-chat-sonnet-5') }).toEqual({ ...before, maxOutputTokens: 128_000 });
    expect(before.maxOutputTokens).toBe(64_000);
    expect(models.get('duo-chat-gpt-5-5')).toMatchObject({
      api: 'openai-responses',
      upstreamId: 'gpt-5.5-2026-04-23',
      status: 'retired',
    });
    expect(models.list()).toHaveLength(registry.list().length);
  });

  const known = { id: 'duo-chat-opus-4-7' };
  it.each<[unknown, string]>([
    ['all', 'models must be a list of models, each with an id.'],
    [{}, 'models must be a list of models'],
    [['duo-chat-opus-6'], "models[0] must be a model with an id; it is 'duo-chat-opus-6'."],
    [[null], 'models[0] must be a model with an id; it is null.'],
    [[known, {}], 'models[1].id must be a text that is not empty; it is undefined.'],
    [[{ id: ' ' }], 'models[0].id must be a text that is not empty'],
    [[{ ...known, context: 5 }], 'models[0].context is unknown; a model has id, upstreamId, api'],
    [[{ ...known, constructor: 5 }], 'models[0].constructor is unknown'],
    [
      [{ ...opus6, api: 'anthropic' }],
      "models[0].api must be 'anthropic-messages', 'openai-chat', 'openai-responses'; it is 'anthropic'.",
    ],
    [
      [{ ...opus6, upstreamId: undefined }],
      'The model "duo-chat-opus-6" of models is not in the catalogue, so it needs an upstreamId and an api.',
    ],
    [[{ id: 'duo-chat-opus-6' }], 'needs an upstreamId and an api'],
    [[{ id: 'duo-chat-opus-4-77' }], 'For a change of a known model, check its id.'],
    [[known, known], 'models names "duo-chat-opus-4-7" twice.'],
    [[{ ...known, status: 'retired' }], "models[0].status must be 'active', 'alpha'; it is 'retired'."],
    [
      [{ ...known, contextWindow: 0 }],
      'models[0].contextWindow must be a whole number of tokens above 0, or null; it is 0.',
    ],
    [
      [{ ...known, maxOutputTokens: '128k' }],
      "models[0].maxOutputTokens must be a whole number of tokens above 0, or null; it is '128k'.",
    ],
    [[{ ...known, sampling: 'yes' }], "models[0].sampling must be true or false; it is 'yes'."],
    [[{ ...known, efforts: ['low', 'low'] }], 'models[0].efforts must be a list of'],
    [[{ ...known, efforts: ['huge'] }], 'models[0].efforts must be a list of'],
    [[{ ...known, inputs: ['audio'] }], "models[0].inputs must be a list of 'text', 'image', 'pdf', each once"],
    [
      [{ ...known, endOfLife: '2026-02-30' }],
      "models[0].endOfLife must be a day as YYYY-MM-DD, or null; it is '2026-02-30'.",
    ],
    [
      [{ ...known, successor: 'unknown' }],
      'models[0].successor must be the id of a model that can be asked, or null; it is "unknown".',
    ],
    [[{ ...known, successor: 'duo-chat-opus-4-88' }], 'Did you mean "duo-chat-opus-4-8"'],
    [
      [{ ...known, successor: 'duo-chat-haiku-5-5' }],
      'models[0].successor must be the id of a model that can be asked',
    ],
    [[{ ...known, successor: known.id }], 'models[0].successor must be another model than "duo-chat-opus-4-7" itself.'],
    [[{ ...known, endOfLife: 'soon' }], 'models[0].endOfLife must be a day'],
    [[{ ...known, defaultEffort: 'huge' }], 'models[0].defaultEffort must be'],
    [
      [{ ...known, thinking: 'effort' }],
      "The model \"duo-chat-opus-4-7\" of models contradicts itself: thinking is 'effort' with OpenAI's APIs",
    ],
    [[{ id: 'duo-chat-gpt-5-1', thinking: 'budget' }], 'contradicts itself: thinking is'],
    [[{ ...known, thinking: 'always' }], "what thinks 'always' cannot be disabled"],
    [[{ ...known, thinking: 'always', canDisable: false }], "what thinks 'always' thinks by default"],
    [[{ ...known, betweenTools: true }], "betweenTools is for what thinks 'always'"],
    [[{ ...known, efforts: [], defaultEffort: null }], 'efforts is empty'],
    [[{ ...known, efforts: ['none', 'high'] }], "Claude takes no effort 'none' or 'minimal'"],
    [[{ ...known, efforts: ['high', 'low'] }], 'efforts must be in ascending order'],
    [[{ ...known, efforts: ['low'] }], 'defaultEffort is not one of its efforts'],
    [[{ id: 'duo-chat-gpt-6-astra', canDisable: true }], "canDisable and the effort 'none' go together"],
    [[{ ...known, inputs: ['image'] }], "inputs lacks 'text'"],
    [[{ ...known, contextWindow: 1_000 }], 'maxInputTokens exceeds contextWindow'],
    [[{ ...known, maxOutputTokens: 2_000_000 }], 'maxOutputTokens exceeds contextWindow'],
  ])('refuses %j', (options, message) => {
    const create = () => new ModelRegistry(options as ModelOption[]);
    expect(create).toThrow(ConfigurationError);
    expect(create).toThrow(message);
  });

  it('can set the default model, which must be known', () => {
    expect(registryFor({ model: 'duo-chat-opus-6', models: [opus6] }).get('duo-chat-opus-6').upstreamId).toBe(
      'claude-opus-6',
    );
    expect(() => registryFor({ model: 'duo-chat-opus-6', models: [] })).toThrow(
      /^The default model cannot work: Unknown model "duo-chat-opus-6"\. Did you mean .* GITLAB_DUO_MODEL\.$/,
    );
    expect(() => registryFor({ model: 'duo-chat-haiku-5-5', models: [] })).toThrow(ConfigurationError);
  });
});
