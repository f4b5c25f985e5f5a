import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { z } from 'zod';
import { DuoRouterService, type DuoTool, GitlabDuoModule, Tool, toolFiles } from '../../../src/index.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type ModelAnswer } from '../../../src/messages/model-request.interface.js';
import { type Api } from '../../../src/messages/part.interface.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { type ToolOutcome } from '../../../src/tools/bound-tool.interface.js';
import { MAX_CONTENT, toolContent } from '../../../src/tools/tool-content.js';
import { ToolRegistry } from '../../../src/tools/tool-registry.js';
import { sandboxOptions } from '../../e2e/support/test-module.js';
import { imagePart, pdfPart } from '../../sample-files.js';

class Money {
  constructor(
    readonly amount: number,
    private readonly currency: string,
  ) {}
  get label(): string {
    return `${this.amount} ${this.currency}`;
  }
}

const cyclic: { name: string; self?: object; twice: object[] } = { name: 'a', twice: [] };
cyclic.self = cyclic;
const shared = { b: 1 };
cyclic.twice = [shared, shared];

describe('Tool result content', () => {
  it.each<[string, unknown, unknown]>([
    ['text', 'Sunny', 'Sunny'],
    ['JSON', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['nothing', undefined, 'done'],
    ['null', null, null],
    ['a function', () => 1, 'done'],
    ['functions and symbols within', { a: () => 1, b: [Symbol('x')], c: undefined }, { b: [null] }],
    ['a bigint', { id: 2n ** 64n }, { id: '18446744073709551616' }],
    ['no number', [NaN, Infinity], [null, null]],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no date', [new Date(NaN)], [null]],
    ['an instance', new Money(5, 'EUR'), { amount: 5, currency: 'EUR' }],
    [
      'a Map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Map()],
      ]),
      { a: 1, 2: {} },
    ],
    ['a Set', new Set([1, 'a']), [1, 'a']],
    ['an error within', [{ reason: new TypeError('No') }], [{ reason: 'TypeError: No' }]],
    ['bytes', { file: Buffer.alloc(5) }, { file: '[5 bytes of binary data]' }],
    ['a cycle', cyclic, { name: 'a', self: '[the same object again]', twice: [{ b: 1 }, { b: 1 }] }],
    ['what cannot be stored', { 'a\0': 'b\0\ud800' }, { a: 'b\ufffd' }],
  ])('is JSON for %s', (_, value, content) => {
    expect(toolContent(value)).toEqual(content);
  });

  it('has a maximum depth', () => {
    let nested: object = {};
    for (let level = 0; level < 100_000; level++) nested = { nested };
    expect(JSON.stringify(toolContent(nested))).toContain('[too deep]');
  });

  it('is truncated with a note if it is too long', () => {
    const fits = 'x'.repeat(MAX_CONTENT);
    expect(toolContent(fits)).toBe(fits);
    for (const much of ['x'.repeat(5_000_000), Array.from({ length: 500_000 }, (_, id) => ({ id })), { a: fits }]) {
      const content = toolContent(much);
      expect(content).toContain('[The result was cut here, after its first 262144 characters.');
      expect((content as string).length).toBeLessThan(MAX_CONTENT + 200);
    }
    expect(toolContent(Array.from({ length: 500_000 }, () => 1n))).toMatch(/^\["1","1",/);
  });

  it('keeps the names of the fields on the path to the truncation', () => {
    const rows = Array.from({ length: 500_000 }, (_, id) => ({ id }));
    expect(toolContent({ page: { rows } })).toMatch(/^\{"page":\{"rows":\[\{"id":0\},\{"id":1\}/);
    expect(toolContent(new Map([['text', 'x'.repeat(5_000_000)]]))).toMatch(/^\{"text":"xxx/);
  });

  it('does not count what JSON omits', () => {
    const left = Object.fromEntries(Array.from({ length: 30_000 }, (_, id) => [`method ${id}`, () => id]));
    expect(toolContent({ left, last: 1 })).toEqual({ left: {}, last: 1 });
  });

  it('is truncated between characters', () => {
    expect((toolContent(`x${'😀'.repeat(MAX_CONTENT)}`) as string).isWellFormed()).toBe(true);
  });

  it('is truncated early, however often one object is repeated', () => {
    let doubled: unknown = 'x';
    for (let level = 0; level < 60; level++) doubled = [doubled, doubled];
    expect(toolContent(doubled)).toContain('[The result was cut here');
  });
});

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

const user = (text: string): ModelMessage => ({ role: 'user', parts: [{ type: 'text', text }] });

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

describe('Tools on the wire', () => {
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
});
