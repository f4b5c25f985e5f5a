import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { UpstreamError } from '../errors/upstream.errors.js';

const MEGABYTE = 1024 * 1024;

/**
 * Turns the bytes of an event stream into the `data` of its events, wherever the bytes were cut. Comments and the other
 * fields are ignored, as the vendors repeat the event's name in its data.
 */
export class SseReader {
  private readonly parser: EventSourceParser;
  private events: string[] = [];
  private isFirst = true;
  /** The last text ended with a CR: a LF that follows belongs to the same line end. */
  private hasCr = false;
  /** Only while a character is cut. */
  private decoder: StringDecoder | undefined;

  /** @param maxEvent the bound of one event, in characters */
  constructor(maxEvent = 16 * MEGABYTE) {
    this.parser = createParser({
      maxBufferSize: maxEvent,
      onEvent: ({ data }) => {
        this.events.push(data);
      },
      onError: ({ type }) => {
        if (type !== 'max-buffer-size-exceeded') return;
        const size = Math.floor(maxEvent / MEGABYTE);
        throw new UpstreamError(`GitLab sent an event of more than ${size} MB. Ask for a shorter answer.`);
      },
    });
  }

  /**
   * Takes the bytes of one read.
   * @returns the events that they complete
   * @throws UpstreamError when an event exceeds the bound
   */
  read(bytes: Buffer): string[] {
    this.events = [];
    const text = this.wholeLineEnds(this.decode(bytes));
    if (text !== '') this.parser.feed(text);
    return this.events;
  }

  /** Bytes that end with ASCII leave no character open: they are decoded without any state, which is cheaper. */
  private decode(bytes: Buffer): string {
    const mayBeCut = (bytes.at(-1) ?? 0) > 0x7f;
    if (this.decoder === undefined && !mayBeCut) return bytes.toString();
    this.decoder ??= new StringDecoder('utf8');
    const text = this.decoder.write(bytes);
    if (!mayBeCut && bytes.length > 0) this.decoder = undefined;
    return text;
  }

  /** The text without a byte order mark. The parser would wait for what follows a CR at its end, so a LF completes it. */
  private wholeLineEnds(text: string): string {
    if (text === '') return text;
    const isMarked = this.isFirst && text.startsWith('\uFEFF');
    const isHalf = this.hasCr && text.startsWith('\n');
    this.isFirst = false;
    this.hasCr = text.endsWith('\r');
    const rest = isMarked || isHalf ? text.slice(1) : text;
    return this.hasCr ? `${rest}\n` : rest;
  }
}
