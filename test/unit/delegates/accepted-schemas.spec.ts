import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerSchema } from '../../../src/conversation/answer-schema.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelRequest, type ToolDefinition } from '../../../src/messages/model-request.interface.js';
import { type Model } from '../../../src/models/model.interface.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { type SchemaSource } from '../../../src/schemas/schema.interface.js';
import { toolDefinition } from '../../../src/tools/tool-definition.js';
import { casesOf } from '../random.js';
import { SandboxClient } from '../sandbox/sandbox-client.js';
import { user } from './conversation.js';
import { modelOf } from './models.js';
import { randomSchema } from './random-schema.js';

const delegates = new DelegateRegistry();

const SCHEMAS = casesOf(200);

/** One model of each API. */
const models = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'].map(modelOf);

/** A schema as it is made ready at start; undefined where that refuses it. */
function ready<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(invalid_configuration|validation_failed)$/) });
    return undefined;
  }
}

// Sources of the rules: src/delegates/schema-dialects.ts.
describe('Random schemas', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;
  let answers: { seed: number; schema: JsonObject }[];
  let tools: { seed: number; tool: ToolDefinition }[];

  beforeAll(async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    client = await SandboxClient.connect(sandbox);
    const seeds = Array.from({ length: SCHEMAS }, (_, seed) => seed);
    answers = seeds.flatMap((seed) => {
      const schema = ready(() => answerSchema(randomSchema(seed) as SchemaSource).jsonSchema);
      return schema === undefined ? [] : [{ seed, schema }];
    });
    tools = answers.flatMap(({ seed, schema }) => {
      const tool = ready(() => toolDefinition('random', 'A tool', schema));
      return tool === undefined ? [] : [{ seed, tool }];
    });
  });
  afterAll(() => sandbox.close());

  /** Why the vendor refuses a request; nothing where it answers. */
  async function refusal(model: Model, request: Omit<ModelRequest, 'model' | 'messages'>): Promise<string> {
    const { body } = delegates.get(model).render(model, { model: model.id, messages: [user('Hi')], ...request });
    const response = await fetch(client.url(model.api), { method: 'POST', headers: client.headers, body });
    const text = await response.text();
    return response.status === 200 ? '' : text;
  }

  it.each(models)('are accepted by $id for an answer, as a grammar if it supports them', async (model) => {
    const forms = new Map<string, number>();
    for (const { seed, schema } of answers) {
      const said = await refusal(model, { outputSchema: schema });
      if (said !== '') throw new Error(`Seed ${seed}: ${said.slice(0, 1_000)}`);
      const form = formOf(sandbox.calls.lastRequests[model.api]?.body as JsonObject);
      forms.set(form, (forms.get(form) ?? 0) + 1);
    }
    expect([...forms.keys()].sort()).toEqual(
      model.vendor === 'anthropic' ? ['format', 'tool', 'words'] : ['strict', 'wish'],
    );
    for (const count of forms.values()) expect(count).toBeGreaterThan(SCHEMAS / 100);
  });

  it.each(models)('are accepted by $id for a tool, unless startup has refused them', async (model) => {
    expect(tools.length).toBeGreaterThan(SCHEMAS / 3);
    for (const { seed, tool } of tools) {
      const said = await refusal(model, { tools: [tool] });
      if (said !== '') throw new Error(`Seed ${seed}: ${said.slice(0, 1_000)}`);
    }
  });
});

/** How a request asks for an answer of a schema. */
function formOf({ output_config: config, tools, text, response_format: format }: JsonObject): string {
  const openai = JSON.stringify(text ?? format ?? '');
  if (openai.includes('"strict":true')) return 'strict';
  if (openai.includes('"strict":false')) return 'wish';
  if (config !== undefined) return 'format';
  return tools === undefined ? 'words' : 'tool';
}
