import { type ModelMessage } from '../messages/message.interface.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type FilePart } from '../messages/part.interface.js';
import { vendorOf } from '../messages/vendor-of.js';
import { type LeftOut } from '../models/file-fit.js';
import { CallIds } from './call-ids.js';
import { type HistoryFormat, type Place, type RenderedHistory } from './history-format.interface.js';
import { OpenCalls } from './unanswered-calls.js';
import { PrefixChain } from './prefix-chain.js';
import { replayedFiles } from './replayed-files.js';
import { toTranscript } from './transcript.js';
import { isTurnStart } from './turn-start.js';

const MAX_PIECES = 64;

/** A buffer of its own: `Buffer.from` takes a slice of a shared one, which would stay as a whole. */
function lastingBuffer(text: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  buffer.write(text);
  return buffer;
}

/** The turns that a history begins with, rendered in one format. */
export class RenderedPrefix {
  private readonly messages: ModelMessage[] = [];
  private readonly ids = new CallIds();
  /** The calls that are rendered without a result. */
  private readonly unanswered = new Set<string>();
  private instructions: string | undefined;
  private items: Buffer[] = [];
  /** Why each of the files is left out; undefined for those that are rendered. */
  private readonly reasons = new Map<FilePart, string | undefined>();

  private readonly chain: PrefixChain | undefined;

  /** @param base see `renderHistory` */
  constructor(
    private readonly format: HistoryFormat,
    base?: string,
  ) {
    this.chain = base === undefined ? undefined : new PrefixChain(base);
  }

  get length(): number {
    return this.messages.length;
  }

  /** The files of these turns, those that are left out included. */
  get files(): FilePart[] {
    return [...this.reasons.keys()];
  }

  /** Whether exactly these files are left out, for the same reasons. */
  areWithout(leftOut: LeftOut): boolean {
    return [...this.reasons].every(([file, reason]) => leftOut.get(file) === reason);
  }

  /** Whether these turns, in this format, are what the history begins with, and end before `end`. */
  isStartOf(history: readonly ModelMessage[], end: number, format: HistoryFormat, base?: string): boolean {
    return (
      this.format === format &&
      this.chain?.base === base &&
      this.length <= end &&
      this.messages.every((message, index) => message === history[index]) &&
      isTurnStart(history, this.length) &&
      !this.areAnsweredBy(history.slice(this.length))
    );
  }

  /** Whether a result in what comes behind these turns belongs to a call that is rendered without one. */
  areAnsweredBy(rest: readonly ModelMessage[]): boolean {
    if (this.unanswered.size === 0) return false;
    return rest.some(({ parts }) => parts.some((part) => part.type === 'tool-result' && this.unanswered.has(part.id)));
  }

  /** Renders the turns that come next. */
  append(turns: readonly ModelMessage[], leftOut: LeftOut): void {
    if (turns.length === 0) return;
    const calls = new OpenCalls(this.ids);
    const place = { isFirst: this.length === 0, isLast: false };
    const { instructions, json } = this.render(turns, calls, place, leftOut, this.chain);
    this.instructions = instructions;
    this.items.push(lastingBuffer(`${json},`));
    if (this.items.length > MAX_PIECES) this.items = [Buffer.concat(this.items)];
    for (const id of calls.unanswered) this.unanswered.add(id);
    for (const file of replayedFiles(turns, vendorOf(this.format.api))) this.reasons.set(file, leftOut.get(file));
    for (const message of turns) this.messages.push(message);
  }

  /** The whole history; `rest` are the messages after these turns. */
  renderWith(rest: readonly ModelMessage[], leftOut: LeftOut): Omit<RenderedHistory, 'pieces'> {
    const chain = this.chain?.copy();
    const { instructions, json } = this.render(rest, this.nextCalls(), this.lastPlace, leftOut, chain);
    return { instructions, items: [...this.items, Buffer.from(json)], prefixDigest: chain?.digest };
  }

  /** The items that what comes behind these turns becomes. */
  itemsOf(rest: readonly ModelMessage[], leftOut: LeftOut): JsonObject[] {
    return this.renderItems(rest, this.nextCalls(), this.lastPlace, leftOut, this.chain?.copy()).items;
  }

  private get lastPlace(): Place {
    return { isFirst: this.length === 0, isLast: true };
  }

  private nextCalls(): OpenCalls {
    return new OpenCalls(new CallIds(this.ids));
  }

  private render(
    messages: readonly ModelMessage[],
    calls: OpenCalls,
    place: Place,
    leftOut: LeftOut,
    chain: PrefixChain | undefined,
  ): { instructions: string | undefined; json: string } {
    const { instructions, items } = this.renderItems(messages, calls, place, leftOut, chain);
    return { instructions, json: JSON.stringify(items).slice(1, -1) };
  }

  private renderItems(
    messages: readonly ModelMessage[],
    calls: OpenCalls,
    place: Place,
    leftOut: LeftOut,
    chain: PrefixChain | undefined,
  ): { instructions: string | undefined; items: JsonObject[] } {
    const start = { calls, instructions: this.instructions };
    const transcript = toTranscript(messages, this.format.api, start, leftOut);
    return {
      instructions: transcript.instructions,
      items: this.format.renderItems(transcript.messages, place, chain),
    };
  }
}
