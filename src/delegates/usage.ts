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

function count(tokens: unknown): number {
  return isCount(tokens) ? tokens : 0;
}

const mostTokens = 2 ** 31 - 1;

/** Whether a vendor's number can be a count of tokens, which the ledger keeps in 32 bits. */
export function isCount(tokens: unknown): tokens is number {
  return Number.isInteger(tokens) && (tokens as number) >= 0 && (tokens as number) <= mostTokens;
}
