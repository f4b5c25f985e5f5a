import { type Usage } from '../../messages/message.interface.js';
import { isCount } from '../usage.js';
import { type WireUsage } from './wire.interface.js';

/** Takes over the counts that an event tells; they are cumulative, so the last word wins. */
export function mergeUsage(usage: Usage, wire: WireUsage | null | undefined): void {
  if (!wire) return;
  usage.inputTokens = told(wire.input_tokens, usage.inputTokens);
  usage.outputTokens = told(wire.output_tokens, usage.outputTokens);
  usage.reasoningTokens = told(wire.output_tokens_details?.thinking_tokens, usage.reasoningTokens);
  usage.cacheReadTokens = told(wire.cache_read_input_tokens, usage.cacheReadTokens);
  usage.cacheWriteTokens = told(wire.cache_creation_input_tokens, usage.cacheWriteTokens);
}

function told(tokens: unknown, before: number): number {
  return isCount(tokens) ? tokens : before;
}
