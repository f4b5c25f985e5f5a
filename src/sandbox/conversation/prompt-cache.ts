import { type CachePoint } from './cache-points.js';

/** Tokens read from the cache and written to it. */
export interface CacheUsage {
  cacheRead: number;
  cacheWrite: number;
}

const MAX_KEYS = 100_000;

/** The vendors' prompt cache: it keeps every marked prompt for good. */
export class PromptCache {
  private readonly keys = new Set<string>();

  /** Looks a prompt up by its points, then stores the marked ones. */
  take(points: readonly CachePoint[]): CacheUsage {
    const known = points.filter(({ key }) => this.keys.has(key));
    const marked = points.filter(({ isMarked }) => isMarked);
    for (const { key } of marked) this.keys.add(key);
    this.dropOldest();
    const cacheRead = longest(known);
    return { cacheRead, cacheWrite: Math.max(0, longest(marked) - cacheRead) };
  }

  private dropOldest(): void {
    for (const key of this.keys) {
      if (this.keys.size <= MAX_KEYS) return;
      this.keys.delete(key);
    }
  }
}

function longest(points: readonly CachePoint[]): number {
  return points.at(-1)?.tokens ?? 0;
}
