import { type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type DuoTool, DuoRouterService, GitlabDuoModule, Tool, toolFiles } from '../../../src/index.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type ModelAnswer } from '../../../src/messages/model-request.interface.js';
import { type Api } from '../../../src/messages/part.interface.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { type ToolOutcome } from '../../../src/tools/bound-tool.interface.js';
import { ToolRegistry } from '../../../src/tools/tool-registry.js';
import { sandboxOptions } from '../../e2e/support/test-module.js';
import { imagePart, pdfPart } from '../../sample-files.js';

const png = imagePart();
const pdf = pdfPart('a.pdf');

const address = z.object({ street: z.string(), zip: z.string().optional() }).meta({ id: 'Address' });
const parameters = z.object({
  from: address,
  to: z.array(address).min(1),
  speed: z.enum(['slow', 'fast']),
  note: z.string().nullable().optional(),
  weights: z.record(z.string(), z.number()),
});

@Tool({ description: 'Plans a delivery', parameters })
class Planner implements DuoTool<z.infer<typeof parameters>> {
  execute(): unknown {
    return toolFiles('The plan', [png, pdf]);
  }
}

@Tool({
  description: 'Walks a tree',
  parameters: {
    type: 'object',
    properties: { root: { $ref: '#/$defs/node' } },
    required: ['root'],
    additionalProperties: false,
    $defs: { node: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/node' } } } } },
  },
})
class Walker implements DuoTool {
  execute(): string {
    return 'walked';
  }
}

const models: [Api, string][] = [
  ['anthropic-messages', 'duo-chat-haiku-4-5'],
  ['openai-chat', 'duo-chat-gpt-5-5'],
  ['openai-responses', 'duo-chat-gpt-5-6-sol'],
];

let sandbox: Sandbox;
let app: TestingModule;

beforeAll(async () => {
  sandbox = await startSandbox();
  app = await Test.createTestingModule({
    imports: [GitlabDuoModule.forRoot(sandboxOptions(sandbox))],
    providers: [Planner, Walker],
  }).compile();
  await app.init();
});

afterAll(async () => {
  await app.close();
  await sandbox.close();
});

beforeEach(() => {
  sandbox.reset();
});

const bound = (tool: Type<DuoTool>) => app.get(ToolRegistry, { strict: false }).of(tool);

async function ask(model: string, messages: ModelMessage[]): Promise<ModelAnswer> {
  const tools = [bound(Planner).definition, bound(Walker).definition];
  const step = app.get(DuoRouterService).stream({ model, messages, tools });
  for (;;) {
    const { done, value } = await step.next();
    if (done) return value;
  }
}

const user = (text: string): ModelMessage => ({ role: 'user', parts: [{ type: 'text', text }] });

/** A round of two calls, of which the first brought files. */
async function history(outcome?: Partial<ToolOutcome>): Promise<ModelMessage[]> {
  const context = { chat: { id: 'c' }, ownerId: null, runId: 'r', toolCallId: 'c', emit: () => undefined };
  const made = await bound(Planner).execute({}, { ...context, signal: new AbortController().signal });
  const first = { type: 'tool-result', id: 't1', name: 'planner', ...made, ...outcome } as const;
  return [
    user('Plan it'),
    {
      role: 'assistant',
      parts: [
        { type: 'tool-call', id: 't1', name: 'planner', arguments: {} },
        { type: 'tool-call', id: 't2', name: 'walker', arguments: {} },
      ],
    },
    { role: 'tool', parts: [first] },
    { role: 'tool', parts: [{ type: 'tool-result', id: 't2', name: 'walker', content: 'walked', isError: false }] },
  ];
}

describe.each(models)('Tools on the wire of %s', (api, model) => {
  const sent = () => sandbox.calls.lastRequests[api]?.body as Record<string, unknown>;

  it('have complete parameters', async () => {
    await ask(model, [user('Hi')]);
    const told = sent().tools as Record<string, Record<string, unknown>>[];
    const schemas = told.map((tool) => tool.input_schema ?? tool.parameters ?? tool.function?.parameters);
    expect(schemas).toEqual([z.toJSONSchema(parameters, { io: 'input' }), bound(Walker).definition.parameters]);
    expect(JSON.stringify(schemas[0])).toContain('#/$defs/Address');
  });

  it('return files', async () => {
    const { finishReason } = await ask(model, await history());
    expect(finishReason).not.toBe('other');
    expect(sent()).toMatchObject(expectedFiles[api]);
  });

  it('return results of only files, and no files of a failure', async () => {
    await ask(model, await history({ content: '' }));
    expect(JSON.stringify(sent())).toContain(pdf.data);
    await ask(model, await history({ content: 'No', isError: true }));
    expect(JSON.stringify(sent())).not.toContain(pdf.data);
  });
});

const data = { png: `data:image/png;base64,${png.data}`, pdf: `data:application/pdf;base64,${pdf.data}` };

const expectedFiles: Record<Api, object> = {
  'anthropic-messages': {
    messages: [
      {},
      {},
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't1',
            content: [
              { type: 'text', text: 'The plan' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png.data } },
              { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf.data } },
            ],
          },
          { type: 'tool_result', tool_use_id: 't2', content: 'walked' },
        ],
      },
    ],
  },
  'openai-chat': {
    messages: [
      {},
      {},
      { role: 'tool', tool_call_id: 't1', content: 'The plan\n[Its files are in the next message of the user.]' },
      { role: 'tool', tool_call_id: 't2', content: 'walked' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Files from the call t1 of the tool planner:' },
          { type: 'image_url', image_url: { url: data.png } },
          { type: 'file', file: { filename: 'a.pdf', file_data: data.pdf } },
        ],
      },
    ],
  },
  'openai-responses': {
    input: [
      {},
      {},
      {},
      {
        type: 'function_call_output',
        call_id: 't1',
        output: [
          { type: 'input_text', text: 'The plan' },
          { type: 'input_image', image_url: data.png },
          { type: 'input_file', filename: 'a.pdf', file_data: data.pdf },
        ],
      },
      { type: 'function_call_output', call_id: 't2', output: 'walked' },
    ],
  },
};
