import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelRequest, type ToolDefinition } from '../../../src/messages/model-request.interface.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { user } from '../delegates/conversation.js';
import { type Client, clientOf } from '../gateway/client.js';

const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

const tool = (fields: Partial<Record<keyof ToolDefinition, unknown>> = {}): ToolDefinition =>
  ({ name: 'look', description: 'Looks', parameters: { type: 'object', properties: {} }, ...fields }) as ToolDefinition;
const withParameters = (parameters: unknown): ToolDefinition => tool({ parameters });

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox({ chunkDelayMs: 0 });
  client = clientOf(sandbox.url, { retries: { tries: 1 } });
});
beforeEach(() => {
  sandbox.reset();
});
afterAll(async () => {
  await client.close();
  await sandbox.close();
});

describe.each(MODELS)('A request to %s', (model) => {
  const request = (more: Partial<ModelRequest>): ModelRequest => ({ model, messages: [user('Hi')], ...more });

  /** Pushed and pulled alike fail before any request leaves, the exchange of the token included. */
  async function expectRefusal(more: Partial<ModelRequest>, message: string): Promise<void> {
    const refusal = { code: 'validation_failed', message: expect.stringContaining(message) };
    const { error } = await client.router.route(request(more), { onEvents: () => undefined });
    expect(error).toMatchObject(refusal);
    await expect(client.router.stream(request(more)).next()).rejects.toMatchObject(refusal);
    expect(sandbox.calls.exchanges + Object.values(sandbox.calls.requests).reduce((sum, calls) => sum + calls)).toBe(0);
  }

  it.each<[string, ToolDefinition, string]>([
    ['a name with a dot', tool({ name: 'a.b' }), 'its name "a.b" is not one that the vendors take: set name to'],
    ['a name of 65 letters', tool({ name: 'x'.repeat(65) }), 'is not one that the vendors take'],
    ['no name', tool({ name: undefined }), 'is not one that the vendors take'],
    ['no description', tool({ description: ' ' }), 'it has no description: tell the model what it does'],
    ['a list at the top', withParameters({ type: 'array', items: {} }), 'have the type "array" at their top'],
    ['a choice at the top', withParameters({ type: 'object', anyOf: [{}] }), 'have "anyOf" at their top'],
    ['nothing at the top', withParameters({}), 'have the type null at their top'],
    ['no parameters', withParameters(undefined), 'has no JSON Schema for the model'],
    [
      'a property that Claude cannot name',
      withParameters({ type: 'object', properties: { 'city of birth': {} } }),
      'the property "city of birth", whose name Claude refuses: use letters',
    ],
    [
      'an array of nothing',
      withParameters({ type: 'object', properties: { a: { type: 'array' } } }),
      'an array at "a" that does not say what its items are, which OpenAI refuses: add items',
    ],
    ['no JSON Schema', withParameters({ type: 'object', required: 'a' }), 'The schema is no valid JSON Schema'],
    [
      'a reference to nothing',
      withParameters({ type: 'object', properties: { a: { $ref: '#/$defs/b' } } }),
      'The schema is no valid JSON Schema',
    ],
    [
      'another dialect',
      withParameters({ type: 'object', $schema: 'http://json-schema.org/draft-04/schema#' }),
      'Write it in the dialect 2020-12',
    ],
  ])('is refused before it is sent if a tool has %s', async (_what, given, message) => {
    await expectRefusal({ tools: [tool({ name: 'fine' }), given] }, message);
    await expectRefusal({ tools: [given] }, 'The tool ');
  });

  it('is refused before it is sent if two tools share a name', async () => {
    await expectRefusal({ tools: [tool(), tool()] }, 'Two tools of the request have the name "look"');
  });

  it.each<[string, JsonObject, string]>([
    [
      'of a list',
      { type: 'array', items: {} },
      'The models answer with one object, and this schema has the type "array"',
    ],
    ['with a choice at the top', { type: 'object', oneOf: [{}] }, 'this schema has "oneOf" at its top'],
    ['that is not valid', { type: 'object', required: 'a' }, 'The schema is no valid JSON Schema'],
  ])('is refused before it is sent if the answer schema is %s', async (_what, outputSchema, message) => {
    await expectRefusal({ outputSchema }, message);
  });

  it('is answered if its tools only omit optional fields', async () => {
    const tools = [
      withParameters({ type: 'object' }),
      tool({
        name: 'a-b_C1',
        parameters: { type: 'object', properties: { 'a.b': { type: 'object' } }, required: ['c'] },
      }),
    ];
    for (const _again of [1, 2]) {
      const { error, answer } = await client.router.route(request({ tools }), { onEvents: () => undefined });
      expect([error, answer.finishReason]).toEqual([undefined, 'stop']);
    }
  });
});
