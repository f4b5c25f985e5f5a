import { StringDecoder } from 'node:string_decoder';
import { UpstreamError } from '../errors/upstream.errors.js';

const MEGABYTE = 1024 * 1024;

/**
 * Turns the bytes of an event stream into the `data` of its events, wherever the bytes were cut. Comments and the other
 * fields are passed over, as the vendors repeat the event's name in its data.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseReader {
  private isFirst = true;
  /** A CR has ended the last line: should a LF follow, it is the second half of that end. */
  private hasCr = false;
  /** What came of a line that has not ended. */
  private line = '';
  /** What came of an event that has not ended. */
  private data: string | undefined;
  /** Only while a character is cut. */
  private decoder: StringDecoder | undefined;

  /** @param maxEvent the bound of one event, in characters */
  constructor(private readonly maxEvent = 16 * MEGABYTE) {}

  /**
   * Takes what one read brought.
   * @returns the events that it has completed
   * @throws UpstreamError when an event exceeds the bound
   */
  read(bytes: Buffer): string[] {
    const text = this.lines(this.decode(bytes));
    const events = text.includes('\n') ? this.events(this.line + text) : this.keep(this.line + text);
    if (this.line.length + (this.data?.length ?? 0) > this.maxEvent) {
      const size = Math.floor(this.maxEvent / MEGABYTE);
      throw new UpstreamError(`GitLab sent an event of more than ${size} MB. Ask for a shorter answer.`);
    }
    return events;
  }

  /** Bytes that end with ASCII leave no character open, and are then decoded without keeping any state. */
  private decode(bytes: Buffer): string {
    const mayBeCut = (bytes.at(-1) ?? 0) > 0x7f;
    if (this.decoder === undefined && !mayBeCut) return bytes.toString();
    this.decoder ??= new StringDecoder('utf8');
    const text = this.decoder.write(bytes);
    if (!mayBeCut && bytes.length > 0) this.decoder = undefined;
    return text;
  }

  /** The text without a byte order mark, and with each of its lines ended by a LF alone. */
  private lines(text: string): string {
    if (text === '') return text;
    const isMarked = this.isFirst && text.startsWith('\uFEFF');
    const isHalf = this.hasCr && text.startsWith('\n');
    this.isFirst = false;
    this.hasCr = text.endsWith('\r');
    const rest = isMarked || isHalf ? text.slice(1) : text;
    return rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest;
  }

  private keep(line: string): string[] {
    this.line = line;
    return [];
  }

  private events(text: string): string[] {
    const events: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (end > start) this.field(text, start, end);
      else if (this.data !== undefined) {
        events.push(this.data);
        this.data = undefined;
      }
      start = end + 1;
    }
    this.line = text.slice(start);
    return events;
  }

  private field(text: string, start: number, end: number): void {
    if (!text.startsWith('data', start)) return;
    const colon = start + 4;
    if (colon < end && text[colon] !== ':') return;
    const value = text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, end);
    this.data = this.data === undefined ? value : `${this.data}\n${value}`;
  }
}
