import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { Agent, type Chat, DuoAgent, DuoChatService, DuoService, GitlabDuoError } from '../../src/index.js';
import { type SandboxFault } from '../../src/sandbox/index.js';
import { testTool } from './support/test-tool.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { RecordedLog } from './support/recorded-log.js';
import { RunRows } from './support/run-rows.js';
import { startTestServer } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

/** Said to the model, and by it: nothing of it belongs into a log. */
const SAID = 'my-heart-condition';

/** Fails in every run of its chats. */
@Agent()
@Injectable()
class Faulty extends DuoAgent {
  override tools(): never {
    throw new TypeError('The house has no tools.');
  }
}

@Module({ providers: [Faulty] })
class FaultyModule {}

interface End {
  fault: SandboxFault;
  level: 'warn' | 'error';
  code: string;
  status: number;
}

const passing: End[] = [
  { fault: 'gateway-overloaded', level: 'warn', code: 'upstream_overloaded', status: 503 },
  { fault: 'gateway-rate-limit', level: 'warn', code: 'rate_limited', status: 429 },
  { fault: 'gateway-internal-error', level: 'warn', code: 'upstream_error', status: 502 },
  { fault: 'exchange-creation-failed', level: 'warn', code: 'upstream_error', status: 502 },
];
const callers: End[] = [
  { fault: 'gateway-bad-request', level: 'warn', code: 'upstream_error', status: 502 },
  { fault: 'gateway-context-overflow', level: 'warn', code: 'context_window_exceeded', status: 422 },
  { fault: 'gateway-too-large', level: 'warn', code: 'payload_too_large', status: 413 },
];
const operators: End[] = [
  { fault: 'exchange-unauthorized', level: 'error', code: 'gateway_auth_failed', status: 502 },
  { fault: 'gateway-forbidden', level: 'error', code: 'gateway_auth_failed', status: 502 },
  { fault: 'gateway-insufficient-credits', level: 'error', code: 'insufficient_credits', status: 402 },
  { fault: 'exchange-not-found', level: 'error', code: 'upstream_error', status: 502 },
  { fault: 'exchange-login-page', level: 'error', code: 'upstream_error', status: 502 },
  { fault: 'gateway-redirect', level: 'error', code: 'upstream_error', status: 502 },
  { fault: 'gateway-not-found', level: 'error', code: 'upstream_error', status: 502 },
];

describe('The log of runs', () => {
  const log = new RecordedLog();
  const failing = testTool('break', () => {
    throw new Error('no');
  });
  const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
  const server = useTestServer({ logger: log, recovery: 'interrupt', imports: [FaultyModule], tools: [failing, pay] });
  let client: HttpClient;
  let chats: DuoChatService<Chat>;
  let runs: RunRows;

  beforeAll(() => {
    client = new HttpClient(server.url);
    chats = server.app.get<DuoChatService<Chat>>(DuoChatService, { strict: false });
    runs = new RunRows(server.database);
  });
  beforeEach(() => {
    server.sandbox.reset();
    log.lines.length = 0;
  });
  afterEach(() => {
    expect(log.text).not.toContain(SAID);
  });

  function plan({ fault }: End): void {
    if (fault.startsWith('exchange-')) server.sandbox.fault({ fault: 'revoke-tokens' });
    server.sandbox.fault({ fault, times: 3 });
  }

  async function runOf(chatId: string): Promise<string> {
    return String((await runs.runs(chatId)).at(-1)?.id);
  }

  const ask = (chatId: string, accept: string, id: string, model?: string): Promise<HttpAnswer> =>
    client.send('POST', `/chats/${chatId}/messages`, { content: SAID, model }, { accept, 'x-request-id': id });

  it.each([...passing, ...callers, ...operators])(
    'has one line of the level $level for a run that failed with $fault',
    async (end) => {
      const { level, code, status } = end;
      for (const [accept, model] of [
        ['application/json', 'duo-chat-sonnet-4-6'],
        ['text/event-stream', 'duo-chat-gpt-5-1'],
        ['application/json', 'duo-chat-gpt-5-3-codex'],
      ] as const) {
        const chatId = await client.createChat();
        log.lines.length = 0;
        plan(end);
        const response = await ask(chatId, accept, 'ask-1', model);
        const problem = response.body as { code: string; status: number };
        if (model.includes('sonnet')) expect(problem).toMatchObject({ code, status });
        const told = `${problem.code} (${problem.status})`;
        const line = `The run ${await runOf(chatId)} (request ask-1) failed: ${told}, model ${model}.`;
        expect(log.lines.map(([shown, text]) => [shown, text])).toEqual([[level, line]]);
      }
    },
  );

  it('has one line for a stream that breaks off after its first words', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'stream-reset', afterChunks: 3 });
    const response = await ask(chatId, 'text/event-stream', 'ask-2');
    expect(response.text).toContain('event: error');
    expect(log.lines).toEqual([
      [
        'warn',
        `The run ${await runOf(chatId)} (request ask-2) failed: upstream_error (502), model duo-chat-sonnet-4-6.`,
        'DuoRuns',
      ],
    ]);
  });

  it('has one line with the stack for a failure of the application, and no second one of the filter', async () => {
    const { id } = await server.app.get(Faulty, { strict: false }).createChat({ ownerId: 'local' });
    const response = await ask(id, 'application/json', 'ask-3');
    expect([response.status, response.body]).toMatchObject([500, { code: 'internal_error' }]);
    const line = `The run ${await runOf(id)} (request ask-3) failed: internal_error (500), model duo-chat-sonnet-4-6.`;
    expect(log.lines).toEqual([
      ['error', line, expect.stringMatching(/TypeError\]?: The house has no tools\.\n\s+at Faulty\.tools /), 'DuoRuns'],
    ]);
  });

  it('has one line for a run of a stored chat that code started', async () => {
    const chat = await chats.create({ model: 'duo-chat-gpt-5-1' });
    server.sandbox.fault({ fault: 'gateway-rate-limit' });
    await expect(chat.ask(SAID)).rejects.toMatchObject({ code: 'rate_limited' });
    const line = `The run ${await runOf(chat.id)} failed: rate_limited (429), model duo-chat-gpt-5-1.`;
    expect(log.lines).toEqual([['warn', line, 'DuoRuns']]);
  });

  it('has one line for a run of a chat in memory', async () => {
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    await expect(server.app.get(DuoService, { strict: false }).chat().ask(SAID)).rejects.toBeInstanceOf(GitlabDuoError);
    expect(log.lines).toEqual([
      [
        'warn',
        expect.stringMatching(
          /^The run [\da-f-]{36} failed: upstream_overloaded \(503\), model duo-chat-sonnet-4-6\.$/,
        ),
        'DuoRuns',
      ],
    ]);
  });

  it('quotes neither an answer that does not match its schema nor the question', async () => {
    const chat = await chats.create();
    server.sandbox.fault({ fault: 'answer-wrong-json', times: 3 });
    await expect(chat.withSchema(z.strictObject({ [SAID]: z.number() })).ask(SAID)).rejects.toMatchObject({
      code: 'schema_mismatch',
    });
    expect(log.lines).toEqual([['warn', expect.stringContaining('failed: schema_mismatch (422)'), 'DuoRuns']]);
  });

  it('has one line for a run whose answer the database rejects', async () => {
    const chatId = await client.createChat();
    await server.database.query('ALTER TABLE messages RENAME COLUMN finish_detail TO gone');
    try {
      expect((await ask(chatId, 'application/json', 'ask-4')).status).toBe(500);
    } finally {
      await server.database.query('ALTER TABLE messages RENAME COLUMN gone TO finish_detail');
    }
    expect(log.lines.map(([level, text]) => [level, text])).toEqual([
      ['error', expect.stringMatching(/^The run [\da-f-]{36} \(request ask-4\) failed: internal_error \(500\)/)],
    ]);
  });

  it('has a line for a run whose process died, once another process recovers it', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const leaving = new AbortController();
    const hanging = fetch(`${server.url}/chats/${chatId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'ask-5' },
      body: JSON.stringify({ content: SAID }),
      signal: leaving.signal,
    }).catch(() => undefined);
    await until(async () => (await runs.runs(chatId)).length > 0);
    const runId = await runOf(chatId);
    await until(async () => (await runs.loggedText(runId)) !== '');
    await runs.orphan(chatId);
    expect((await ask(chatId, 'application/json', 'ask-6')).status).toBe(201);
    const line = `The run ${runId} (request ask-5) was interrupted: server_busy (503), model duo-chat-sonnet-4-6.`;
    expect(log.lines).toEqual([['warn', line, 'DuoRuns']]);
    leaving.abort();
    await hanging;
  });

  it('has no line for a run that its user cancelled, or whose chat is deleted', async () => {
    const chat = await chats.create({ ownerId: 'local' });
    const cancel = new AbortController();
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3, times: 2 });
    const cancelled = chat.ask(SAID, { signal: cancel.signal }, () => {
      cancel.abort();
    });
    await expect(cancelled).rejects.toThrow('aborted');
    expect((await runs.runs(chat.id)).map(({ status }) => status)).toEqual(['cancelled']);
    const run = await chats.ref(chat.id, { ownerId: 'local' }).start(SAID);
    await chats.delete(chat.id, { ownerId: 'local' });
    await run.result().catch(() => undefined);
    expect(log.lines).toEqual([]);
  });

  it('has no line for a run whose chat another server deleted', async () => {
    const chat = await chats.create();
    const cancel = new AbortController();
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const run = await chats.ref(chat.id).start(SAID, { signal: cancel.signal });
    await until(async () => (await runs.loggedText(run.id)) !== '');
    await server.database.query('WITH r AS (DELETE FROM duo_runs WHERE id = $1) DELETE FROM chats WHERE id = $2', [
      run.id,
      chat.id,
    ]);
    cancel.abort();
    await expect(run.result()).rejects.toMatchObject({ code: 'chat_not_found' });
    expect(log.lines).toEqual([]);
  });

  it('has no line for a run that waits for approval, or that completes after a failed tool', async () => {
    const chat = await chats.create();
    expect(await chat.withTools(pay).ask('call pay {}')).toMatchObject({ finishReason: 'tool-calls' });
    const other = await chats.create();
    expect(await other.withTools(failing).ask('call break {}')).toMatchObject({ finishReason: 'stop' });
    expect((await runs.runs(chat.id)).map(({ status }) => status)).toEqual(['awaiting_approval']);
    expect((await runs.runs(other.id)).map(({ status }) => status)).toEqual(['completed']);
    expect(log.lines.map(([, text]) => text)).toEqual(['The tool break failed: no']);
  });
});

it('The log of runs has one line for a run that the shutdown of its server interrupts', async () => {
  const log = new RecordedLog();
  const server = await startTestServer({ logger: log, recovery: 'interrupt' });
  const client = new HttpClient(server.url);
  const chatId = await client.createChat();
  server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
  const asking = client.openEvents(chatId, SAID);
  const [response] = await Promise.all([asking, until(() => server.sandbox.calls.requests['anthropic-messages'] > 0)]);
  const closed = server.close();
  expect(await response.text()).toContain('event: run-end\ndata: {"status":"interrupted"');
  const line =
    /^The run [\da-f-]{36} \(request [\da-f-]{36}\) was interrupted: server_busy \(503\), model duo-chat-sonnet-4-6\.$/;
  expect(log.lines).toEqual([['warn', expect.stringMatching(line), 'DuoRuns']]);
  await closed;
});
