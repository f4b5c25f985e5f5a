import { type ModelMessage } from '../messages/message.interface.js';
import { ImmutableMessage } from '../messages/immutable-message.js';
import { type LeftOut, leftOutFiles } from '../models/file-fit.js';
import { type Model } from '../models/model.interface.js';
import { type HistoryFormat, type RenderedHistory } from './history-format.interface.js';
import { replayedFiles } from './replayed-files.js';
import { RenderedPrefix } from './rendered-prefix.js';
import { lastTurnStart } from './turn-start.js';

// By the first message of the history, with which it goes.
const known = new WeakMap<ModelMessage, RenderedPrefix>();

/**
 * Renders a history for a model, with a note instead of each file that the model does not take. If the messages are
 * immutable, the turns before the last two are rendered once and reused, as long as the same files are left out of them:
 * each request renders only the rest.
 * @param base names the system prompt and the tools, where the model binds its reasoning to them and to what was said:
 *   reasoning that was made under something else is left out then
 * @throws ValidationError like `toTranscript`
 */
export function renderHistory(
  history: readonly ModelMessage[],
  format: HistoryFormat,
  model: Model,
  base?: string,
): RenderedHistory {
  const [first] = history;
  // APIs treat the last turns differently: cache marks show the vendors where those before them end.
  const end = first instanceof ImmutableMessage ? lastTurnStart(history, lastTurnStart(history)) : 0;
  const before = first && known.get(first);
  const start = before?.isStartOf(history, end, format, base) === true ? before : new RenderedPrefix(format, base);
  const files = [...start.files, ...replayedFiles(history.slice(start.length), model.vendor)];
  const leftOut = leftOutFiles(files, model);
  const same = start.areWithout(leftOut) ? start : new RenderedPrefix(format, base);
  const turns = settle(same, history, end, leftOut) ?? (end === 0 ? same : new RenderedPrefix(format, base));
  return {
    ...turns.renderWith(history.slice(turns.length), leftOut),
    pieces: () => new RenderedPrefix(format, base).itemsOf(history, leftOut),
  };
}

/** Renders the turns up to `end` and keeps them, reusing those that are rendered already; undefined where they may change. */
function settle(
  turns: RenderedPrefix,
  history: readonly ModelMessage[],
  end: number,
  leftOut: LeftOut,
): RenderedPrefix | undefined {
  const [first] = history;
  if (first === undefined || end === 0) return undefined;
  // Turns that an error has left half-way must not be found.
  known.delete(first);
  const next = history.slice(turns.length, end);
  if (!next.every((message) => message instanceof ImmutableMessage)) return undefined;
  turns.append(next, leftOut);
  if (turns.areAnsweredBy(history.slice(end))) return undefined;
  known.set(first, turns);
  return turns;
}
