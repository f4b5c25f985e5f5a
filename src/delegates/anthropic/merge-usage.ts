import { type Usage } from '../../messages/message.interface.js';
import { latest } from '../reported-usage.js';
import { type WireUsage } from './wire.interface.js';

/** Takes over the counts that an event tells. They are cumulative, and an event may leave some out, or have them as 0. */
export function mergeUsage(usage: Usage, wire: WireUsage | null | undefined): void {
  if (!wire) return;
  usage.inputTokens = latest(wire.input_tokens, usage.inputTokens);
  usage.outputTokens = latest(wire.output_tokens, usage.outputTokens);
  usage.reasoningTokens = latest(wire.output_tokens_details?.thinking_tokens, usage.reasoningTokens);
  usage.cacheReadTokens = latest(wire.cache_read_input_tokens, usage.cacheReadTokens);
  usage.cacheWriteTokens = latest(wire.cache_creation_input_tokens, usage.cacheWriteTokens);
}
