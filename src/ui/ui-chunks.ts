import { type Problem } from '../errors/problem.js';
import { type FinishReason } from '../messages/message.interface.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { isDenial } from '../turn/planned-call.js';
import { errorText } from './tool-result.js';
import { addChunk, type UiChunk, type UiFinishReason, type UiMetadata } from './ui-chunk.interface.js';
import { type UiVersion } from './ui-version.js';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** What a person has decided about a call. */
export interface UiDecision {
  approved: boolean;
  reason: string | null;
}

/** Which run a stream shows, and to what client. */
export interface UiStreamed {
  version: UiVersion;
  runId: string;
  /** What has been decided before the stream began, by the ids of calls. */
  decisions?: ReadonlyMap<string, UiDecision>;
  /** Set where the client has the message up to the decision on these calls: it is shown what comes after. */
  continued?: { messageId: string; toolCallIds: readonly string[] };
}

const TAKEN_BACK = 'The answer broke off and began again, so this call did not run.';

/** Turns the events of one run, in their order, into the chunks of one message. */
export class UiChunks {
  private chunks: UiChunk[] = [];
  /** Where the chunks of the step begin among those of this batch, if it began in this batch. */
  private stepAt: number | undefined;
  private part: { type: 'text' | 'reasoning'; id: string } | undefined;
  private partCount = 0;
  private isStarted = false;
  private isStepOpen = false;
  /** Whether the step is empty again, for the message that replaces the one that was taken back. */
  private isTakenBack = false;
  /** The calls that this stream has shown, and whether they have a result. */
  private readonly calls = new Map<string, boolean>();
  private readonly asked = new Set<string>();
  private isWaiting: boolean;
  private hasAsked = false;
  private problem: Problem | undefined;
  private end: EventOf<'run-end'> | undefined;
  private model: string | null = null;
  private finishReason: FinishReason | null = null;

  constructor(private readonly streamed: UiStreamed) {
    this.isWaiting = streamed.continued !== undefined;
  }

  /** Whether the run has ended, or is parked, with the events so far. */
  get isComplete(): boolean {
    return this.end !== undefined;
  }

  /** Begins a continuation with the next event, instead of behind the decision. */
  continueHere(): this {
    this.isWaiting = false;
    return this;
  }

  /** The chunks of the next events. */
  add(events: readonly RunEvent[]): UiChunk[] {
    this.chunks = [];
    this.stepAt = undefined;
    for (const event of events) {
      if (this.isWaiting) this.passOver(event);
      else this.addEvent(event);
    }
    return this.chunks;
  }

  /** The chunks that end the message. */
  last(): UiChunk[] {
    this.chunks = [];
    const { end, problem, streamed } = this;
    if (end === undefined) return [];
    if (streamed.continued) this.start(streamed.continued.messageId);
    this.closePart();
    if (this.isStepOpen) this.say({ type: 'finish-step' });
    const messageMetadata = this.metadata(end);
    const isToldApart = end.status === 'interrupted' && streamed.version === 7;
    if (problem && !isToldApart) this.say({ type: 'error', errorText: problem.detail });
    if (end.status === 'cancelled') {
      if (this.isStarted) this.say({ type: 'message-metadata', messageMetadata });
      this.say({ type: 'abort', ...(streamed.version === 7 && { reason: end.status }) });
      return this.chunks;
    }
    const finishReason = this.reasonOf(end);
    this.say({ type: 'finish', ...(finishReason && { finishReason }), messageMetadata });
    return this.chunks;
  }

  private passOver(event: RunEvent): void {
    const ids = this.streamed.continued?.toolCallIds ?? [];
    if (event.type === 'approval-required') this.hasAsked ||= event.toolCalls.some(({ id }) => ids.includes(id));
    if (event.type !== 'run-end') return;
    this.end = event;
    if (this.hasAsked) this.isWaiting = false;
  }

  private addEvent(event: RunEvent): void {
    if (event.type === 'run-queued' || event.type === 'run-start' || event.type === 'part-rejected') return;
    this.end = undefined;
    if (this.streamed.continued) this.start(this.streamed.continued.messageId);
    switch (event.type) {
      case 'message-start':
        this.startMessage(event);
        break;
      case 'reasoning-delta':
      case 'text-delta':
        this.addText(event);
        break;
      case 'tool-call':
        this.addCall(event);
        break;
      case 'tool-progress':
        if (this.streamed.version === 7) this.addProgress(event);
        break;
      case 'tool-result':
        this.addResult(event);
        break;
      case 'approval-required':
        for (const { id } of event.toolCalls) this.ask(id);
        break;
      case 'message-end':
        this.closePart();
        this.model = event.message.model;
        ({ finishReason: this.finishReason } = event);
        break;
      case 'reset':
        this.takeBack();
        break;
      case 'error':
        ({ problem: this.problem } = event);
        break;
      case 'run-end':
        this.end = event;
    }
  }

  private start(messageId: string): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.say({ type: 'start', messageId, messageMetadata: { runId: this.streamed.runId } });
  }

  private startMessage({ messageId }: EventOf<'message-start'>): void {
    this.start(messageId);
    this.closePart();
    if (this.isTakenBack) return;
    if (this.isStepOpen) this.say({ type: 'finish-step' });
    this.say({ type: 'start-step' });
    this.isStepOpen = true;
    this.stepAt = this.chunks.length;
  }

  private addText({ type, text }: EventOf<'text-delta' | 'reasoning-delta'>): void {
    if (text === '') return;
    this.isTakenBack = false;
    const kind = type === 'text-delta' ? 'text' : 'reasoning';
    if (this.part?.type !== kind) {
      this.closePart();
      this.partCount += 1;
      this.part = { type: kind, id: `${kind}-${this.partCount}` };
      this.say({ type: `${kind}-start`, id: this.part.id });
    }
    this.say({ type, id: this.part.id, delta: text });
  }

  private addCall({ toolCallId, name, arguments: input }: EventOf<'tool-call'>): void {
    this.isTakenBack = false;
    this.closePart();
    this.calls.set(toolCallId, false);
    this.say({ type: 'tool-input-available', toolCallId, toolName: name, input });
  }

  private addProgress({ toolCallId, data }: EventOf<'tool-progress'>): void {
    this.say({ type: 'tool-output-available', toolCallId, output: data, preliminary: true });
  }

  private addResult({ toolCallId, content, isError }: EventOf<'tool-result'>): void {
    const isShown = this.calls.has(toolCallId);
    this.calls.set(toolCallId, true);
    if (isError && isDenial(content)) {
      if (this.streamed.version === 5) return;
      if (isShown && !this.asked.has(toolCallId)) this.ask(toolCallId, { approved: false, reason: content.reason });
      this.say({ type: 'tool-output-denied', toolCallId });
    } else if (isError) this.say({ type: 'tool-output-error', toolCallId, errorText: errorText(content) });
    else this.say({ type: 'tool-output-available', toolCallId, output: content });
  }

  /** Asks for a decision; 7 also receives one that is there already; 6 has no chunk for that, and is not asked again. */
  private ask(id: string, decision = this.streamed.decisions?.get(id)): void {
    const { version } = this.streamed;
    if (version === 5 || (version === 6 && decision?.approved)) return;
    this.asked.add(id);
    this.say({ type: 'tool-approval-request', approvalId: id, toolCallId: id });
    if (version !== 7 || decision === undefined) return;
    const { approved, reason } = decision;
    this.say({ type: 'tool-approval-response', approvalId: id, approved, ...(reason !== null && { reason }) });
  }

  private takeBack(): void {
    if (!this.isStepOpen) return;
    this.isTakenBack = true;
    const open = [...this.calls].filter(([, isAnswered]) => !isAnswered).map(([id]) => id);
    for (const id of open) this.calls.delete(id);
    if (this.stepAt !== undefined) {
      this.chunks.length = this.stepAt;
      this.part = undefined;
    } else if (this.streamed.version === 7) {
      this.part = undefined;
      this.say({ type: 'reset-step' });
    } else {
      this.closePart();
      for (const toolCallId of open) this.say({ type: 'tool-output-error', toolCallId, errorText: TAKEN_BACK });
    }
  }

  private closePart(): void {
    if (this.part) this.say({ type: `${this.part.type}-end`, id: this.part.id });
    this.part = undefined;
  }

  private metadata({ usage }: EventOf<'run-end'>): UiMetadata {
    const { model, finishReason, streamed } = this;
    return { runId: streamed.runId, model, finishReason, usage };
  }

  /** Clients of 5.0 do not know the reason, and those of 6 get what those do unless a call awaits approval. */
  private reasonOf({ status }: EventOf<'run-end'>): UiFinishReason | undefined {
    const { version } = this.streamed;
    if (status === 'awaiting_approval') return version === 5 ? undefined : 'tool-calls';
    if (version !== 7) return undefined;
    if (status === 'interrupted') return 'interrupted';
    return status === 'failed' ? 'error' : finishReasons[this.finishReason ?? 'other'];
  }

  private say(chunk: UiChunk): void {
    addChunk(this.chunks, chunk);
  }
}

const finishReasons: Record<FinishReason, UiFinishReason> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  refusal: 'content-filter',
  'content-filter': 'content-filter',
  pause: 'other',
  'context-window': 'length',
  other: 'other',
};
