import { type ServerResponse } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import Negotiator from 'negotiator';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { RunCancelledError, RunReleasedError } from '../errors/run.errors.js';
import { safeError } from '../errors/safe-error.js';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { isCancelledUnsaid, type LiveRun, type RunEventBatch, type RunResult } from '../runs/live-run.js';
import { type RunHandle } from '../runs/run-handle.js';
import { type RunRecord } from '../runs/run-record.interface.js';
import { failedBeforeFirstToken, heldEvents } from './first-token.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { EVENTS_TYPE, type EventStream, liveWriter, writeEvents } from './sse-response.js';
import { StreamTiming } from './stream-timing.js';

/** Why a reader gets no more: one error for all, since a new one takes as long as a write. */
const LEFT = new Error('The reader has left.');

/** An answer as the HTTP API shows it. */
export type AnswerView = MessageRecord & { usage: Usage };

/** The response to a run: its answer, or the run itself while it awaits approval. */
export type RunAnswer = AnswerView | RunRecord;

/** How a run is written to one response. */
export interface WrittenForm {
  /** Resolves when everything is written or the reader has disconnected. */
  write(stream: EventStream): Promise<void>;
  /** See `FollowRun.takeLive`. */
  readonly takeLive: (run: LiveRun, from: number) => Promise<number>;
}

/** The form of a run on the wire. */
export type StreamFormat = (response: ServerResponse) => WrittenForm;

const eventFormat: StreamFormat = (response) => ({
  write: (stream) => writeEvents(response, stream),
  takeLive: liveWriter(response),
});

/** Answers a request with a run: as events if the caller prefers them to JSON, or else as the finished message. */
@Injectable()
export class RunResponder {
  private readonly logger = new Logger(RunResponder.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly timing: StreamTiming,
  ) {}

  /**
   * Returns the answer as JSON, or `undefined` once a stream of events has begun: that then continues by itself, without
   * what the framework keeps for a request. A client that disconnects ends only its own stream, never the run.
   */
  async respond(run: RunHandle, request: HttpRequest, reply: HttpReply): Promise<RunAnswer | undefined> {
    if (!wantsEvents(request)) return this.answer(run, reply);
    await this.stream(run, reply);
    return undefined;
  }

  /** Begins to send a run in this form; nothing before the model's first token, so that an early error keeps its status. */
  async stream(run: RunHandle, reply: HttpReply, format = eventFormat): Promise<void> {
    this.nameRun(run, reply);
    const reader = new StreamReader(run, responseOf(reply));
    try {
      this.write(reader, reply, await this.firstEvents(run, reader), format(reader.response));
    } catch (error) {
      reader.leave();
      throw error;
    }
  }

  /**
   * Begins to send the events after an index, up to the real end of the run, or to where it is parked; nothing where there
   * will be none.
   */
  async follow(
    run: RunHandle,
    after: number,
    reply: HttpReply,
    { format = eventFormat, isWaiting = true }: { format?: StreamFormat; isWaiting?: boolean } = {},
  ): Promise<void> {
    if (!(await run.hasEventsAfter(after))) {
      this.answerNothing(reply);
      return;
    }
    this.nameRun(run, reply);
    const reader = new StreamReader(run, responseOf(reply));
    const form = format(reader.response);
    this.write(reader, reply, run.follow({ after, signal: reader.signal, isWaiting, takeLive: form.takeLive }), form);
  }

  answerNothing(reply: HttpReply): void {
    this.adapterHost.httpAdapter.status(reply, 204);
  }

  private nameRun(run: RunHandle, reply: HttpReply): void {
    this.adapterHost.httpAdapter.setHeader(reply, 'x-run-id', run.id);
  }

  /** Answers with the run as it is now; `location` is where it can be read. */
  async answerAtOnce(run: RunHandle, location: string, reply: HttpReply): Promise<RunRecord> {
    const { httpAdapter } = this.adapterHost;
    this.nameRun(run, reply);
    const record = await run.record();
    httpAdapter.setHeader(reply, 'location', location);
    httpAdapter.setHeader(reply, 'preference-applied', 'respond-async');
    httpAdapter.status(reply, 202);
    return record;
  }

  /** Says that an earlier request with the same key has begun the run. */
  markReplayed(reply: HttpReply): void {
    this.adapterHost.httpAdapter.setHeader(reply, 'idempotent-replayed', 'true');
  }

  /** Answers with what was there already. */
  answerFound(reply: HttpReply): void {
    this.adapterHost.httpAdapter.status(reply, 200);
  }

  /** Calls the listener if the connection is lost before the response has been sent. */
  whenLost(reply: HttpReply, listener: () => void): void {
    const response = responseOf(reply);
    onceClosed(response, () => {
      // Those who follow over this connection leave first.
      if (!response.writableEnded) setImmediate(listener);
    });
  }

  private async answer(run: RunHandle, reply: HttpReply): Promise<RunAnswer> {
    this.nameRun(run, reply);
    const leave = run.enter();
    onceClosed(responseOf(reply), leave);
    const result = await resultOf(run).finally(leave);
    if (result.status !== 'awaiting_approval') return answerOf(run, result);
    const record = await run.record();
    this.adapterHost.httpAdapter.status(reply, 202);
    return record;
  }

  /** Waits for the model's first token, before which nothing is sent, so that an early error keeps its status. */
  private async firstEvents(run: RunHandle, reader: StreamReader): Promise<StreamedEvents> {
    const { holdMs } = this.timing;
    const { live } = run;
    if (live && !run.isReplayed) {
      reader.onLeave(run.enter());
      if (await failedBeforeFirstToken(live, holdMs, reader.signal)) answerOf(run, await resultOf(run));
      return live;
    }
    const { hasFailed, batches } = await heldEvents(run.follow({ signal: reader.signal }), holdMs);
    if (hasFailed) answerOf(run, await resultOf(run));
    return batches;
  }

  /** Begins to write the events; the reader leaves at their end. */
  private write(reader: StreamReader, reply: HttpReply, events: StreamedEvents, form: WrittenForm): void {
    const { response, run } = reader;
    // The response may have been sent meanwhile, for example by a time-out of the host.
    if (response.destroyed || response.headersSent) {
      reader.leave();
      return;
    }
    const headers = reply.raw ? reply.getHeaders() : {};
    reply.hijack?.();
    // What Nest sends after this is too late.
    reply.send = () => reply;
    form
      .write({ headers, runId: run.id, events, timing: this.timing })
      .catch((error: unknown) => {
        // What is foreseen, such as the stop of this process, is no fault: the reader comes back.
        if (!(error instanceof GitlabDuoError)) {
          this.logger.error(`The stream of run ${run.id} failed`, safeError(error));
        }
      })
      .finally(() => {
        reader.leave();
      });
  }
}

/** What is written of a run: the run itself while it works here, or its events as a follower receives them. */
type StreamedEvents = LiveRun | AsyncIterable<RunEventBatch>;

/** Who reads the events of a run over a connection. */
class StreamReader {
  private readonly leaving = new AbortController();
  private readonly leavers: (() => void)[] = [];

  constructor(
    readonly run: RunHandle,
    readonly response: ServerResponse,
  ) {
    this.onLeave(
      run.whenReleased(() => {
        response.destroy();
      }),
    );
    onceClosed(response, this.leave);
  }

  /** Aborted when the reader has left. */
  get signal(): AbortSignal {
    return this.leaving.signal;
  }

  /** Calls the listener when the reader leaves. */
  onLeave(listener: () => void): void {
    this.leavers.push(listener);
  }

  readonly leave = (): void => {
    this.response.off('close', this.leave);
    this.leaving.abort(LEFT);
    for (const listener of this.leavers.splice(0)) listener();
  };
}

function responseOf(reply: HttpReply): ServerResponse {
  return reply.raw ?? (reply as unknown as ServerResponse);
}

/** Calls the listener when the response is closed, which it may be already. */
function onceClosed(response: ServerResponse, listener: () => void): void {
  if (response.closed) listener();
  else response.once('close', listener);
}

function wantsEvents(request: HttpRequest): boolean {
  return new Negotiator(request).mediaType(['application/json; charset=utf-8', EVENTS_TYPE]) === EVENTS_TYPE;
}

/** @throws RunReleasedError when this process stops before the run has ended */
async function resultOf(run: RunHandle): Promise<RunResult> {
  let unlisten = (): void => undefined;
  const released = new Promise<never>((_resolve, reject) => {
    unlisten = run.whenReleased(() => {
      reject(new RunReleasedError(run.id));
    });
  });
  try {
    return await Promise.race([run.result(), released]);
  } finally {
    unlisten();
  }
}

/** @throws the error of a run that failed, RunCancelledError for one that was cancelled before it had a text */
function answerOf(run: RunHandle, { status, message, usage, error }: RunResult): AnswerView {
  if (error !== undefined) throw error as Error;
  if (isCancelledUnsaid({ status, message })) throw new RunCancelledError(run.id);
  if (message === null) throw new Error(`Run ${run.id} ended without a message`);
  return { ...message, usage };
}
