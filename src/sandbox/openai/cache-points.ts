import { type CachePoint, cachePoints } from '../conversation/cache-points.js';
import { type NeutralMessage } from '../conversation/prompt.js';
import { charactersToTokens } from '../conversation/token-count.js';

const MIN_PREFIX = 1024;
const STEP = 128;

/** OpenAI caches every prompt of 1,024 tokens or more automatically, in steps of 128 tokens. */
export function openaiCachePoints(model: string, tools: unknown, messages: readonly NeutralMessage[]): CachePoint[] {
  const offered = tools === undefined ? '' : JSON.stringify(tools);
  const pieces = [
    { content: offered, length: offered.length, isMarked: false },
    ...messages.map(({ role, text }) => ({ content: [role, text], length: text.length, isMarked: true })),
  ];
  return cachePoints(model, pieces, cachedTokens).filter(({ tokens }) => tokens > 0);
}

function cachedTokens(characters: number): number {
  const tokens = charactersToTokens(characters);
  return tokens < MIN_PREFIX ? 0 : tokens - (tokens % STEP);
}
