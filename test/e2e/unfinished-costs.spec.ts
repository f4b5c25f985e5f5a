import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DuoAttempt } from '../../src/chats/entities/duo-attempt.entity.js';
import { Chat, type MemoryChat, DuoChatService, DuoService } from '../../src/index.js';
import {
  beginSse,
  grant,
  json,
  type Reply,
  reset,
  silence,
  sse,
  startUpstream,
  type Upstream,
} from '../unit/gateway/upstream.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { type VendorWire, vendorWires } from './support/vendor-wires.js';

// Anthropic, "Streaming messages": the token counts of `message_delta` are cumulative, and its `output_tokens` the last
// word. OpenAI, "Streaming": `stream_options.include_usage` brings one more chunk; a response has its usage in the event
// that ends it, whichever that is.

/** The whole usage of `vendorWires`. */
const whole = { inputTokens: 8, cacheReadTokens: 4, outputTokens: 7 };

describe.each(Object.entries(vendorWires))('A request to %s', (api, wire: VendorWire) => {
  let upstream: Upstream;
  let host: TestHost;

  beforeAll(async () => {
    upstream = await startUpstream();
    host = await startTestHost([Chat], { gitlab: { instanceUrl: upstream.url, gatewayUrl: upstream.url } });
  });
  afterAll(async () => {
    await host.close();
    await upstream.close();
  });

  /** A chat in memory and one in the database. */
  const chats = async (): Promise<(Chat | MemoryChat)[]> => [
    host.app.get(DuoService).chat({ model: wire.model }),
    await host.app.get<DuoChatService<Chat>>(DuoChatService).create({ model: wire.model }),
  ];

  /** Both chats ask once; each tells its usage, and the one in the database shows its row. */
  async function asked(reply: Reply, signal?: () => AbortSignal, onChunk?: () => void) {
    const ends = [];
    for (const chat of await chats()) {
      upstream.onGateway(reply);
      await chat.ask('Hello', { signal: signal?.() }, onChunk).catch(() => undefined);
      const [row] = await host.database.getRepository(DuoAttempt).find({ where: { chatId: chat.id } });
      ends.push({ usage: await chat.usage(), row });
    }
    const [inMemory, persisted] = ends as [(typeof ends)[0], (typeof ends)[0]];
    expect({ ...inMemory.usage, chatId: '' }).toEqual({ ...persisted.usage, chatId: '' });
    return { usage: persisted.usage, row: persisted.row };
  }

  /** The start, some words, and whatever follows; the connection stays open. */
  const open =
    (...rest: string[]): Reply =>
    (response) => {
      beginSse(response);
      response.write([wire.start, wire.text('Hel'), ...rest].join(''));
    };

  it('that is cancelled before its usage arrived is unknown, with the usage so far', async () => {
    let cancel = new AbortController();
    const { row, usage } = await asked(
      open(),
      () => (cancel = new AbortController()).signal,
      () => {
        cancel.abort();
      },
    );
    expect(row).toMatchObject({ status: 'unknown', errorCode: null });
    expect(usage).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 1 });
    // Claude alone says at the start what the input was.
    const known = api === 'Messages' ? { inputTokens: 8, cacheReadTokens: 4, outputTokens: 1 } : undefined;
    expect(row).toMatchObject(known ?? { inputTokens: null, cacheReadTokens: null, outputTokens: null });
    expect(usage).toMatchObject(known ?? { inputTokens: 0, outputTokens: 0 });
  });

  it('that is truncated before its usage arrived is unknown, with the code of its error', async () => {
    for (const reply of [sse(wire.start, wire.text('Hel')), reset]) {
      const { row, usage } = await asked(reply);
      expect(row).toMatchObject({ status: 'unknown', errorCode: 'upstream_error' });
      expect(usage).toMatchObject({ attempts: 1, unknownAttempts: 1 });
    }
  });

  it('that fails inside its stream has the usage that arrived', async () => {
    const { row, usage } = await asked(sse(wire.start, wire.text('Hel'), wire.failure));
    // Claude's error has no place for the usage, so that its last figure is missing.
    const isTold = api !== 'Messages';
    const told = isTold ? whole : { inputTokens: 8, cacheReadTokens: 4, outputTokens: 1 };
    expect(row).toMatchObject({ status: isTold ? 'failed' : 'unknown', errorCode: 'upstream_error', ...told });
    expect(usage).toMatchObject({ attempts: 1, unknownAttempts: isTold ? 0 : 1, ...told });
  });

  it('that an error ends without a usage is unknown, and has cost nothing if no answer had begun', async () => {
    const error = { type: 'error', code: 'server_error', message: 'm', error: { type: 'api_error', message: 'm' } };
    const frame = `data: ${JSON.stringify(error)}\n\n`;
    const begun = await asked(sse(wire.start, frame));
    expect(begun.row).toMatchObject({ status: 'unknown', errorCode: 'upstream_error' });
    expect(begun.usage).toMatchObject({ attempts: 1, unknownAttempts: 1 });
    const refused = await asked(sse(frame));
    expect(refused.row).toMatchObject({ status: 'failed', errorCode: 'upstream_error' });
    expect(refused.usage).toMatchObject({ attempts: 1, unknownAttempts: 0 });
  });

  it.each([
    [402, { error: 'insufficient_credits', error_code: 'USAGE_QUOTA_EXCEEDED' }, 'insufficient_credits'],
    [429, { error: { type: 'rate_limit_error', message: 'slow' } }, 'rate_limited'],
  ])('that is refused with %i has no usage, and is not unknown', async (status, body, errorCode) => {
    const { row, usage } = await asked(json(status, body));
    expect(row).toMatchObject({ status: 'failed', errorCode });
    expect(usage).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 0, inputTokens: 0 });
  });

  it('that timed out in the gateway is unknown', async () => {
    const { usage } = await asked(json(504, { detail: 'Gateway Timeout' }));
    expect(usage).toMatchObject({ attempts: 1, unknownAttempts: 1 });
  });

  it('that is cancelled while it waits for a new token has no usage', async () => {
    for (const chat of await chats()) {
      upstream.onGateway(json(401, { error: 'Forbidden by auth provider' }));
      upstream.onExchange(silence);
      const cancel = new AbortController();
      const isWaiting = upstream.arrival('exchange');
      const asking = chat.ask('Hello', { signal: cancel.signal }).catch(() => undefined);
      await isWaiting;
      cancel.abort();
      await asking;
      upstream.onExchange(grant());
      expect(await chat.usage()).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 0 });
    }
  });

  it('in progress is pending, neither unknown nor failed', async () => {
    for (const chat of await chats()) {
      const before = upstream.requests.length;
      const cancel = new AbortController();
      upstream.onGateway(open());
      const asking = chat.ask('Hello', { signal: cancel.signal }).catch(() => undefined);
      await until(() => upstream.requests.length > before);
      expect(await chat.usage()).toMatchObject({ attempts: 1, pendingAttempts: 1, unknownAttempts: 0 });
      cancel.abort();
      await asking;
      expect(await chat.usage()).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 1 });
    }
  });

  it('that was answered has its usage, once', async () => {
    const { row, usage } = await asked(sse(wire.start, wire.text('Hello'), wire.lastUsage, wire.end));
    expect(row).toMatchObject({ status: 'succeeded', ...whole });
    expect(usage).toMatchObject({ attempts: 1, unknownAttempts: 0, ...whole });
  });

  if (wire.lastUsage !== '') {
    it('that is truncated after its last usage has that usage', async () => {
      const cut = await asked(sse(wire.start, wire.text('Hel'), wire.lastUsage));
      expect(cut.row).toMatchObject({ status: 'failed', errorCode: 'upstream_error', ...whole });
      expect(cut.usage).toMatchObject({ unknownAttempts: 0, ...whole });
    });
  }
});
