import { createHash } from 'node:crypto';

/** A piece of a prompt, in the order in which a model reads them. */
export interface PromptPiece {
  /** What has to be the same for the cache to hold. */
  content: unknown;
  /** In characters. */
  length: number;
  /** Whether the prompt up to its end is to be kept. */
  isMarked: boolean;
}

/** The end of a piece: the prompt up to here. */
export interface CachePoint {
  /** Names all that comes before, and the model. */
  key: string;
  tokens: number;
  isMarked: boolean;
}

/** The points of a prompt; `tokensOf` counts those of so many characters. */
export function cachePoints(
  model: string,
  pieces: readonly PromptPiece[],
  tokensOf: (characters: number) => number,
): CachePoint[] {
  const hash = createHash('sha256').update(model);
  let length = 0;
  return pieces.map((piece) => {
    hash.update(`\0${JSON.stringify(piece.content)}`);
    length += piece.length;
    return { key: hash.copy().digest('base64url'), tokens: tokensOf(length), isMarked: piece.isMarked };
  });
}
