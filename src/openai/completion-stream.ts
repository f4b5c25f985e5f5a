import { type ServerResponse } from 'node:http';
import { type JsonValue } from '../messages/json.interface.js';
import { drained, openEvents } from '../http/sse-response.js';
import { type StreamTiming } from '../http/stream-timing.js';
import { callView, type CompletionHead, usageView } from './completion-view.js';
import { type Completed } from './completions.service.js';
import { type OpenAiError } from './openai-error.js';
import { type Spoken } from './spoken-answer.js';

/** What a stream is written to, and how. */
export interface CompletionStreamOptions {
  response: ServerResponse;
  /** Called before the head is written. @returns the headers that are set already */
  takeOver: () => Record<string, unknown>;
  head: CompletionHead;
  /** Whether the last chunk tells the usage. */
  hasUsage: boolean;
  timing: Pick<StreamTiming, 'heartbeatMs' | 'stalledMs'>;
}

/** Writes an answer as chunks, at the reader's own pace. */
export class CompletionStream {
  private opened: ReturnType<typeof openEvents> | undefined;

  constructor(private readonly options: CompletionStreamOptions) {}

  /** Whether an error can no longer have a status of its own. */
  get isOpen(): boolean {
    return this.opened !== undefined;
  }

  /** Sends the head, unless that is done or the response is answered or gone. */
  open(): void {
    const { response, takeOver, timing } = this.options;
    if (this.isOpen || response.destroyed || response.headersSent) return;
    this.opened = openEvents(response, { headers: takeOver(), timing }, this.chunk({ role: 'assistant', content: '' }));
    response.once('close', this.opened.end);
  }

  /** @returns a promise where the reader is behind */
  write(spoken: readonly Spoken[]): void | Promise<void> {
    const { response } = this.options;
    this.open();
    if (this.opened === undefined || response.destroyed) return;
    const { writer } = this.opened;
    if (!writer.write(spoken.map((piece) => this.chunk(deltaOf(piece))).join(''))) return drained(response, writer);
  }

  finish({ finishReason, usage }: Completed): void {
    const { head, hasUsage } = this.options;
    this.open();
    const total = hasUsage
      ? event({ ...head, object: 'chat.completion.chunk', choices: [], usage: usageView(usage) })
      : '';
    this.end(`${this.chunk({}, finishReason)}${total}data: [DONE]\n\n`);
  }

  fail(error: OpenAiError): void {
    this.end(event({ error: { ...error } }));
  }

  private end(text: string): void {
    this.opened?.writer.writeLast(text);
    this.opened?.end();
  }

  private chunk(delta: JsonValue, finishReason: string | null = null): string {
    const { head, hasUsage } = this.options;
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
    return event({ ...head, object: 'chat.completion.chunk', choices, ...(hasUsage && { usage: null }) });
  }
}

function deltaOf(piece: Spoken): JsonValue {
  if (piece.type === 'call') return { tool_calls: [{ index: piece.index, ...callView(piece.call) }] };
  return piece.type === 'text' ? { content: piece.text } : { reasoning_content: piece.text };
}

function event(data: JsonValue): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
