import { type ServerResponse } from 'node:http';
import { type HttpAdapterHost } from '@nestjs/core';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type LiveRun } from '../runs/live-run.js';
import { firstEvents } from './first-events.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { requestId } from './request-id.js';
import { writeEvents } from './sse-response.js';

/** An answer as the HTTP API shows it. */
export type AnswerView = MessageRecord & { usage: Usage };

/** How long nothing is sent while the model has said nothing, so that an error keeps its real status. */
const HOLD_MS = 10_000;

/** Answers a request with its run: as events where the caller accepts them, else as the message once it is whole. */
export class RunResponder {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** A client that leaves ends its own reading, never the run. */
  async respond(run: LiveRun, request: HttpRequest, reply: HttpReply): Promise<AnswerView | undefined> {
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(reply, 'x-run-id', run.id);
    httpAdapter.setHeader(reply, 'x-request-id', requestId(request));
    if (!/\btext\/event-stream\b/i.test(request.headers.accept ?? '')) return answerOf(run);
    await stream(run, reply);
    return undefined;
  }
}

async function answerOf(run: LiveRun): Promise<AnswerView> {
  const { message, usage, error } = await run.result;
  if (error !== undefined) throw error as Error;
  if (message === null) throw new Error(`Run ${run.id} ended without a message`);
  return { ...message, usage };
}

async function stream(run: LiveRun, reply: HttpReply): Promise<void> {
  const response = reply.raw ?? (reply as unknown as ServerResponse);
  const leaving = new AbortController();
  const leave = (): void => {
    leaving.abort();
  };
  response.once('close', leave);
  try {
    const { hasFailed, batches } = await firstEvents(run.follow(leaving.signal), HOLD_MS);
    if (hasFailed) await answerOf(run);
    if (response.destroyed) return;
    const headers = reply.raw ? reply.getHeaders() : {};
    reply.hijack?.();
    await writeEvents(response, headers, run.id, batches);
  } finally {
    response.off('close', leave);
  }
}
