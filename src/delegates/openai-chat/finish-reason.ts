import { type FinishReason } from '../../messages/message.interface.js';

const reasons = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['content_filter', 'content-filter'],
]);

/** The neutral name of a `finish_reason`. */
export function finishReason(reason: string): FinishReason {
  return reasons.get(reason) ?? 'other';
}
