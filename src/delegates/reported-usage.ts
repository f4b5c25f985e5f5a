import { type Usage } from '../messages/message.interface.js';

interface OpenaiCounts {
  input: number;
  cached: number;
  written: number;
  output: number;
  reasoning: number;
}

/** What one of OpenAI's APIs tells of the cost of a request. It tells it once; proxies may do so several times. */
export class OpenaiUsage {
  /** Whether the vendor has reported it. */
  isTold = false;
  private readonly counts: OpenaiCounts = { input: 0, cached: 0, written: 0, output: 0, reasoning: 0 };

  take(told: Readonly<Record<keyof OpenaiCounts, unknown>>): void {
    if (isCount(told.output)) this.isTold = true;
    const { counts } = this;
    for (const name of Object.keys(counts) as (keyof OpenaiCounts)[]) counts[name] = latest(told[name], counts[name]);
  }

  /** OpenAI counts what it read from and wrote to its cache within the input; here the three are disjoint. */
  get total(): Usage {
    const { input, cached, written, output, reasoning } = this.counts;
    return withinOutput({
      inputTokens: Math.max(0, input - cached - written),
      outputTokens: output,
      reasoningTokens: reasoning,
      cacheReadTokens: cached,
      cacheWriteTokens: written,
    });
  }
}

/** A count that a later event may tell again: the last word wins, and no count and a zero are no word. */
export function latest(told: unknown, before: number): number {
  return isCount(told) && told > 0 ? told : before;
}

/** The usage with at most as much reasoning as output, since it is part of that. */
export function withinOutput(usage: Usage): Usage {
  return { ...usage, reasoningTokens: Math.min(usage.reasoningTokens, usage.outputTokens) };
}

const MAX_COUNT = 2 ** 31 - 1;

/** Whether a vendor's number can be a count of tokens, which the ledger keeps in 32 bits. */
export function isCount(tokens: unknown): tokens is number {
  return Number.isInteger(tokens) && (tokens as number) >= 0 && (tokens as number) <= MAX_COUNT;
}
