import { type CachePoint, cachePoints, type PromptPiece } from '../conversation/cache-points.js';
import { charactersToTokens } from '../conversation/token-count.js';
import { isJsonObject, type JsonObject, listOf } from '../json.js';
import { neutralBlock } from './neutral-block.js';
import { type Turn } from './turns.js';

/** How many blocks before a mark the vendor checks for a cached prefix. */
const LOOK_BACK = 20;

/** The points up to which the cache may hold this prompt: near the blocks marked by `cache_control`. */
export function anthropicCachePoints(body: JsonObject, turns: readonly Turn[], model: string): CachePoint[] {
  const pieces = [
    ...listOf(body.tools).map((tool) => piece(tool, JSON.stringify(tool).length)),
    ...systemBlocks(body.system).map((block) => piece(block, lengthOf('user', block))),
    ...turns.flatMap(({ role, blocks }) => blocks.map((block) => piece(block, lengthOf(role, block), role))),
  ];
  const marks = pieces.flatMap(({ isMarked }, index) => (isMarked ? [index] : []));
  if (marks.length === 0) return [];
  return cachePoints(model, pieces, charactersToTokens).filter((_, index) =>
    marks.some((mark) => index <= mark && index > mark - LOOK_BACK),
  );
}

function systemBlocks(system: unknown): unknown[] {
  return typeof system === 'string' ? [{ type: 'text', text: system }] : listOf(system);
}

function piece(block: unknown, length: number, role = ''): PromptPiece {
  const { cache_control: mark, ...content } = isJsonObject(block) ? block : {};
  return { content: [role, content], length, isMarked: mark != null };
}

function lengthOf(role: Turn['role'], block: unknown): number {
  return isJsonObject(block) ? neutralBlock(role, block).text.length : 0;
}
