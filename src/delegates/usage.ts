import { type Usage } from '../messages/message.interface.js';

/** OpenAI counts what it read from and wrote to its cache within the input; here the three are disjoint. */
export function openaiUsage(
  input: { total: unknown; cached: unknown; written: unknown },
  output: { total: unknown; reasoning: unknown },
): Usage {
  const cacheReadTokens = count(input.cached);
  const cacheWriteTokens = count(input.written);
  return {
    inputTokens: Math.max(0, count(input.total) - cacheReadTokens - cacheWriteTokens),
    outputTokens: count(output.total),
    reasoningTokens: count(output.reasoning),
    cacheReadTokens,
    cacheWriteTokens,
  };
}

export function noUsage(): Usage {
  return { inputTokens: 0, outputTokens: 0, reasoningTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
}

function count(tokens: unknown): number {
  return typeof tokens === 'number' ? tokens : 0;
}
