import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Agent } from 'undici';
import { UnknownModelError } from '../../../src/errors/request.errors.js';
import { type ErrorCode } from '../../../src/errors/gitlab-duo.error.js';
import { UpstreamError, UpstreamOverloadedError } from '../../../src/errors/upstream.errors.js';
import { type ModelEvent, type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { type AttemptStatus } from '../../../src/messages/usage-report.js';
import { noUsage } from '../../../src/messages/usage.js';
import { type AttemptOutcome } from '../../../src/router/attempt.interface.js';
import { GitlabDuoModule } from '../../../src/gitlab-duo.module.js';
import { DuoRouterService } from '../../../src/router/duo-router.service.js';
import { type Client, clientOf, PAT } from '../gateway/client.js';
import {
  beginSse,
  closed,
  frame,
  json,
  messageEnd,
  messageStart,
  type Reply,
  reset,
  silence,
  sse,
  startUpstream,
  text,
  textDelta,
  type Upstream,
} from '../gateway/upstream.js';

const question: ModelRequest = {
  model: 'duo-chat-haiku-4-5',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
};
const overloaded = frame({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
const busy = json(529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });

let upstream: Upstream;
let client: Client;

beforeEach(async () => {
  Logger.overrideLogger(false);
  upstream = await startUpstream();
  client = clientOf(upstream.url);
});

afterEach(async () => {
  await client.close();
  await upstream.close();
});

/** Routes a question and notes all that happens. */
async function route(more: { request?: ModelRequest; signal?: AbortSignal; onEvents?: () => void } = {}) {
  const events: ModelEvent[] = [];
  const retried: { ended: AttemptOutcome; next: number; requests: number }[] = [];
  const outcome = await client.router.route(more.request ?? question, {
    signal: more.signal,
    onEvents: (batch) => {
      events.push(...batch);
      more.onEvents?.();
    },
    ledger: {
      retrying: async (ended, next) => {
        await sleep(10);
        retried.push({ ended, next, requests: upstream.requests.length });
      },
    },
  });
  return { ...outcome, events, retried };
}

/** Does something once the router has said that it waits to try again. */
function whileWaiting(act: () => void): void {
  const warn = (message: string) => {
    if (/ failed \(.*; the next one leaves in /.test(message)) setImmediate(act);
  };
  Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn });
}

/** Aborts once the router has said that it waits to try again. */
function abortedWhileWaiting(): AbortController {
  const controller = new AbortController();
  whileWaiting(() => {
    controller.abort();
  });
  return controller;
}

describe('DuoRouterService.route', () => {
  // Anthropic, as its users report it: anthropics/anthropic-sdk-python#1185.
  it('sends a request with a rejected schema once more, and only if the schema was to be enforced', async () => {
    const message = 'The compiled grammar is too large, which would cause performance issues.';
    upstream.onGateway(json(400, { type: 'error', error: { type: 'invalid_request_error', message } }));
    const properties = { city: { type: 'string' } };
    const closed = { type: 'object', properties, required: ['city'], additionalProperties: false };
    for (const [outputSchema, requests] of [
      [closed, 2],
      [{ ...closed }, 1],
      [{ type: 'object', properties }, 1],
      [undefined, 1],
    ] as const) {
      const { error, attempt, retried } = await route({ request: { ...question, outputSchema } });
      expect(error).toMatchObject({
        code: 'upstream_error',
        isRetryable: false,
        message: expect.stringContaining('refused the schema of the answer'),
      });
      expect([attempt.number, upstream.requests.splice(0).length]).toEqual([requests, requests]);
      expect(retried.map(({ ended }) => ended)).toMatchObject(
        requests === 1 ? [] : [{ number: 1, status: 'failed', errorCode: 'upstream_error' }],
      );
    }
  });

  it('returns events, answer and attempt', async () => {
    upstream.onGateway(text('Hel', 'lo'));
    const { answer, attempt, error, events, retried } = await route();
    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: 'text-delta', text: 'Hel' },
      { type: 'text-delta', text: 'lo' },
    ]);
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'Hello' }], finishReason: 'stop' });
    expect(attempt).toMatchObject({
      number: 1,
      status: 'succeeded',
      errorCode: null,
      usage: { inputTokens: 12, outputTokens: 7 },
    });
    expect(attempt.firstTokenMs).toBeLessThanOrEqual(attempt.durationMs);
    expect(retried).toEqual([]);
  });

  it.each([
    ['duo-chat-opus-5', '/ai/v1/proxy/anthropic/v1/messages', 'claude-opus-5', '2023-06-01'],
    ['duo-chat-gpt-5-1', '/ai/v1/proxy/openai/v1/chat/completions', 'gpt-5.1-2025-11-13', undefined],
    ['duo-chat-gpt-5-codex', '/ai/v1/proxy/openai/v1/responses', 'gpt-5-codex', undefined],
  ])('sends %s to %s', async (model, path, upstreamId, version) => {
    upstream.onGateway(json(400, { detail: 'enough' }));
    await route({ request: { ...question, model } });
    const received = upstream.request();
    expect(received.path).toBe(path);
    expect(JSON.parse(received.body)).toMatchObject({ model: upstreamId, stream: true });
    expect(received.headers['anthropic-version']).toBe(version);
  });

  it.each([
    ['an overloaded vendor', busy, 'failed', 'upstream_overloaded'],
    ['a failing gateway', json(502, '<html></html>'), 'failed', 'upstream_error'],
    ['a lost connection', reset, 'unknown', 'upstream_error'],
    ['an error event before any text', sse(messageStart, overloaded), 'unknown', 'upstream_overloaded'],
    ['a stream that is cut before any text', sse(messageStart), 'unknown', 'upstream_error'],
  ])('retries after %s, and records both attempts', async (_name, reply, status, errorCode) => {
    upstream.onGateway(reply, text('Hello'));
    const { error, attempt, events, retried } = await route();
    expect(error).toBeUndefined();
    expect(events).toEqual([{ type: 'text-delta', text: 'Hello' }]);
    expect(attempt).toMatchObject({ number: 2, status: 'succeeded' });
    expect(retried).toHaveLength(1);
    expect(retried[0]).toMatchObject({
      ended: { number: 1, status, errorCode, firstTokenMs: null },
      next: 2,
      requests: 1,
    });
  });

  it('gives up after three tries', async () => {
    upstream.onGateway(busy);
    const { error, attempt, retried } = await route();
    expect(error).toBeInstanceOf(UpstreamOverloadedError);
    expect(attempt).toMatchObject({ number: 3, status: 'failed', errorCode: 'upstream_overloaded', usage: null });
    expect(retried.map(({ next }) => next)).toEqual([2, 3]);
    expect(upstream.requests).toHaveLength(3);
  });

  it('waits as long as an edge asks for', async () => {
    upstream.onGateway(json(429, 'slow', { 'retry-after': '1' }), text('Hello'));
    const start = performance.now();
    expect((await route()).error).toBeUndefined();
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it.each(['0', 'Thu, 01 Jan 1970 00:00:00 GMT'])('backs off if an edge asks for no wait: %s', async (wait) => {
    const waits: unknown[] = [];
    const warn = (message: string) => waits.push(/leaves in (\d+) ms/.exec(message)?.[1]);
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn });
    const chance = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    try {
      upstream.onGateway(json(429, 'slow', { 'retry-after': wait }));
      await route();
    } finally {
      chance.mockRestore();
    }
    expect(waits).toEqual(['250', '500']);
  });

  it.each([
    [429, 'slow'],
    [429, { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } }],
    [503, { error: { type: 'server_error', message: 'slow' } }],
    [529, { type: 'error', error: { type: 'overloaded_error', message: 'slow' } }],
    [408, { error: { type: 'timeout_error', message: 'slow' } }],
    [403, { error: 'not_entitled' }],
  ])('does not wait longer than its budget: %i %j', async (status, body) => {
    upstream.onGateway(json(status, body, { 'retry-after': '3600' }));
    const { error, attempt } = await route();
    expect(error).toMatchObject({ isRetryable: true, retryAfterMs: 3_600_000 });
    expect(attempt.number).toBe(1);
  });

  it('retries a failed exchange', async () => {
    upstream.onExchange(json(503, { message: 'Token creation failed' }), json(201, { token: 'x' }));
    const { error, attempt } = await route();
    expect(error).toBeUndefined();
    expect(attempt.number).toBe(2);
  });

  const breaks: Reply = (response, { socket }) => {
    beginSse(response);
    response.write(messageStart + textDelta('Hel'), () => setTimeout(() => socket.resetAndDestroy(), 20));
  };
  const broken: [string, Reply, AttemptStatus, ErrorCode][] = [
    ['cut', sse(messageStart, textDelta('Hel')), 'unknown', 'upstream_error'],
    ['an error event', sse(messageStart + textDelta('Hel') + overloaded), 'unknown', 'upstream_overloaded'],
    ['a lost connection', breaks, 'unknown', 'upstream_error'],
  ];

  it.each(broken)('resets the emitted text, then retries: %s', async (_name, reply, status, reason) => {
    upstream.onGateway(reply, text('Bon', 'jour'));
    const { answer, attempt, error, events, retried } = await route();
    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: 'text-delta', text: 'Hel' },
      { type: 'reset', reason },
      { type: 'text-delta', text: 'Bon' },
      { type: 'text-delta', text: 'jour' },
    ]);
    expect(answer.parts).toEqual([{ type: 'text', text: 'Bonjour' }]);
    expect(attempt).toMatchObject({ number: 2, status: 'succeeded', usage: { outputTokens: 7 } });
    expect(retried).toMatchObject([
      { ended: { number: 1, status, errorCode: reason, usage: { inputTokens: 12 } }, next: 2, requests: 1 },
    ]);
    expect(retried[0]?.ended.firstTokenMs).not.toBeNull();
  });

  it.each(broken)('keeps the text of the last try: %s', async (_name, reply, status, errorCode) => {
    upstream.onGateway(sse(messageStart, textDelta('Bon')), busy, reply);
    const { answer, attempt, error, events, retried } = await route();
    expect(error).toMatchObject({ code: errorCode, isRetryable: true });
    expect(events).toEqual([
      { type: 'text-delta', text: 'Bon' },
      { type: 'reset', reason: 'upstream_error' },
      { type: 'text-delta', text: 'Hel' },
    ]);
    expect(answer.parts).toEqual([{ type: 'text', text: 'Hel' }]);
    expect(attempt).toMatchObject({ number: 3, status, usage: { inputTokens: 12 } });
    expect(retried.map(({ next }) => next)).toEqual([2, 3]);
  });

  it('keeps nothing if the last try gave no text', async () => {
    upstream.onGateway(sse(messageStart, textDelta('Bon')), json(400, { detail: 'Unsupported model' }));
    const { answer, error, events } = await route();
    expect(error).toMatchObject({ code: 'upstream_error', isRetryable: false });
    expect(events.map(({ type }) => type)).toEqual(['text-delta', 'reset']);
    expect(answer.parts).toEqual([]);
  });

  it('emits no tool call of a truncated try, so that it needs no reset', async () => {
    const block = { type: 'tool_use', id: 't1', name: 'look', input: {} };
    const json = { type: 'input_json_delta', partial_json: '{"at":"moon"}' };
    upstream.onGateway(
      sse(
        frame({ type: 'message_start', message: {} }),
        frame({ type: 'content_block_start', index: 0, content_block: block }),
        frame({ type: 'content_block_delta', index: 0, delta: json }),
        frame({ type: 'content_block_stop', index: 0 }),
      ),
      text('No need'),
    );
    const { answer, events } = await route();
    expect(events.map(({ type }) => type)).toEqual(['text-delta']);
    expect(answer.parts).toEqual([{ type: 'text', text: 'No need' }]);
  });

  it('emits no reset when it is cancelled while it waits to retry', async () => {
    upstream.onGateway(sse(messageStart, textDelta('Hel')));
    const { signal } = abortedWhileWaiting();
    const { answer, error, events } = await route({ signal });
    expect(events).toEqual([{ type: 'text-delta', text: 'Hel' }]);
    expect(answer.parts).toEqual([{ type: 'text', text: 'Hel' }]);
    expect(error).toBe(signal.reason);
    expect(upstream.requests).toHaveLength(1);
  });

  it('ends with the error that its caller throws at a reset, in the attempt that it starts', async () => {
    upstream.onGateway(sse(messageStart, textDelta('Hel')), text('Bonjour'));
    const outcome = await client.router.route(question, {
      onEvents: (batch) => {
        if (batch[0]?.type === 'reset') throw new Error('mine');
      },
    });
    expect(outcome).toMatchObject({
      error: { message: 'mine' },
      attempt: { number: 2, status: 'failed', usage: null },
    });
    expect(upstream.requests).toHaveLength(1);
  });

  it('never emits half a tool call', async () => {
    const start = {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 't1', name: 'delete', input: {} },
    };
    const half = {
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: '{"path":"/"' },
    };
    upstream.onGateway(sse(messageStart, textDelta('Deleting'), frame(start), frame(half)));
    const { answer, error, events } = await route();
    expect(error).toBeInstanceOf(UpstreamError);
    expect(upstream.requests).toHaveLength(3);
    expect(events.some(({ type }) => type === 'tool-call')).toBe(false);
    expect(answer.parts).toEqual([{ type: 'text', text: 'Deleting' }]);
  });

  it('does not send a request for an unknown model', async () => {
    const { error, attempt } = await route({ request: { ...question, model: 'gpt-4' } });
    expect(error).toBeInstanceOf(UnknownModelError);
    expect(attempt).toMatchObject({ number: 1, status: 'failed', errorCode: 'unknown_model', usage: noUsage });
    expect(upstream.exchanges).toHaveLength(0);
  });

  it('does not send a request that it cannot render', async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const request = { ...question, params: circular } as ModelRequest;
    const { error, attempt } = await route({ request });
    expect(error).toBeInstanceOf(TypeError);
    expect(attempt).toMatchObject({ status: 'failed', errorCode: 'internal_error' });
    expect(upstream.exchanges).toHaveLength(0);
  });

  it('ends with the error that its caller throws', async () => {
    const { error, attempt } = await route({
      onEvents: () => {
        throw new Error('mine');
      },
    });
    expect(error).toMatchObject({ message: 'mine' });
    expect(attempt).toMatchObject({ number: 1, status: 'unknown', errorCode: 'internal_error' });
  });

  it('cancels mid-delta, and keeps the text so far', async () => {
    upstream.onGateway((response) => {
      beginSse(response);
      response.write(messageStart + textDelta('Hel'));
    });
    const controller = new AbortController();
    const stop = () => {
      controller.abort(new Error('stop'));
    };
    const { answer, attempt, error } = await route({ signal: controller.signal, onEvents: stop });
    expect(error).toBe(controller.signal.reason);
    expect(attempt).toMatchObject({ number: 1, status: 'unknown', errorCode: null, usage: { inputTokens: 12 } });
    expect(answer.parts).toEqual([{ type: 'text', text: 'Hel' }]);
    await closed(upstream.request());
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('ends immediately when the application closes while it waits to retry', async () => {
    const app = await Test.createTestingModule({
      imports: [GitlabDuoModule.forRoot({ apiKey: PAT, instanceUrl: upstream.url, gatewayUrl: upstream.url })],
    }).compile();
    const router = app.get(DuoRouterService);
    let closing: Promise<void> | undefined;
    whileWaiting(() => {
      closing = app.close();
    });
    upstream.onGateway(json(429, 'slow', { 'retry-after': '59' }));
    await expect(router.stream(question).next()).rejects.toMatchObject({
      code: 'server_busy',
      message: expect.stringMatching(/shutting down/),
    });
    await closing;
    const { error, attempt } = await router.route(question, { onEvents: () => undefined });
    expect([error, attempt.number]).toMatchObject([{ code: 'server_busy' }, 1]);
    expect(upstream.requests).toHaveLength(1);
  });

  it('does not wait to retry once the application has closed, even if its own dispatcher still works', async () => {
    const dispatcher = new Agent();
    try {
      client = clientOf(upstream.url, { dispatcher });
      await client.close();
      upstream.onGateway(json(429, 'slow', { 'retry-after': '59' }));
      const { error, attempt } = await route();
      expect([error, attempt.number]).toMatchObject([{ code: 'server_busy' }, 1]);
    } finally {
      await dispatcher.destroy();
    }
  });

  it('cancels while it waits to retry', async () => {
    upstream.onGateway(json(429, 'slow', { 'retry-after': '59' }));
    const { signal } = abortedWhileWaiting();
    const { attempt, error, retried } = await route({ signal });
    expect(error).toBe(signal.reason);
    expect(attempt).toMatchObject({ number: 1, status: 'failed', errorCode: 'rate_limited' });
    expect(retried).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('does nothing for an aborted signal', async () => {
    const { attempt, error } = await route({ signal: AbortSignal.abort('no') });
    expect(error).toBe('no');
    expect(attempt).toMatchObject({ number: 1, status: 'cancelled' });
    expect(upstream.exchanges).toHaveLength(0);
  });

  it('ends when the ledger fails, before it retries', async () => {
    upstream.onGateway(busy, text('Hello'));
    const { error, attempt } = await client.router.route(question, {
      onEvents: () => undefined,
      ledger: { retrying: () => Promise.reject(new Error('ledger')) },
    });
    expect(error).toMatchObject({ message: 'ledger' });
    expect(attempt).toMatchObject({ number: 1, status: 'failed', errorCode: 'upstream_overloaded' });
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('DuoRouterService.stream', () => {
  const words = (events: ModelEvent[]) =>
    events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');

  it('yields the events and returns the answer', async () => {
    upstream.onGateway(text('Hel', 'lo'));
    const { signal } = new AbortController();
    const step = client.router.stream(question, { signal });
    const events: ModelEvent[] = [];
    let result = await step.next();
    for (; !result.done; result = await step.next()) events.push(result.value);
    expect(words(events)).toBe('Hello');
    expect(result.value).toMatchObject({ finishReason: 'stop', usage: { outputTokens: 7 } });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('yields the events so far, then throws', async () => {
    client = clientOf(upstream.url, { retries: { tries: 1 } });
    upstream.onGateway(sse(messageStart + textDelta('Hel')));
    const events: ModelEvent[] = [];
    const all = (async () => {
      for await (const event of client.router.stream(question)) events.push(event);
    })();
    await expect(all).rejects.toThrow(/cut/);
    expect(words(events)).toBe('Hel');
  });

  it('yields a reset before it retries', async () => {
    upstream.onGateway(sse(messageStart + textDelta('Hel')), text('Bonjour'));
    const events: ModelEvent[] = [];
    for await (const event of client.router.stream(question)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['text-delta', 'reset', 'text-delta']);
  });

  it('ends when the consumer leaves at a reset', async () => {
    upstream.onGateway(sse(messageStart + textDelta('Hel')), text('Bonjour'));
    for await (const event of client.router.stream(question)) if (event.type === 'reset') break;
    expect(upstream.requests).toHaveLength(1);
  });

  it('sends nothing before the first pull', async () => {
    const step = client.router.stream(question);
    await sleep(50);
    expect(upstream.exchanges).toHaveLength(0);
    await step.return({ parts: [], finishReason: 'other', usage: {} as never });
    expect(upstream.exchanges).toHaveLength(0);
  });

  const endless: Reply = (response) => {
    beginSse(response);
    response.write(messageStart);
    const drip = setInterval(() => response.write(textDelta('la ')), 5);
    response.on('close', () => {
      clearInterval(drip);
    });
  };

  it('closes the connection when the consumer leaves the loop', async () => {
    upstream.onGateway(endless);
    for await (const event of client.router.stream(question)) {
      if (event.type === 'text-delta') break;
    }
    await closed(upstream.request());
  });

  it('closes the connection when the consumer leaves while it waits', async () => {
    upstream.onGateway(silence);
    const arrival = upstream.arrival('gateway');
    const step = client.router.stream(question);
    const pending = step.next();
    const received = await arrival;
    await step.return({ parts: [], finishReason: 'other', usage: {} as never });
    expect(await pending).toMatchObject({ done: true });
    await closed(received);
  });

  it('closes the connection when the consumer throws into it', async () => {
    upstream.onGateway(endless);
    const step = client.router.stream(question);
    await step.next();
    await expect(step.throw(new Error('mine'))).rejects.toThrow('mine');
    await closed(upstream.request());
  });

  it('throws the reason of its signal', async () => {
    upstream.onGateway(endless);
    const controller = new AbortController();
    const reason = new Error('stop');
    const all = (async () => {
      for await (const { type } of client.router.stream(question, { signal: controller.signal })) {
        if (type === 'text-delta') controller.abort(reason);
      }
    })();
    await expect(all).rejects.toBe(reason);
    await closed(upstream.request());
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('stops reading while the consumer is behind', async () => {
    const total = 4_000;
    const large = 'x'.repeat(10_000);
    let written = 0;
    upstream.onGateway((response) => {
      beginSse(response);
      response.write(messageStart);
      const pour = () => {
        while (written < total) {
          written += 1;
          if (!response.write(textDelta(large))) {
            response.once('drain', pour);
            return;
          }
        }
        response.end(messageEnd);
      };
      pour();
    });
    await client.close();
    client = clientOf(upstream.url, { maxAnswerBytes: total * large.length });
    const step = client.router.stream(question);
    await step.next();
    await sleep(400);
    expect(written).toBeLessThan(total / 2);
    let count = 1;
    for await (const { type } of step) if (type === 'text-delta') count += 1;
    expect(count).toBe(total);
  });
});
