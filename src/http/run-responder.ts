import { type ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import Negotiator from 'negotiator';
import { type DuoRun } from '../chats/entities/duo-run.entity.js';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type LiveRun } from '../runs/live-run.js';
import { failedBeforeFirstToken } from './failed-before-first-token.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { runView, type RunView } from './presenter.js';
import { EVENTS_TYPE, writeEvents } from './sse-response.js';
import { StreamTiming } from './stream-timing.js';

/** An answer as the HTTP API shows it. */
export type AnswerView = MessageRecord & { usage: Usage };

/** The response to a run: its answer, or the run itself while it awaits approval. */
export type RunAnswer = AnswerView | RunView;

/** A run, and a function that reads its stored record. */
export interface AnsweringRun {
  run: LiveRun;
  stored: () => Promise<DuoRun>;
}

/** Answers a request with its run: as events if the caller prefers them to JSON, or else as the finished message. */
@Injectable()
export class RunResponder {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly timing: StreamTiming,
  ) {}

  /** A client that disconnects ends only its own stream, never the run. */
  async respond(answering: AnsweringRun, request: HttpRequest, reply: HttpReply): Promise<RunAnswer | undefined> {
    const { run } = answering;
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(reply, 'x-run-id', run.id);
    if (!wantsEvents(request)) return this.answer(answering, reply);
    await stream(run, reply, this.timing);
    return undefined;
  }

  private async answer({ run, stored }: AnsweringRun, reply: HttpReply): Promise<RunAnswer> {
    if ((await run.result).status !== 'awaiting_approval') return answerOf(run);
    const view = runView(await stored());
    this.adapterHost.httpAdapter.status(reply, 202);
    return view;
  }
}

function wantsEvents(request: HttpRequest): boolean {
  return new Negotiator(request).mediaType(['application/json; charset=utf-8', EVENTS_TYPE]) === EVENTS_TYPE;
}

async function answerOf(run: LiveRun): Promise<AnswerView> {
  const { message, usage, error } = await run.result;
  if (error !== undefined) throw error as Error;
  if (message === null) throw new Error(`Run ${run.id} ended without a message`);
  return { ...message, usage };
}

async function stream(run: LiveRun, reply: HttpReply, timing: StreamTiming): Promise<void> {
  const response = reply.raw ?? (reply as unknown as ServerResponse);
  const leaving = new AbortController();
  const leave = (): void => {
    leaving.abort();
  };
  response.once('close', leave);
  try {
    if (await failedBeforeFirstToken(run, timing.holdMs, leaving.signal)) await answerOf(run);
    // The response may have been sent meanwhile, for example by a time-out of the host.
    if (response.destroyed || response.headersSent) return;
    const headers = reply.raw ? reply.getHeaders() : {};
    reply.hijack?.();
    await writeEvents(response, { headers, run, timing });
  } finally {
    response.off('close', leave);
  }
}
