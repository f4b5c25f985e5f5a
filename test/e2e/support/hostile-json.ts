/** A whole number below a bound, by chance. */
export type Random = (below: number) => number;

/** Names that every object has, that a library on the way gives a meaning, or that no text should have. */
const KEYS = [
  'constructor',
  'prototype',
  '__proto__',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  '__defineGetter__',
  'toJSON',
  'then',
  'length',
  'name',
  'message',
  '@instanceof',
  '__type',
  '$ref',
  'type',
  'id',
  '0',
  '',
  'a.b',
  'a[0]',
  '\u0000',
  '\ud800',
];

const TEXTS = [
  '',
  ' ',
  '\n',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\uffff',
  "'; DROP TABLE chats; --",
  '$property %s ${x} {{x}}',
  '../../x',
  '1e999',
  'x'.repeat(3_000),
];

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '0.5',
  '3.0',
  '1E-400',
  '1e308',
  '1e999',
  '9007199254740993',
  '-99999999999999999999',
];

/** What each field takes, as JSON. */
const goodValues: Record<string, readonly string[]> = {
  agent: ['"none"', '"constructor"'],
  attachments: ['[]'],
  budgetTokens: ['1024', '4096'],
  content: ['"Hello"', '"\\u0000 \\ud800"', '" "'],
  data: ['"aGk="'],
  effort: ['"low"', '"high"'],
  filename: ['"x.png"', '"\\u0000"'],
  instructions: ['"Be brief."', '" "', '"\\u0000x"'],
  maxOutputTokens: ['1', '100', '99999999999'],
  mediaType: ['"image/png"', '"text/x"'],
  metadata: ['{}', '{"a":[1,{"b":null}]}'],
  model: ['"duo-chat-sonnet-4-6"', '"duo-chat-gpt-5-1"', '"__proto__"'],
  params: ['{}'],
  reason: ['"No"', '"\\ud800"'],
  stopSequences: ['[]', '["END"]', '[" "]', '["\\ud800"]'],
  temperature: ['0', '1', '0.3'],
  thinking: ['{"effort":"low"}', '{"budgetTokens":1024}', '{}'],
  title: ['null', '"x"', '"\\u0000"', '"\\ud800"'],
  topP: ['0', '1'],
  url: ['"https://files.example/x.png?token=1"', '"https://["'],
};

/** The fields of the objects within bodies. */
const innerFields: Record<string, readonly string[]> = {
  attachments: ['mediaType', 'data', 'url', 'filename'],
  params: ['temperature', 'topP', 'maxOutputTokens', 'stopSequences', 'thinking'],
  thinking: ['effort', 'budgetTokens'],
};

/** A body of these fields, as JSON: most of it what the API takes, and some of it what no client should send. */
export function hostileBody(fields: readonly string[], random: Random): string {
  const kind = random(24);
  if (kind === 0) return anyJson(random, 3);
  const body = bodyOf(fields, random);
  return kind === 1 ? broken(body, random) : body;
}

function bodyOf(fields: readonly string[], random: Random): string {
  const taken = fields.filter(() => random(2) === 0);
  const entries = taken.map((field) => entry(field, random(8) === 0 ? anyJson(random, 3) : valueOf(field, random)));
  if (random(12) === 0) entries.push(entry(pick(KEYS, random), anyJson(random, 2)));
  return `{${entries.join(',')}}`;
}

function valueOf(field: string, random: Random): string {
  const inner = innerFields[field];
  if (field === 'metadata') return random(4) === 0 ? pick(goodValues.metadata ?? [], random) : anyObject(random, 4);
  if (inner === undefined || random(3) === 0) return pick(goodValues[field] ?? ['null'], random);
  return field === 'attachments' ? `[${bodyOf(inner, random)}]` : bodyOf(inner, random);
}

/** Any JSON, seldom deep. */
function anyJson(random: Random, depth: number): string {
  const kind = random(depth > 0 ? 8 : 5);
  if (kind === 0) return pick(['null', 'true', 'false'], random);
  if (kind === 1) return pick(NUMBERS, random);
  if (kind < 5) return JSON.stringify(pick(TEXTS, random));
  if (kind > 5) return anyObject(random, depth);
  return `[${Array.from({ length: random(4) }, () => anyJson(random, depth - 1)).join(',')}]`;
}

function anyObject(random: Random, depth: number): string {
  const entries = Array.from({ length: random(4) }, () => entry(pick(KEYS, random), anyJson(random, depth - 1)));
  return `{${entries.join(',')}}`;
}

/** JSON with one wrong character in it. */
function broken(json: string, random: Random): string {
  const at = random(json.length);
  return json.slice(0, at) + pick(['', '\u0000', '"', '{', '\\', ',', 'NaN'], random) + json.slice(at + random(2));
}

function entry(key: string, json: string): string {
  return `${JSON.stringify(key)}:${json}`;
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random(values.length)] as T;
}
