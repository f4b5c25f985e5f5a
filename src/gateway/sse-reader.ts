import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { UpstreamError } from '../errors/upstream.errors.js';

/** The bound of one event, in characters. */
const MAX_EVENT = 16 * 1024 * 1024;

/** Turns the bytes of an event stream into the `data` of its events, wherever the bytes were cut. */
export class SseReader {
  private events: string[] = [];
  private text = '';
  private isFirst = true;
  private readonly decoder = new StringDecoder('utf8');
  private readonly parser: EventSourceParser = createParser({
    maxBufferSize: MAX_EVENT,
    onEvent: ({ data }) => {
      this.events.push(data);
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') {
        throw new UpstreamError('GitLab sent an event of more than 16 MB. Ask for a shorter answer.');
      }
    },
  });

  /**
   * Takes what one read brought.
   * @throws UpstreamError when an event exceeds 16 MB
   */
  feed(bytes: Buffer): void {
    const text = this.decoder.write(bytes);
    if (text === '') return;
    this.text = text;
    if (this.isFirst) {
      this.isFirst = false;
      if (this.text.startsWith('\uFEFF')) this.text = this.text.slice(1);
    }
    this.parser.feed(this.text);
  }

  /** The stream is over: a CR at its end, held back as half of a CRLF, was a whole line end. */
  end(): void {
    if (this.text.endsWith('\r')) this.parser.feed('\n');
  }

  /** The events that are whole since the last call. */
  take(): string[] {
    const events = this.events;
    this.events = [];
    return events;
  }
}
