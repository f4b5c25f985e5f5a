import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type TimeoutOptions } from '../../../src/config/gitlab-duo-options.interface.js';
import { type ErrorCode, type GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { type ModelEvent, type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { SANDBOX_FAULTS, type Sandbox, type SandboxFault, startSandbox } from '../../../src/sandbox/index.js';
import { type Client, clientOf } from '../gateway/client.js';

/**
 * What must come of a step that a fault hits: an answer after so many attempts, or an error and what it is. One that is
 * retryable is what comes of a single try, which has let something out: where there are more, the next one answers.
 */
type Expected =
  | { attempts: number; exchanges?: number }
  | { fails: ErrorCode | Record<Api, ErrorCode>; retryable?: true; requests?: number; isCostUnknown?: readonly Api[] };
type Api = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

const everywhere: readonly Api[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];
const passes = { attempts: 1 };
const recovers = { attempts: 2 };
const refreshes = { attempts: 1, exchanges: 2 };
const unauthorized = { fails: 'gateway_auth_failed' } as const;
const refused = { fails: 'upstream_error' } as const;
const broken = { fails: 'upstream_error', retryable: true } as const;
const vendorBreaks = {
  fails: {
    'anthropic-messages': 'upstream_overloaded',
    'openai-chat': 'upstream_error',
    'openai-responses': 'upstream_error',
  },
  retryable: true,
} as const;

const expected: Record<SandboxFault, Expected> = {
  'exchange-unauthorized': unauthorized,
  'exchange-expired': unauthorized,
  'exchange-revoked': unauthorized,
  'exchange-insufficient-scope': unauthorized,
  'exchange-forbidden': unauthorized,
  'exchange-not-found': refused,
  'exchange-login-page': refused,
  'exchange-rate-limit': recovers,
  'exchange-creation-failed': recovers,
  'exchange-token-missing': recovers,
  'exchange-http-error': recovers,
  'exchange-missing-namespace': unauthorized,
  'exchange-hang': recovers,
  'exchange-reset': recovers,
  'exchange-redirect': refused,
  'exchange-invalid-json': refused,
  'exchange-empty-object': refused,
  'exchange-null-headers': passes,
  'exchange-no-expiry': passes,
  'exchange-plain-headers': passes,
  'exchange-latency': passes,
  'exchange-short-lived': passes,
  'gateway-unauthorized': refreshes,
  'gateway-unauthorized-twice': { ...unauthorized, requests: 2 },
  'gateway-no-authorization': refreshes,
  'gateway-header-mismatch': refreshes,
  'gateway-unsupported-model': refused,
  'gateway-invalid-json': refused,
  'gateway-missing-header': refused,
  'gateway-bad-request': refused,
  'gateway-bad-max-tokens': refused,
  'gateway-image-too-large': refused,
  'gateway-context-decoy': refused,
  'gateway-context-overflow': { fails: 'context_window_exceeded' },
  'gateway-context-overflow-by-output': { fails: 'context_window_exceeded' },
  'gateway-insufficient-credits': { fails: 'insufficient_credits' },
  'gateway-not-enabled': unauthorized,
  'gateway-not-entitled': recovers,
  'gateway-forbidden': unauthorized,
  'gateway-forbidden-page': unauthorized,
  'gateway-not-found': refused,
  'gateway-too-large': { fails: 'payload_too_large' },
  'gateway-unprocessable': refused,
  'gateway-rate-limit': recovers,
  'gateway-rate-limit-retry-after': recovers,
  'gateway-internal-error': recovers,
  'gateway-bad-gateway': recovers,
  'gateway-error-page': recovers,
  'gateway-overloaded': recovers,
  'gateway-wrapped-error': recovers,
  'gateway-wrapped-rate-limit': recovers,
  'gateway-wrapped-bad-request': refused,
  'gateway-wrapped-context-overflow': { fails: 'context_window_exceeded' },
  'gateway-redirect': refused,
  'gateway-hang': recovers,
  'gateway-reset': recovers,
  // Nothing is replayed here.
  'gateway-reasoning-refused': passes,
  // Nothing is enforced here.
  'gateway-schema-refused': passes,
  'answer-empty': passes,
  'answer-not-json': passes,
  'answer-wrong-json': passes,
  'answer-refusal': passes,
  'answer-pause-turn': passes,
  'answer-max-tokens': passes,
  'answer-max-tokens-in-tool': passes,
  'answer-context-window': passes,
  'answer-huge-tool-call': passes,
  'answer-malformed-tool-call': passes,
  'stream-json-body': { ...refused, isCostUnknown: everywhere },
  'stream-gzip': { ...refused, isCostUnknown: everywhere },
  'stream-error': { ...vendorBreaks, isCostUnknown: everywhere },
  'stream-error-before-text': recovers,
  'stream-error-event': { ...vendorBreaks, isCostUnknown: everywhere },
  // The other two have told their usage by then.
  'stream-cut': { ...broken, isCostUnknown: ['openai-responses'] },
  'stream-cut-in-tool': { ...broken, isCostUnknown: everywhere },
  'stream-reset': { ...broken, isCostUnknown: everywhere },
  'stream-stall': { fails: 'upstream_timeout', retryable: true, isCostUnknown: everywhere },
  'stream-stall-with-pings': { fails: 'upstream_timeout', retryable: true, isCostUnknown: everywhere },
  'stream-late-first-byte': passes,
  'stream-byte-by-byte': passes,
  'stream-one-write': passes,
  'stream-utf8-split': passes,
  'stream-crlf': passes,
  'stream-lone-cr': passes,
  'stream-byte-order-mark': passes,
  'stream-comments': passes,
  'stream-no-space': passes,
  'stream-multi-line-data': passes,
  'stream-unknown-events': passes,
  'stream-unknown-deltas': passes,
  'stream-interleaved-calls': passes,
  'stream-late-tool-name': passes,
  'revoke-tokens': refreshes,
};

/** How long what these faults delay or repeat takes; the others have their own defaults. */
const delays: Partial<Record<SandboxFault, number>> = {
  'exchange-latency': 100,
  'stream-late-first-byte': 100,
  'stream-stall-with-pings': 50,
};

const letOut = SANDBOX_FAULTS.filter((fault) => 'retryable' in expected[fault]);
/** How long is waited for what never comes; all else has the time it takes. */
const patience: Partial<Record<SandboxFault, TimeoutOptions>> = {
  'exchange-hang': { firstByteMs: 1_500 },
  'gateway-hang': { firstByteMs: 1_500 },
  'stream-stall': { idleMs: 1_500 },
  'stream-stall-with-pings': { totalMs: 3_000 },
};

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  Logger.overrideLogger(false);
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
afterEach(() => client.close());

async function ask(request: ModelRequest) {
  const events: ModelEvent[] = [];
  let resets = 0;
  const onEvents = (batch: ModelEvent[]) => {
    for (const event of batch) {
      if (event.type !== 'reset') events.push(event);
      else {
        resets += 1;
        events.length = 0;
      }
    }
  };
  const outcome = await client.router.route(request, { onEvents });
  return { ...outcome, events, resets };
}

describe.each([
  ['anthropic-messages', 'duo-chat-haiku-4-5'],
  ['openai-chat', 'duo-chat-gpt-5-1'],
  ['openai-responses', 'duo-chat-gpt-5-6-sol'],
] as const)('A step of %s', (api, model) => {
  const request: ModelRequest = {
    model,
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Voilà 🙂\ncall look {"at":"the moon"}' }] }],
    tools: [
      { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { at: { type: 'string' } } } },
    ],
  };

  it.each(SANDBOX_FAULTS)('with the fault %s', async (fault) => {
    sandbox.reset();
    const want = expected[fault];
    const isLetOut = 'fails' in want && want.retryable;
    client = clientOf(sandbox.url, { timeouts: patience[fault], retries: { tries: isLetOut ? 1 : 3 } });
    if (fault === 'revoke-tokens') await client.exchange.get();
    sandbox.fault({ fault, retryAfter: 0, delayMs: delays[fault] });
    const { answer, attempt, error, events } = await ask(request);
    const { exchanges, requests } = sandbox.calls;
    if ('attempts' in want) {
      expect(error).toBeUndefined();
      expect(attempt).toMatchObject({ number: want.attempts, status: 'succeeded' });
      expect(exchanges).toBe(want.exchanges ?? (fault.startsWith('exchange-') ? want.attempts : 1));
      const text = answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      expect(events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')).toBe(text);
      if (fault.startsWith('answer-')) return;
      expect(answer.finishReason).toBe('tool-calls');
      expect(answer.parts.at(-1)).toMatchObject({ type: 'tool-call', name: 'look', arguments: { at: 'the moon' } });
    } else {
      expect((error as GitlabDuoError).code).toBe(typeof want.fails === 'string' ? want.fails : want.fails[api]);
      expect((error as GitlabDuoError).isRetryable).toBe(want.retryable ?? false);
      const status = want.isCostUnknown?.includes(api) ? 'unknown' : 'failed';
      expect(attempt).toMatchObject({ number: 1, status, errorCode: (error as GitlabDuoError).code });
      expect(answer.parts.some((part) => part.type === 'tool-call')).toBe(false);
      expect(requests[api]).toBe(want.requests ?? (fault.startsWith('exchange-') ? 0 : 1));
    }
  });

  it.each(letOut)('with the fault %s, after a reset', async (fault) => {
    sandbox.reset();
    client = clientOf(sandbox.url, { timeouts: patience[fault] });
    sandbox.fault({ fault, delayMs: delays[fault] });
    const { answer, attempt, error, events, resets } = await ask(request);
    expect(error).toBeUndefined();
    expect(attempt).toMatchObject({ number: 2, status: 'succeeded' });
    expect(resets).toBe(1);
    const text = answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    expect(events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')).toBe(text);
    expect(events.filter(({ type }) => type === 'tool-call')).toHaveLength(1);
    expect(answer.parts.at(-1)).toMatchObject({ type: 'tool-call', name: 'look', arguments: { at: 'the moon' } });
    expect(sandbox.calls.requests[api]).toBe(2);
  });
});
