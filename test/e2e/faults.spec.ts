import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ErrorCode } from '../../src/errors/gitlab-duo.error.js';
import { historyHash, type Sandbox, SANDBOX_FAULTS, type SandboxFault } from '../../src/sandbox/index.js';
import { type FaultPlan } from '../../src/sandbox/faults/fault-plan.js';
import { HttpClient } from './support/http-client.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

type Model = 'duo-chat-haiku-4-5' | 'duo-chat-gpt-5-1' | 'duo-chat-gpt-5-6-sol';

/** What an ask that the fault hits ends in: an answer, or an error by its code and HTTP status. */
type End = { finish: string; exchanges?: number } | { code: ErrorCode; status: number };
type Row = (End | Record<Model, End>) & { plan?: Partial<FaultPlan> };

const answer = { finish: 'stop' };
const refreshed = { finish: 'stop', exchanges: 1 };
const unauthorized: End = { code: 'gateway_auth_failed', status: 502 };
const upstreamError: End = { code: 'upstream_error', status: 502 };
const overloaded: End = { code: 'upstream_overloaded', status: 503 };
const limited: End = { code: 'rate_limited', status: 429 };
const timedOut: End = { code: 'upstream_timeout', status: 504 };
const vendorFails: Record<Model, End> = {
  'duo-chat-haiku-4-5': overloaded,
  'duo-chat-gpt-5-1': upstreamError,
  'duo-chat-gpt-5-6-sol': upstreamError,
};

/** Each fault, for a server that does not retry. */
const faults: Record<SandboxFault, Row> = {
  'exchange-unauthorized': unauthorized,
  'exchange-expired': unauthorized,
  'exchange-revoked': unauthorized,
  'exchange-insufficient-scope': unauthorized,
  'exchange-forbidden': unauthorized,
  'exchange-not-found': upstreamError,
  'exchange-login-page': upstreamError,
  'exchange-rate-limit': limited,
  'exchange-creation-failed': upstreamError,
  'exchange-token-missing': upstreamError,
  'exchange-http-error': upstreamError,
  'exchange-missing-namespace': unauthorized,
  'exchange-hang': timedOut,
  'exchange-reset': upstreamError,
  'exchange-invalid-json': upstreamError,
  'exchange-empty-object': upstreamError,
  'exchange-null-headers': answer,
  'exchange-no-expiry': answer,
  'exchange-latency': { ...answer, plan: { delayMs: 100 } },
  'exchange-short-lived': answer,
  'gateway-unauthorized': refreshed,
  'gateway-no-authorization': refreshed,
  'gateway-header-mismatch': refreshed,
  'gateway-unsupported-model': upstreamError,
  'gateway-invalid-json': upstreamError,
  'gateway-missing-header': upstreamError,
  'gateway-bad-request': upstreamError,
  'gateway-bad-max-tokens': upstreamError,
  'gateway-context-overflow': { code: 'context_window_exceeded', status: 422 },
  'gateway-insufficient-credits': { code: 'insufficient_credits', status: 402 },
  'gateway-not-enabled': unauthorized,
  'gateway-not-entitled': unauthorized,
  'gateway-forbidden': unauthorized,
  'gateway-forbidden-page': unauthorized,
  'gateway-not-found': upstreamError,
  'gateway-too-large': { code: 'payload_too_large', status: 413 },
  'gateway-unprocessable': upstreamError,
  'gateway-rate-limit': limited,
  'gateway-rate-limit-retry-after': { ...limited, plan: { retryAfter: 7 } },
  'gateway-internal-error': upstreamError,
  'gateway-bad-gateway': upstreamError,
  'gateway-error-page': upstreamError,
  'gateway-overloaded': vendorFails,
  'gateway-wrapped-error': vendorFails,
  'gateway-hang': timedOut,
  'gateway-reset': upstreamError,
  // These models think when they are asked to.
  'gateway-reasoning-refused': answer,
  // Nothing is enforced here.
  'gateway-schema-refused': answer,
  'answer-empty': answer,
  'answer-not-json': answer,
  'answer-wrong-json': answer,
  'answer-refusal': {
    'duo-chat-haiku-4-5': { finish: 'refusal' },
    'duo-chat-gpt-5-1': { finish: 'content-filter' },
    'duo-chat-gpt-5-6-sol': { finish: 'content-filter' },
  },
  'answer-pause-turn': {
    'duo-chat-haiku-4-5': answer,
    'duo-chat-gpt-5-1': answer,
    'duo-chat-gpt-5-6-sol': answer,
  },
  'stream-error': vendorFails,
  'stream-error-before-text': vendorFails,
  'stream-error-event': vendorFails,
  'stream-cut': upstreamError,
  'stream-cut-in-tool': upstreamError,
  'stream-reset': upstreamError,
  'stream-stall': timedOut,
  'stream-stall-with-pings': { ...timedOut, plan: { delayMs: 50 } },
  'stream-late-first-byte': { ...answer, plan: { delayMs: 100 } },
  'stream-byte-by-byte': answer,
  'stream-one-write': answer,
  'stream-utf8-split': answer,
  'stream-crlf': answer,
  'stream-lone-cr': answer,
  'stream-byte-order-mark': answer,
  'stream-comments': answer,
  'stream-no-space': answer,
  'stream-unknown-events': answer,
  'exchange-redirect': upstreamError,
  'exchange-plain-headers': answer,
  'gateway-unauthorized-twice': unauthorized,
  'gateway-image-too-large': upstreamError,
  'gateway-context-decoy': upstreamError,
  'gateway-context-overflow-by-output': { code: 'context_window_exceeded', status: 422 },
  'gateway-wrapped-rate-limit': limited,
  'gateway-wrapped-bad-request': upstreamError,
  'gateway-wrapped-context-overflow': { code: 'context_window_exceeded', status: 422 },
  'gateway-redirect': upstreamError,
  'answer-max-tokens': { finish: 'length' },
  'answer-max-tokens-in-tool': { finish: 'length' },
  'answer-context-window': {
    'duo-chat-haiku-4-5': { finish: 'context-window' },
    'duo-chat-gpt-5-1': { finish: 'length' },
    'duo-chat-gpt-5-6-sol': { finish: 'length' },
  },
  'answer-malformed-tool-call': answer,
  // The call is answered, which takes a window that it fits into.
  'answer-huge-tool-call': {
    'duo-chat-haiku-4-5': { code: 'context_window_exceeded', status: 422 },
    'duo-chat-gpt-5-1': answer,
    'duo-chat-gpt-5-6-sol': answer,
  },
  'stream-json-body': upstreamError,
  'stream-gzip': upstreamError,
  'stream-multi-line-data': answer,
  'stream-unknown-deltas': answer,
  'stream-interleaved-calls': answer,
  'stream-late-tool-name': answer,
  'revoke-tokens': refreshed,
};

const strays: unknown[] = [];
const catchStray = (reason: unknown) => void strays.push(reason);

// Of an exchange, of a refused request and of the one after it.
const IDLE_SOCKETS = 3;

/** Waits until no stream is open, and no socket but the few that idle for the next request. */
async function quiet(sandbox: Sandbox): Promise<void> {
  await until(() => sandbox.calls.openStreams === 0 && sandbox.calls.openSockets <= IDLE_SOCKETS);
}

describe.each<Model>(['duo-chat-haiku-4-5', 'duo-chat-gpt-5-1', 'duo-chat-gpt-5-6-sol'])('An ask %s', (model) => {
  let patient: TestServer;
  /** Waits for nothing long. */
  let impatient: TestServer;

  beforeAll(async () => {
    process.on('unhandledRejection', catchStray);
    patient = await startTestServer();
    impatient = await startTestServer({ timeouts: { firstByteMs: 2_000, idleMs: 2_000, totalMs: 4_000 } });
  });
  afterEach(() => {
    expect(strays.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    process.off('unhandledRejection', catchStray);
    for (const server of [patient, impatient]) {
      await server.close();
      expect(server.sandbox.calls.openSockets).toBe(0);
    }
  });

  it.each(SANDBOX_FAULTS)('survives or reports the fault %s', async (fault) => {
    const { plan, ...ends } = faults[fault];
    // A call of a million characters fills the window of a smaller model, and is part of what the sandbox hashes.
    const isHuge = fault === 'answer-huge-tool-call';
    const end = (model in ends ? (ends as Record<Model, End>)[model] : ends) as End;
    const { sandbox, url } = 'code' in end && end.code === 'upstream_timeout' ? impatient : patient;
    const client = new HttpClient(url);
    const chatId = await client.createChat({ model });
    await client.ask(chatId, 'First');
    sandbox.reset();
    if (fault.startsWith('exchange-')) sandbox.fault({ fault: 'revoke-tokens' });
    const before = await client.messages(chatId);
    sandbox.fault({ fault, ...plan });
    const response = await client.send('POST', `/chats/${chatId}/messages`, { content: 'Voilà 🙂, what now?' });
    const said = response.body as Record<string, unknown>;
    if ('finish' in end) {
      expect([response.status, said]).toMatchObject([201, { status: 'complete', finishReason: end.finish }]);
      if (end.finish === 'stop' && !fault.startsWith('answer-'))
        expect(said.text).toContain(historyHash((await client.messages(chatId)).slice(0, -1)));
      expect(sandbox.calls.exchanges).toBe(end.exchanges ?? (fault.startsWith('exchange-') ? 1 : 0));
    } else {
      expect([response.status, said]).toMatchObject([end.status, { code: end.code, status: end.status }]);
      expect(said.detail).toEqual(expect.stringMatching(/\.$/));
      if (plan?.retryAfter !== undefined) expect(response.get('retry-after')).toBe(String(plan.retryAfter));
      const stored = (await client.messages(chatId)).slice(before.length);
      expect(stored[0]).toMatchObject({ role: 'user', status: 'complete' });
      if (!isHuge)
        expect(stored.slice(1).every((said) => said.role === 'assistant' && said.status === 'failed')).toBe(true);
    }
    await quiet(sandbox);
    const next = await client.ask(chatId, 'And next?', isHuge ? 'duo-chat-sonnet-4-6' : model);
    expect(next).toMatchObject({ status: 'complete', finishReason: 'stop' });
    if (isHuge) return;
    expect(next.text).toContain(historyHash((await client.messages(chatId)).slice(0, -1)));
  });
});
