import { withdrawsCalls } from '../delegates/tool-arguments.js';
import { type FinishReason, type Usage } from '../messages/message.interface.js';
import { type ModelEvent } from '../messages/model-request.interface.js';
import { noUsage } from '../messages/usage.js';
import { type ScriptedAnswer, type ScriptedOutcome } from './scripted-reply.interface.js';

/** What the scripted model's wire carries. */
export type ScriptEvent =
  | { type: 'usage'; usage: Usage }
  | Exclude<ModelEvent, { type: 'reset' | 'part-rejected' }>
  | { type: 'end'; finishReason: FinishReason };

/**
 * The events of the reply to the request with this number.
 * @throws the error that the reply is, or breaks off with
 */
export function* scriptEvents(number: number, outcome: ScriptedOutcome): Generator<ScriptEvent> {
  const { reasoning = '', text = '', toolCalls = [], usage, error, ...end } = answerOf(outcome);
  if (usage) yield { type: 'usage', usage: { ...noUsage, ...usage } };
  for (const word of words(reasoning)) yield { type: 'reasoning-delta', text: word };
  for (const word of words(text)) yield { type: 'text-delta', text: word };
  if (error) throw error;
  const { finishReason = toolCalls.length > 0 ? 'tool-calls' : 'stop' } = end;
  for (const [index, { id = `call_${number}_${index + 1}`, name, arguments: given = {} }] of toolCalls.entries())
    if (!withdrawsCalls(finishReason)) yield { type: 'tool-call', id, name, arguments: given };
  yield { type: 'end', finishReason };
}

function answerOf(outcome: ScriptedOutcome): ScriptedAnswer {
  if (typeof outcome === 'string') return { text: outcome };
  return outcome instanceof Error ? { error: outcome } : outcome;
}

/** Each with the white space behind it. */
function words(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\s)(?=\S)/);
}
