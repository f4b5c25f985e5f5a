import { DEFAULT_MAX_ANSWER_BYTES } from '../config/resolve-options.js';
import { AnswerTooLargeError } from '../errors/upstream.errors.js';

/** What an answer is made of; each kind is bounded by itself, over all parts of the message. */
export type AnswerKind = 'text' | 'reasoning' | 'arguments';

/** Parts that say nothing take memory, too. */
const MAX_PARTS = 100_000;

/** Longer texts are measured faster by the engine than by a loop. */
const MAX_LOOP = 64;

const names: Record<AnswerKind, string> = { text: 'text', reasoning: 'reasoning', arguments: 'arguments of tools' };

/** Counts what an answer is made of while it grows, so that none grows without end. */
export class AnswerBounds {
  private readonly sizes: Record<AnswerKind, number> = { text: 0, reasoning: 0, arguments: 0 };
  private parts = 0;

  /** @param maxBytes the bound of each kind, in bytes of UTF-8 */
  constructor(private readonly maxBytes = DEFAULT_MAX_ANSWER_BYTES) {}

  /** Counts a piece, and returns it or, where it goes beyond the bound, as much of it as is within. */
  within(kind: AnswerKind, piece: string): string {
    const size = (this.sizes[kind] += bytesOf(piece));
    return size <= this.maxBytes ? piece : firstBytes(piece, bytesOf(piece) - (size - this.maxBytes));
  }

  /**
   * Counts a piece that is of no use in part.
   * @throws AnswerTooLargeError beyond the bound
   */
  add(kind: AnswerKind, piece: string): void {
    this.sizes[kind] += bytesOf(piece);
    if (this.sizes[kind] > this.maxBytes) throw this.exceeded(kind);
  }

  /**
   * Counts a part that begins.
   * @throws AnswerTooLargeError when there are too many
   */
  addPart(): void {
    this.parts += 1;
    if (this.parts > MAX_PARTS) throw tooLarge(`more than ${MAX_PARTS.toLocaleString('en')} parts`, '');
  }

  /** The error that ends an answer which goes beyond the bound. It is the answer itself, so that a retry would not help. */
  exceeded(kind: AnswerKind): AnswerTooLargeError {
    return tooLarge(
      `more than ${this.maxBytes.toLocaleString('en')} bytes of ${names[kind]}`,
      ', or raise maxAnswerBytes',
    );
  }
}

function tooLarge(what: string, advice: string): AnswerTooLargeError {
  return new AnswerTooLargeError(
    `The answer has ${what}, so its request was closed, and what had come is kept. Ask for less at once${advice}.`,
  );
}

/** The length of a text in UTF-8; the halves of a pair that was cut between two pieces add up to it. */
function bytesOf(text: string): number {
  const { length } = text;
  if (length > MAX_LOOP) return Buffer.byteLength(text);
  let bytes = length;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) bytes += code < 0x800 || (code & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}

/** The beginning of a text that takes at most so many bytes of UTF-8, with no half character at its end. */
function firstBytes(text: string, size: number): string {
  const bytes = Buffer.from(text.slice(0, Math.max(0, size)));
  let end = Math.min(size, bytes.length);
  while (isWithinCharacter(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}
