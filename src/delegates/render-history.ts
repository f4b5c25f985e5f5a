import { type ModelMessage } from '../messages/message.interface.js';
import { SettledMessage } from '../messages/settled-message.js';
import { type HistoryFormat, type RenderedHistory } from './history-format.interface.js';
import { SettledTurns } from './settled-turns.js';
import { lastTurnStart } from './turn-start.js';

// By the first message of the history, with which it goes.
const known = new WeakMap<ModelMessage, SettledTurns>();

/**
 * Renders a history. Of one whose messages are settled, the turns before the last two are rendered once, and only what
 * comes behind them is rendered for each request.
 * @throws ValidationError like `toTranscript`
 */
export function renderHistory(history: readonly ModelMessage[], format: HistoryFormat): RenderedHistory {
  const turns = settledTurns(history, format) ?? new SettledTurns(format);
  return turns.renderWith(history.slice(turns.length));
}

/** The turns that later messages leave as they are, rendered; undefined where there are none. */
function settledTurns(history: readonly ModelMessage[], format: HistoryFormat): SettledTurns | undefined {
  const [first] = history;
  // APIs treat the last turns in their own way: the vendors' caches are told where these end.
  const end = lastTurnStart(history, lastTurnStart(history));
  if (!(first instanceof SettledMessage) || end === 0) return undefined;
  const before = known.get(first);
  const turns = before?.isStartOf(history, end, format) === true ? before : new SettledTurns(format);
  // Nobody shall find turns that an error has left half-way.
  known.delete(first);
  const next = history.slice(turns.length, end);
  if (!next.every((message) => message instanceof SettledMessage)) return undefined;
  turns.append(next);
  if (turns.areAnsweredBy(history, end)) return undefined;
  known.set(first, turns);
  return turns;
}
