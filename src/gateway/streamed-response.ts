import { AsyncResource } from 'node:async_hooks';
import { type IncomingHttpHeaders } from 'node:http';
import { type Dispatcher } from 'undici';
import { DEFAULT_MAX_ANSWER_BYTES } from '../config/resolve-options.js';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { UpstreamError } from '../errors/upstream.errors.js';
import { MAX_BODY_BYTES } from './read-text.js';
import { connectionFailure, timedOut, totalTimeout } from './connection-failure.js';
import { type GatewayCall, type GatewaySink, type ErrorResponse } from './gateway-call.interface.js';
import { SseReader } from './sse-reader.js';

type Controller = Dispatcher.DispatchController;

/** How long a body may take to end after its last event before its connection is given up. */
const LINGER_MS = 500;

/** How long the body of a refusal is waited for, whose status says most of it. */
const REFUSAL_MS = 2_000;

const soon = Promise.resolve();

const MEGABYTE = 1024 * 1024;

/**
 * The bound of a stream, as a multiple of the bound of an answer: an answer of 128,000 tokens takes some 50 MB of events
 * on the most verbose API.
 */
const STREAM_TIMES = 32;

/** Likewise one event, which may hold the whole answer as JSON. */
const EVENT_TIMES = 2;

const CUT = 'The answer was cut: the stream ended before the model did. Ask again.';

const cut = (cause?: unknown): UpstreamError => new UpstreamError(CUT, { isRetryable: true, cause });

type Timeouts = ResolvedOptions['timeouts'];

/** Where a response reports how it ended, once: with a refusal, or without one when the stream is whole. */
export interface Settle {
  resolve(refusal?: ErrorResponse): void;
  reject(error: unknown): void;
}

/**
 * Reads one response into a sink, straight from the connection. The chunks of one network read are handed on together,
 * in the microtask after it, so that the sink is called once a read and outside the HTTP parser.
 */
export class StreamedResponse implements Dispatcher.DispatchHandler {
  private readonly reader: SseReader;
  private readonly maxBytes: number;
  /** What came since the last flush: decoded at once, since a read may hold hundreds of HTTP chunks. */
  private unread: [Buffer, ...Buffer[]] | undefined;
  /** A connection outlives its requests, and so would the async context of the first one. */
  private readonly context = new AsyncResource('GitlabDuoResponse');
  private readonly sink: GatewaySink;
  private readonly signal: AbortSignal | undefined;
  private readonly createdAt = performance.now();
  /** The one timer of all the limits: it looks which of them is over, and sleeps until the next one may be. */
  private watch: NodeJS.Timeout;
  /** When the request left, or what came last was read. */
  private waitingSince = Infinity;
  private lingerTimer: NodeJS.Timeout | undefined;
  private controller: Controller | undefined;
  private isStreaming = false;
  /** Bytes of the stream so far. */
  private size = 0;
  private refusal: { status: number; headers: IncomingHttpHeaders; chunks: Buffer[]; size: number } | undefined;
  /** Set once there is nothing more to read: tells what is wrong unless the last event has come. */
  private ending: (() => GitlabDuoError) | undefined;
  private isScheduled = false;
  private isHeld = false;
  private isSettled = false;

  constructor(
    { sink, signal }: GatewayCall,
    private readonly url: string,
    private readonly timeouts: Timeouts,
    private readonly settle: Settle,
    maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES,
  ) {
    // The overhead of a stream does not shrink with its answer.
    const size = Math.max(maxAnswerBytes, DEFAULT_MAX_ANSWER_BYTES);
    this.maxBytes = STREAM_TIMES * size;
    this.reader = new SseReader(EVENT_TIMES * size);
    this.sink = sink;
    this.signal = signal;
    this.signal?.addEventListener('abort', this, { once: true });
    this.watch = setTimeout(lookSoon, Math.min(timeouts.idleMs, timeouts.firstByteMs, timeouts.totalMs), this);
  }

  /** The signal has aborted. */
  handleEvent(): void {
    this.fail(this.signal?.reason);
  }

  /** Ends the response if one of its times is up. */
  checkTimeouts(): void {
    if (this.isSettled || this.refusal !== undefined) return;
    const { firstByteMs, idleMs, totalMs } = this.timeouts;
    const hasBegun = this.size > 0;
    const waitMs = hasBegun ? idleMs : firstByteMs;
    const now = performance.now();
    const totalLeft = this.createdAt + totalMs - now;
    const waitLeft = this.isHeld || this.ending !== undefined ? waitMs : this.waitingSince + waitMs - now;
    if (totalLeft <= 0) this.fail(totalTimeout(this.url));
    else if (waitLeft <= 0) this.fail(timedOut(hasBegun ? 'idleMs' : 'firstByteMs', this.url));
    // A read until then may begin a wait that ends no sooner than this.
    else this.watch = setTimeout(lookSoon, Math.ceil(Math.min(totalLeft, waitLeft, waitMs, idleMs)), this);
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    this.waitingSince = performance.now();
    if (this.isSettled) this.disconnect();
    else this.sink.mayCost = true;
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    // They are slices of what the connection has read, which they would keep in memory as long as the stream lasts.
    controller.rawHeaders = null;
    if (status < 200) return;
    const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity';
    this.isStreaming = status < 300 && isPlain && /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
    if (this.isStreaming) return;
    this.refusal = { status, headers, chunks: [], size: 0 };
    this.sink.mayCost = status < 300 || isGivenUp(status);
    clearTimeout(this.watch);
    this.watch = setTimeout(refuse, REFUSAL_MS, this);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.isSettled) return;
    if (this.refusal !== undefined) {
      this.refusal.chunks.push(chunk);
      this.refusal.size += chunk.length;
      if (this.refusal.size >= MAX_BODY_BYTES) this.refuse();
      return;
    }
    this.size += chunk.length;
    if (this.size > this.maxBytes) {
      const size = Math.floor(this.maxBytes / MEGABYTE);
      this.fail(new UpstreamError(`The answer is endless: more than ${size} MB have come.`));
      return;
    }
    if (this.unread === undefined) this.unread = [chunk];
    else this.unread.push(chunk);
    this.schedule();
  }

  onResponseEnd(): void {
    this.end(cut);
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    this.end(() => {
      const failure = connectionFailure(error, this.url);
      return this.isStreaming && failure instanceof UpstreamError ? cut(failure.cause) : failure;
    });
  }

  private end(ending: () => GitlabDuoError): void {
    clearTimeout(this.lingerTimer);
    this.ending = ending;
    if (this.isSettled) return;
    if (this.refusal !== undefined) this.refuse();
    else this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.isHeld) return;
    this.isScheduled = true;
    this.waitingSince = performance.now();
    // Cheaper than queueMicrotask(), which makes an async resource of each call.
    void soon.then(this.flush);
  }

  private readonly flush = (): void => {
    this.isScheduled = false;
    if (this.isSettled) return;
    try {
      const events = this.sink.isDone ? [] : this.read();
      const held = events.length > 0 ? this.context.runInAsyncScope(pushOut, undefined, this.sink, events) : undefined;
      if (held !== undefined) this.hold(held);
      else if (this.sink.isDone) this.succeed();
      else if (this.ending !== undefined) this.fail(this.ending());
    } catch (error) {
      this.fail(error);
    }
  };

  private read(): string[] {
    const { unread } = this;
    if (unread === undefined) return [];
    this.unread = undefined;
    return this.reader.read(unread.length === 1 ? unread[0] : Buffer.concat(unread));
  }

  private hold(held: Promise<void>): void {
    this.isHeld = true;
    this.controller?.pause();
    held.then(
      () => {
        this.isHeld = false;
        this.flush();
        this.resume();
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
  }

  /** Reads on; a connection whose answer has ended may serve another request by now. */
  private resume(): void {
    if (this.isHeld || this.ending !== undefined) return;
    this.waitingSince = performance.now();
    this.controller?.resume();
  }

  private succeed(): void {
    this.close();
    this.settle.resolve();
    if (this.ending === undefined) this.lingerTimer = setTimeout(hangUp, LINGER_MS, this).unref();
  }

  /** Ends the response with what has come of its refusal. */
  refuse(): void {
    if (this.isSettled || this.refusal === undefined) return;
    const { status, headers, chunks } = this.refusal;
    this.close();
    this.settle.resolve({ status, headers, body: Buffer.concat(chunks).toString('utf8', 0, MAX_BODY_BYTES) });
    this.disconnect();
  }

  private fail(error: unknown): void {
    if (this.isSettled) return;
    this.close();
    this.settle.reject(error);
    this.disconnect();
  }

  private close(): void {
    this.isSettled = true;
    clearTimeout(this.watch);
    this.signal?.removeEventListener('abort', this);
  }

  /** Closes the connection, unless its response has ended. */
  disconnect(): void {
    if (this.ending === undefined) this.controller?.abort(new Error('This answer is no longer awaited.'));
  }
}

/** Whether a gateway on the way has given up waiting for an answer, which may have come to its end behind it. */
function isGivenUp(status: number): boolean {
  return status === 408 || status === 504;
}

// Functions of the module, since a closure more for each stream is memory that lives as long as it.

function pushOut(sink: GatewaySink, events: string[]): void | Promise<void> {
  return sink.push(events);
}

/** After what has come meanwhile was read: a process that was busy has not waited. */
function lookSoon(response: StreamedResponse): void {
  setImmediate(look, response);
}

function look(response: StreamedResponse): void {
  response.checkTimeouts();
}

function refuse(response: StreamedResponse): void {
  response.refuse();
}

function hangUp(response: StreamedResponse): void {
  response.disconnect();
}
