import { sanitizeName } from './sanitize-name.js';
import { uniqueId } from '../messages/unique-id.js';

// OpenAI's Chat Completions takes the shortest ids of the three.
const MAX_ID_LENGTH = 40;

/**
 * Gives the tool calls of one request ids that every vendor accepts and that occur once. The first call keeps an id that
 * is fine, so that a history renders the same while it grows.
 */
export class CallIds {
  private readonly taken = new Set<string>();

  /** @param before the ids of the calls that come before these; they stay as they are */
  constructor(private readonly before?: CallIds) {}

  next(id: string): string {
    const safe = sanitizeName(id, MAX_ID_LENGTH, 'call');
    const unique = uniqueId(safe, (taken) => this.isTaken(taken), MAX_ID_LENGTH);
    this.taken.add(unique);
    return unique;
  }

  private isTaken(id: string): boolean {
    return this.taken.has(id) || this.before?.isTaken(id) === true;
  }
}
