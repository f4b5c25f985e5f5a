import { type FinishReason } from '../../messages/message.interface.js';

const reasons = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
  ['model_context_window_exceeded', 'context-window'],
]);

/** The neutral name of a `stop_reason`. */
export function finishReason(stopReason: string): FinishReason {
  return reasons.get(stopReason) ?? 'other';
}
