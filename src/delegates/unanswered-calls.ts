import { type ToolCallPart } from '../messages/part.interface.js';
import { CallIds } from './call-ids.js';
import { type ReplayedResult } from './replayed-result.interface.js';
import { madeOf } from './source.js';
import { sanitizeName } from './sanitize-name.js';

interface UnansweredCall {
  /** The id that this request uses. */
  id: string;
  name: string;
  /** The results of all calls of its message; `place` is the index of its own. */
  results: ReplayedResult[];
  place: number;
}

// OpenAI takes the shorter names. A model may have called a tool that there is not, by a name that no tool can have.
const MAX_NAME_LENGTH = 64;

const NO_RESULT = 'There is no result: the call was not run to its end, or its result was lost.';

/**
 * Pairs tool calls with their results while a history is read once. Each call opens a place for its result, filled with
 * an error until the result comes, however many messages later. A result whose call is not open is dropped.
 */
export class OpenCalls {
  private readonly open = new Map<string, UnansweredCall[]>();

  constructor(private readonly ids = new CallIds()) {}

  /** The vendors' ids of the calls that still wait for a result. */
  get unanswered(): string[] {
    return [...this.open].filter(([, calls]) => calls.length > 0).map(([id]) => id);
  }

  /** The call with a safe name, and an id of its own in this request; the place for its result is appended to `results`. */
  add(call: ToolCallPart, results: ReplayedResult[]): ToolCallPart {
    const id = this.ids.next(call.id);
    const place = results.push({ type: 'tool-result', id, name: call.name, content: NO_RESULT, isError: true }) - 1;
    const sameId = this.open.get(call.id);
    const opened = { id, name: call.name, results, place };
    if (sameId) sameId.push(opened);
    else this.open.set(call.id, [opened]);
    return madeOf(call, { ...call, id, name: sanitizeName(call.name, MAX_NAME_LENGTH, 'unnamed') });
  }

  /** Puts a result into its call's place. */
  answer(result: ReplayedResult): void {
    const call = this.take(result);
    if (call) call.results[call.place] = madeOf(result, { ...result, id: call.id });
  }

  // Vendors repeat ids: the latest message that waits for this id is meant, and in it the call of this name, or the first.
  private take(result: ReplayedResult): UnansweredCall | undefined {
    const sameId = this.open.get(result.id) ?? [];
    const latest = sameId.at(-1)?.results;
    const named = sameId.findIndex((call) => call.results === latest && call.name === result.name);
    const index = named === -1 ? sameId.findIndex((call) => call.results === latest) : named;
    return index === -1 ? undefined : sameId.splice(index, 1)[0];
  }
}
