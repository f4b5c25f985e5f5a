import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { getMetadataStorage } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { leadToDocs } from '../../src/app/docs.js';
import { serverDocument } from '../../src/app/server-document.js';
import { problems } from '../../src/errors/problem.js';
import { openApiDocument } from '../../src/http/index.js';
import { type Chat, DuoChatService } from '../../src/index.js';
import { imagePart } from '../sample-files.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { testTool } from './support/test-tool.js';
import { useTestServer } from './support/use-test-host.js';

interface Operation {
  operationId: string;
  parameters: { $ref?: string; in?: string; name?: string }[];
  responses: Record<string, { content?: Record<string, { schema: object }>; headers?: object }>;
}

interface ObjectSchema {
  properties: Record<string, Record<string, unknown>>;
  required?: string[];
}

interface Named {
  id: string;
}

type Paths = Record<string, Record<string, Operation>>;

const document = serverDocument();
const paths = document.paths as unknown as Paths;
const schemas = document.components.schemas as unknown as Record<string, ObjectSchema>;

/** The operations of a document, as `GET /chats/{id}`. */
function calls(documented: Record<string, object>): string[] {
  return Object.entries(documented).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
}

function dtoSchemas(): Record<string, { properties?: object }> {
  return validationMetadatasToSchemas({ classValidatorMetadataStorage: getMetadataStorage() });
}

/** What a schema says, also where it allows null besides. */
function flat(schema: Record<string, unknown>): Record<string, unknown> {
  const [first] = (schema.anyOf ?? [schema]) as Record<string, unknown>[];
  return first ?? schema;
}

describe('The OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    for (const one of [document, openApiDocument(), openApiDocument({ path: '/api/v1/tickets/' })]) {
      expect(await new Validator().validate({ ...structuredClone(one) })).toMatchObject({ valid: true });
    }
  });

  it('resolves every reference, and has unique operation ids', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    for (const reference of new Set(references)) {
      const target = reference
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);
      expect([reference, target]).toEqual([reference, expect.any(Object)]);
    }
    const ids = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    const named = ids.filter((id) => (id as string | undefined) !== undefined);
    expect(new Set(named).size).toBe(named.length);
  });

  it('has the path that the host chose', () => {
    const { paths: own } = openApiDocument({ path: '/api/v1/tickets/', models: 'api/v1/models' });
    expect(calls(own)).toContain('POST /api/v1/tickets/{id}/messages');
    expect(calls(own)).toContain('GET /api/v1/models');
    expect(calls(openApiDocument().paths)).not.toContain('GET /models');
  });

  it('has every error code with its status', () => {
    const code = schemas.Problem?.properties.code as { enum: string[]; description: string };
    expect(code.enum).toEqual(Object.keys(problems));
    for (const [name, [status]] of Object.entries(problems))
      expect(code.description).toContain(`\`${name}\` ${status}`);
  });

  it('describes every error response', () => {
    for (const item of Object.values(paths)) {
      for (const { responses } of Object.values(item).filter((value) => 'responses' in value)) {
        for (const [status, response] of Object.entries(responses).filter(([status]) => status >= '400')) {
          const { schema } = response.content?.['application/problem+json'] ?? {};
          const codes = (schema as { properties: { code: { enum: (keyof typeof problems)[] } } }).properties.code.enum;
          if (['414', '415'].includes(status)) expect(codes).toEqual(['validation_failed']);
          else expect(codes.map((code) => problems[code][0])).toEqual(codes.map(() => Number(status)));
        }
      }
    }
  });

  it.each([
    ['NewChatBody', 'NewChatDto'],
    ['ChatBody', 'ChatDto'],
    ['Params', 'ParamsDto'],
    ['Thinking', 'ThinkingDto'],
    ['MessageBody', 'MessageDto'],
    ['CompletionBody', 'CompletionDto'],
    ['Attachment', 'AttachmentDto'],
    ['DenialBody', 'DenialDto'],
  ])('describes %s as %s validates it', (name, dto) => {
    const checked = dtoSchemas()[dto] as unknown as ObjectSchema;
    const described = schemas[name] as ObjectSchema;
    expect(Object.keys(described.properties).sort()).toEqual(Object.keys(checked.properties).sort());
    expect(described.required).toEqual(checked.required);
    const limits = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'enum'];
    for (const [property, rules] of Object.entries(checked.properties)) {
      const said = described.properties[property] ?? {};
      for (const limit of limits.filter((limit) => rules[limit] !== undefined))
        expect([property, limit, flat(said)[limit]]).toEqual([property, limit, rules[limit]]);
    }
  });

  it.each([
    ['GET', '/chats', 'ChatPageDto'],
    ['GET', '/chats/{id}/messages', 'MessagePageDto'],
    ['GET', '/chats/{id}/tool-calls', 'ToolCallsDto'],
  ])('describes the query of %s %s as %s validates it', (method, path, dto) => {
    const { parameters = [] } = paths[path]?.[method.toLowerCase()] ?? {};
    const queries = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    expect(queries.sort()).toEqual(Object.keys(dtoSchemas()[dto]?.properties ?? {}).sort());
  });
});

/** Headers that some of the answers have. */
const SOMETIMES = new Set(['Retry-After', 'Idempotent-Replayed', 'Location', 'Preference-Applied']);

describe('The server and its OpenAPI document', () => {
  const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
  const look = testTool('look', (_input, { emit }) => {
    emit({ percent: 50 });
    return 'Looked';
  });
  const buy = testTool('buy', () => 'Bought', { requiresApproval: true });
  const server = useTestServer({ tools: [pay, look, buy] });
  let client: HttpClient;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('uri', /^https:/);
  ajv.addFormat('uuid', /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  ajv.addSchema(document, 'document');

  beforeAll(() => {
    client = new HttpClient(server.url);
  });

  function conforms(pointer: string[], value: unknown): void {
    const fragment = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
    const isValid = ajv.validate({ $ref: `document#/${fragment.join('/')}` }, value);
    expect([isValid, ajv.errors, value]).toEqual([true, null, value]);
  }

  /** Sends a request and holds the answer against what the document says of it. */
  async function call(method: string, path: string, url: string, body?: unknown, headers = {}): Promise<unknown> {
    const response = await client.send(method, url, body, headers);
    const described = paths[path]?.[method.toLowerCase()]?.responses[response.status];
    expect([method, path, response.status, described]).toEqual([method, path, response.status, expect.any(Object)]);
    for (const name of Object.keys(described?.headers ?? {}))
      if (!SOMETIMES.has(name)) expect([name, response.get(name)]).toEqual([name, expect.any(String)]);
    const { text } = response;
    const type = (response.get('content-type') ?? '').split(';')[0] ?? '';
    expect(Object.keys(described?.content ?? {})).toEqual(text === '' ? [] : [type]);
    if (text === '') return undefined;
    const value = JSON.parse(text) as unknown;
    const at = ['paths', path, method.toLowerCase(), 'responses', String(response.status), 'content', type, 'schema'];
    conforms(at, value);
    return value;
  }

  it('have the same routes', () => {
    const scanned = SwaggerModule.createDocument(server.app, new DocumentBuilder().build());
    // OpenAI describes its own API.
    const ours = calls(scanned.paths).filter((call) => !call.includes(' /v1/'));
    expect(calls(paths)).toEqual(expect.arrayContaining(ours));
    expect(calls(scanned.paths).length).toBeGreaterThan(9);
  });

  it('agree on the responses', async () => {
    const body = {
      model: 'duo-chat-opus-4-5',
      instructions: 'Be brief.',
      params: { thinking: { budgetTokens: 1024 } },
      metadata: { a: 1 },
    };
    const { id } = (await call('POST', '/chats', '/chats', body)) as { id: string };
    await call('POST', '/chats', '/chats');
    await call('GET', '/chats', '/chats?limit=1');
    await call('GET', '/chats/{id}', `/chats/${id}`);
    await call('PATCH', '/chats/{id}', `/chats/${id}`, { title: 'Two' });
    const attachments = [{ mediaType: 'image/png', data: imagePart().data }];
    await call('POST', '/chats/{id}/messages', `/chats/${id}/messages`, { content: 'Look', attachments });
    await client.json('POST', `/chats/${id}/messages`, { content: 'And now?' });
    await call('GET', '/chats/{id}/messages', `/chats/${id}/messages?limit=2`);
    await call('GET', '/chats/{id}/messages', `/chats/${id}/messages?after=0`);
    server.sandbox.fault({ fault: 'gateway-internal-error' });
    await call('POST', '/chats/{id}/messages', `/chats/${id}/messages`, { content: 'Fail' });
    await call('POST', '/chats/{id}/completions', `/chats/${id}/completions`);
    await call('GET', '/models', '/models');
    await call('GET', '/health/live', '/health/live');
    await call('GET', '/health/ready', '/health/ready');
    await call('DELETE', '/chats/{id}', `/chats/${id}`);
    await call('GET', '/chats/{id}', `/chats/${id}`);
  });

  it('agree on a run that waits for approval, and on decisions on its calls', async () => {
    const chat = await server.chats.create({ ownerId: 'local' });
    await chat.withTools(pay).ask('Hello');
    const ask = { content: 'call pay {"amount":1}\ncall pay {"amount":2}' };
    const messages = ['POST', '/chats/{id}/messages', `/chats/${chat.id}/messages`] as const;
    expect(await call(...messages, ask)).toMatchObject({ status: 'awaiting_approval' });
    expect(await call(...messages, ask)).toMatchObject({ code: 'pending_tool_calls' });
    const calls = `/chats/${chat.id}/tool-calls`;
    const { items } = (await call('GET', '/chats/{id}/tool-calls', calls)) as { items: [Named, Named] };
    const approve = ['POST', '/chats/{id}/tool-calls/{toolCallId}/approve'] as const;
    const deny = ['POST', '/chats/{id}/tool-calls/{toolCallId}/deny'] as const;
    expect(await call(...approve, `${calls}/${items[0].id}/approve`)).toMatchObject({ status: 'approved' });
    expect(await call(...deny, `${calls}/${items[1].id}/deny`, { reason: 'No' })).toMatchObject({ status: 'denied' });
    expect(await call(...approve, `${calls}/${items[1].id}/approve`)).toMatchObject({ status: 409 });
    expect(await call(...approve, `${calls}/${chat.id}/approve`)).toMatchObject({ status: 404 });
    await call('POST', '/chats/{id}/completions', `/chats/${chat.id}/completions`);
  });

  it.each<[string, string, string, unknown]>([
    ['POST', '/chats', '/chats', { colour: 'red' }],
    ['POST', '/chats', '/chats', { model: 'none' }],
    ['POST', '/chats', '/chats', { title: 'x'.repeat(1_100_000) }],
    ['GET', '/chats', '/chats?limit=0', undefined],
    ['PATCH', '/chats/{id}', '/chats/x', {}],
    ['DELETE', '/chats/{id}', '/chats/x', undefined],
    ['GET', '/chats/{id}/messages', '/chats/x/messages', undefined],
    ['POST', '/chats/{id}/messages', '/chats/x/messages', { content: 'x' }],
    ['POST', '/chats/{id}/completions', '/chats/x/completions', {}],
    ['GET', '/chats/{id}/tool-calls', '/chats/x/tool-calls?status=denied', undefined],
    ['POST', '/chats/{id}/tool-calls/{toolCallId}/approve', '/chats/x/tool-calls/y/approve', undefined],
    ['POST', '/chats/{id}/tool-calls/{toolCallId}/deny', '/chats/x/tool-calls/y/deny', { reason: 1 }],
  ])('agree on the error of %s %s with %s', async (method, path, url, body) => {
    expect(await call(method, path, url, body)).toMatchObject({ code: expect.any(String) });
  });

  it.each<[what: string, path: '/chats' | '/chats/{id}/messages', good: object[], bad: object[]]>([
    ['the title', '/chats', [{ title: null }, { title: 'x'.repeat(500) }], [{ title: 1 }, { title: 'x'.repeat(501) }]],
    [
      'texts',
      '/chats',
      [{ instructions: 'x' }],
      [{ instructions: '' }, { instructions: null }, { model: '' }, { model: null }, { agent: '' }],
    ],
    ['metadata', '/chats', [{ metadata: {} }, { metadata: { a: [null] } }], [{ metadata: [] }, { metadata: null }]],
    ['params', '/chats', [{ params: {} }], [{ params: [] }, { params: null }, { params: { toolChoice: 'auto' } }]],
    ...(['temperature', 'topP'] as const).map((name): [string, '/chats', object[], object[]] => [
      name,
      '/chats',
      [0, 0.5, name === 'topP' ? 1 : 2].map((value) => ({ params: { [name]: value } })),
      [-0.1, name === 'topP' ? 1.1 : 2.1, '1', null].map((value) => ({ params: { [name]: value } })),
    ]),
    [
      'maxOutputTokens',
      '/chats',
      [{ params: { maxOutputTokens: 1 } }],
      [0, 1.5, '1', null].map((value) => ({ params: { maxOutputTokens: value } })),
    ],
    [
      'stopSequences',
      '/chats',
      [[], ['x'], Array<string>(16).fill('x')].map((value) => ({ params: { stopSequences: value } })),
      ['x', [''], [1], Array<string>(17).fill('x'), null].map((value) => ({ params: { stopSequences: value } })),
    ],
    [
      'thinking',
      '/chats',
      [{ effort: 'none' }, { effort: 'max' }, { budgetTokens: 1_024 }, { budgetTokens: 1_000_000 }].map((thinking) => ({
        params: { thinking },
      })),
      [
        { effort: 'most' },
        { effort: null },
        { budgetTokens: 1_023 },
        { budgetTokens: 1_000_001 },
        { budgetTokens: 2_000.5 },
        { budget: 1_024 },
        [],
        null,
      ].map((thinking) => ({ params: { thinking } })),
    ],
    [
      'a message',
      '/chats/{id}/messages',
      [{ content: 'x' }, { content: 'x', model: 'duo-chat-opus-4-5', attachments: [] }],
      [
        {},
        { content: '' },
        { content: null },
        { content: ['x'] },
        { content: 'x', model: null },
        { content: 'x', role: 'user' },
      ],
    ],
    [
      'attachments',
      '/chats/{id}/messages',
      [
        [{ mediaType: 'image/png', data: imagePart().data, filename: 'x'.repeat(255) }],
        Array<object>(20).fill({ mediaType: 'image/png', url: 'https://example.com/a.png' }),
      ].map((attachments) => ({ content: 'x', attachments })),
      [
        {},
        null,
        [null],
        [[]],
        [{ data: 'aGk=' }],
        [{ mediaType: 'image/png', data: 1 }],
        [{ mediaType: 'image/png', url: 1 }],
        [{ mediaType: 'image/png', data: 'aGk=', filename: 'x'.repeat(256) }],
        [{ mediaType: 'image/png', data: 'aGk=', type: 'file' }],
        Array<object>(21).fill({ mediaType: 'image/png', url: 'https://example.com/a.png' }),
      ].map((attachments) => ({ content: 'x', attachments })),
    ],
  ])('agree on %s in a body', async (_what, path, good, bad) => {
    const name = path === '/chats' ? 'NewChatBody' : 'MessageBody';
    const url = path.replace('{id}', '00000000-0000-7000-8000-000000000000');
    for (const body of [...good, ...bad]) {
      const isGood = good.includes(body);
      const { status } = await client.send('POST', url, body);
      expect([body, status]).toEqual([body, isGood ? (path === '/chats' ? 201 : 404) : 400]);
      const isDescribed = ajv.validate({ $ref: `document#/components/schemas/${name}` }, body);
      expect([body, isDescribed, ajv.errors]).toEqual([body, isGood, isGood ? null : expect.any(Array)]);
    }
  });

  it('agree on requests that are refused before any route', async () => {
    for (const route of calls(paths)) {
      const [method = '', path = ''] = route.split(' ');
      for (const id of path.includes('{id}') ? ['%ff', 'x'.repeat(5_000)] : [])
        expect(await call(method, path, path.replace(/\{\w+\}/g, id))).toMatchObject({ code: 'validation_failed' });
      if (method !== 'POST' && method !== 'PATCH') continue;
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const refused = await call(method, path, path.replace(/\{\w+\}/g, 'x'), 'title=x', form);
      expect(refused).toMatchObject({ status: 415 });
    }
  });

  it('agree on the events', async () => {
    const chat = await server.chats.create({ ownerId: 'local' });
    await chat.withTools(look, buy).ask('Hello');
    const types = new Set<string | undefined>();
    for (const [content, fault] of [
      ['Hello'],
      ['Hello', 'stream-reset'],
      ['Hello', 'answer-huge-tool-call'],
      ['call look {}\ncall buy {}'],
    ] as const) {
      if (fault !== undefined) server.sandbox.fault({ fault, afterChunks: 3 });
      const response = await client.openEvents(chat.id, content);
      for await (const { id, type, data } of readEvents(response)) {
        types.add(type);
        conforms(['components', 'schemas', 'RunEvent'], { id, event: type, data });
      }
    }
    expect([...types]).toEqual(
      expect.arrayContaining([
        'run-start',
        'message-start',
        'text-delta',
        'tool-call',
        'tool-progress',
        'tool-result',
        'approval-required',
        'message-end',
        'error',
        'run-end',
      ]),
    );
  });
});

interface Parameter {
  $ref?: string;
  name?: string;
  in?: string;
  example?: string | number;
}

describe('The API documentation of the server', () => {
  interface Operation {
    parameters?: Parameter[];
    requestBody?: { content: Record<string, { example?: unknown }> };
  }
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ call: `${method.toUpperCase()} ${path}`, method, path, operation })),
  );

  let server: TestServer;
  let client: HttpClient;
  let chatId: string;
  const calls: string[] = [];

  beforeAll(async () => {
    const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
    server = await startTestServer({
      tools: [pay],
      apiKeys: [{ owner: 'anna', key: 'A-key-of-anna-alone' }],
      prepare: leadToDocs,
    });
    client = new HttpClient(server.url, 'A-key-of-anna-alone');
    const chats = server.app.get<DuoChatService<Chat>>(DuoChatService, { strict: false });
    const chat = await chats.create({ ownerId: 'anna' });
    await chat.withTools(pay).ask('call pay {"amount":1}\ncall pay {"amount":2}');
    calls.push(...(await chat.pendingApprovals()).map(({ id }) => id));
    chatId = chat.id;
  });
  afterAll(() => server.close());

  /** The path with the ids of a chat in the state in which the call does what it is for. */
  async function urlOf(path: string): Promise<string> {
    const url = (id: string, runId = ''): string => path.replace('{id}', id).replace('{runId}', runId);
    if (path.includes('tool-calls')) return url(chatId).replace('{toolCallId}', () => calls.pop() ?? '');
    const id = await client.createChat();
    if (path.includes('{runId}')) return url(id, (await client.ask(id, 'Hello')).runId ?? '');
    if (path.includes('{messageId}')) {
      await client.ask(id, 'Hello');
      return url(id).replace('{messageId}', (await client.messages(id))[0]?.id ?? '');
    }
    if (!path.endsWith('/completions')) return url(id);
    server.sandbox.fault({ fault: 'gateway-bad-request' });
    expect((await client.send('POST', `/chats/${id}/messages`, { content: 'Hello' })).status).toBe(502);
    return url(id);
  }

  it.each(operations)('has a working example of $call', async ({ method, path, operation }) => {
    const query = (operation.parameters ?? []).filter(
      ({ in: place, example }) => place === 'query' && example !== undefined,
    );
    const search = new URLSearchParams(
      query.map(({ name = '', example }): [string, string] => [name, String(example)]),
    );
    const url = await urlOf(path);
    const example = operation.requestBody?.content['application/json']?.example;
    if (operation.requestBody !== undefined) expect(example).toEqual(expect.any(Object));
    const response = await client.send(method.toUpperCase(), `${url}?${search.toString()}`, example);
    expect([response.ok, response.status, response.text]).toEqual([true, expect.any(Number), expect.any(String)]);
  });

  it('prefills no id and no cursor', () => {
    const { chatId: chat, toolCallId: call } = document.components.parameters;
    expect(chat).toEqual(expect.objectContaining({ description: expect.stringMatching(/^Paste the `id` of a chat/) }));
    expect(call).toEqual(expect.objectContaining({ description: expect.stringMatching(/^Paste the `id` of a call/) }));
    expect([chat, call].some((parameter) => parameter !== undefined && 'example' in parameter)).toBe(false);
    expect(JSON.stringify(document.paths)).not.toMatch(/"name":"cursor"[^}]*\}[^}]*"example"/);
  });

  it('is the redirect target of /, without a key', async () => {
    for (const accept of ['text/html', 'application/json', '*/*']) {
      const answer = await fetch(server.url, { headers: { accept }, redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
    }
    expect((await fetch(`${server.url}/other`)).status).toBe(401);
  });
});
