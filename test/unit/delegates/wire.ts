import { readFileSync } from 'node:fs';
import { type Dispatcher } from 'undici';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { StreamedResponse } from '../../../src/gateway/streamed-response.js';
import { type ModelAnswer, type ModelEvent } from '../../../src/messages/model-request.interface.js';
import { Attempt } from '../../../src/router/attempt.js';

/** The recorded streams that end well. */
export const RECORDED_ANSWERS = [
  ['anthropic/text', anthropicDelegate],
  ['anthropic/thinking', anthropicDelegate],
  ['anthropic/parallel-tools', anthropicDelegate],
  ['anthropic/refusal', anthropicDelegate],
  ['anthropic/cut-in-tool', anthropicDelegate],
  ['openai-chat/text', openaiChatDelegate],
  ['openai-chat/parallel-tools', openaiChatDelegate],
  ['openai-chat/refusal', openaiChatDelegate],
  ['openai-chat/cut-in-tool', openaiChatDelegate],
  ['openai-responses/text', openaiResponsesDelegate],
  ['openai-responses/reasoning-and-tools', openaiResponsesDelegate],
  ['openai-responses/refusal', openaiResponsesDelegate],
  ['openai-responses/cut-in-tool', openaiResponsesDelegate],
] as const;

/** The recorded streams that end in an error, and how they say so. */
export const RECORDED_FAILURES = [
  ['anthropic/overloaded', anthropicDelegate, 'upstream_overloaded'],
  ['openai-chat/error', openaiChatDelegate, 'upstream_error'],
  ['openai-responses/error', openaiResponsesDelegate, 'upstream_error'],
  ['openai-responses/failed', openaiResponsesDelegate, 'rate_limited'],
] as const;

/** The bytes of a recorded stream as the vendor sends them, from its first event to the blank line after its last. */
export function recordedBytes(name: string): Buffer {
  const bytes = readFileSync(new URL(`../../fixtures/delegates/${name}.sse`, import.meta.url));
  return Buffer.from(`${bytes.toString('utf8').trimEnd()}\n\n`);
}

/** What came of a stream: the answer is whole exactly when there is no error. */
export interface WireOutcome {
  events: ModelEvent[];
  answer: ModelAnswer;
  error: unknown;
}

const connection: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

const PATIENCE = { connectMs: 60_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 };

/**
 * Reads a response with these bytes through everything between the socket and the turn; a network read brings the
 * pieces of one list.
 */
export async function readWire(delegate: Delegate, reads: readonly (readonly Buffer[])[]): Promise<WireOutcome> {
  const events: ModelEvent[] = [];
  const attempt = new Attempt(1, delegate.createParser(), (batch) => void events.push(...batch));
  const call = { path: '/', headers: {}, body: '{}', sink: attempt };
  let response!: StreamedResponse;
  const settled = new Promise<unknown>((resolve) => {
    response = new StreamedResponse(call, 'https://gateway.test', PATIENCE, { resolve, reject: resolve });
  });
  response.onRequestStart(connection);
  response.onResponseStart(connection, 200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const pieces of reads) {
    for (const piece of pieces) response.onResponseData(connection, piece);
    await Promise.resolve();
  }
  response.onResponseEnd();
  const error = await settled;
  const { answer } = error === undefined ? attempt.succeeded() : attempt.failed(error, false);
  return { events, answer, error };
}
