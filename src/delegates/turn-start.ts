import { type ModelMessage } from '../messages/message.interface.js';
import { type Part } from '../messages/part.interface.js';
import { isSpoken } from './transcript.js';

/** Where the last turn before `end` begins; 0 where no turn does. */
export function lastTurnStart(history: readonly ModelMessage[], end = history.length): number {
  for (let index = end - 1; index > 0; index -= 1) if (isTurnStart(history, index)) return index;
  return 0;
}

/**
 * Whether a turn begins at `index`: with a user message right after the assistant's answer. No API merges what follows
 * into an earlier message, except late results of tools.
 */
export function isTurnStart(history: readonly ModelMessage[], index: number): boolean {
  const [before, message] = [history[index - 1], history[index]];
  return before?.role === 'assistant' && message?.role === 'user' && isLastWord(before.parts) && isSaid(message.parts);
}

/** Results would follow its calls, and a prompt is said in the name of the user. */
function isLastWord(parts: readonly Part[]): boolean {
  return (
    parts.some((part) => part.type === 'text' && isSpoken(part)) &&
    parts.every(({ type }) => type !== 'tool-call' && type !== 'prompt')
  );
}

function isSaid(parts: readonly Part[]): boolean {
  return parts.some((part) => part.type === 'file' || (part.type === 'text' && isSpoken(part)));
}
