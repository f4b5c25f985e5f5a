import { type StreamParser } from '../delegates/delegate.interface.js';
import { type ErrorCode, GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { type GatewaySink } from '../gateway/gateway-call.interface.js';
import { type Usage } from '../messages/message.interface.js';
import { type ModelAnswer, type ModelEvent } from '../messages/model-request.interface.js';
import { sanitizeOwned } from '../messages/text.js';
import { noUsage } from '../messages/usage.js';
import { EventSanitizer } from './event-sanitizer.js';
import { type AttemptOutcome, type StepOutcome } from './attempt.interface.js';

/** One physical request: feeds the wire's events to a parser and hands on what that makes of them. */
export class Attempt implements GatewaySink {
  private readonly startedAt = performance.now();
  private firstTokenMs: number | null = null;
  mayCost = false;
  private readonly storable = new EventSanitizer();

  constructor(
    private readonly number: number,
    private readonly parser: StreamParser,
    private readonly onEvents: (events: ModelEvent[]) => void | Promise<void>,
  ) {}

  get isDone(): boolean {
    return this.parser.isDone;
  }

  /** Whether the caller has seen anything of this attempt. */
  get hasEmitted(): boolean {
    return this.firstTokenMs !== null;
  }

  push(batch: string[]): void | Promise<void> {
    const events: ModelEvent[] = [];
    try {
      for (const data of batch) {
        this.parser.push(data, events);
        if (this.parser.isDone) break;
      }
    } catch (error) {
      return this.emitAndFail(events, error);
    }
    return this.emit(events);
  }

  /** The outcome of a step that ends well with this attempt. */
  succeeded(): StepOutcome {
    const answer = this.answer();
    return { answer, attempt: this.ended('succeeded', null, answer.usage) };
  }

  /** The outcome of a step that ends with the failure of this attempt, unless another follows. */
  failed(error: unknown, isCancelled: boolean): StepOutcome {
    const answer = this.answer();
    const attempt = isCancelled
      ? this.ended('cancelled', null, answer.usage)
      : this.ended('failed', codeOf(error), answer.usage);
    return { answer, attempt, error };
  }

  private answer(): ModelAnswer {
    const answer = this.parser.answer();
    const { parts, finishDetail } = answer;
    return {
      ...answer,
      parts: sanitizeOwned(parts),
      ...(finishDetail && { finishDetail: sanitizeOwned(finishDetail) }),
    };
  }

  private ended(
    end: Exclude<AttemptOutcome['status'], 'unknown'>,
    errorCode: ErrorCode | null,
    usage: Usage,
  ): AttemptOutcome {
    const isUnknown = end !== 'succeeded' && this.mayCost && !this.parser.isCostTold;
    return {
      number: this.number,
      status: isUnknown ? 'unknown' : end,
      usage: Object.values(usage).some((tokens) => tokens > 0) ? usage : null,
      firstTokenMs: this.firstTokenMs,
      durationMs: Math.round(performance.now() - this.startedAt),
      errorCode,
    };
  }

  private emit(parsed: ModelEvent[]): void | Promise<void> {
    const events = this.storable.sanitize(parsed);
    if (events.length === 0) return;
    this.firstTokenMs ??= Math.round(performance.now() - this.startedAt);
    return this.onEvents(events);
  }

  private async emitAndFail(events: ModelEvent[], error: unknown): Promise<void> {
    await this.emit(events);
    throw error;
  }
}

/** The stable code of an error; one that is not ours is internal. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof GitlabDuoError ? error.code : 'internal_error';
}

/** The outcome of a step that failed before a request was sent: it has cost nothing. */
export function failedBeforeSend(error: unknown): StepOutcome {
  return {
    answer: { parts: [], finishReason: 'other', usage: noUsage },
    attempt: {
      number: 1,
      status: 'failed',
      usage: noUsage,
      firstTokenMs: null,
      durationMs: 0,
      errorCode: codeOf(error),
    },
    error,
  };
}

/** An attempt that was cancelled between its entry in the ledger and its request. */
export function cancelledBeforeSend(number: number): AttemptOutcome {
  return { number, status: 'cancelled', usage: noUsage, firstTokenMs: null, durationMs: 0, errorCode: null };
}
