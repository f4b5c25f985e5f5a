import { createHash } from 'node:crypto';

/** A piece of a prompt, in the order in which a model reads them. */
export interface PromptPiece {
  /** What must be identical for a cache hit. */
  content: unknown;
  /** In characters. */
  length: number;
  /** Whether the vendor shall cache the prompt up to the end of this piece. */
  isMarked: boolean;
}

/** The end of a piece: the prompt up to here. */
export interface CachePoint {
  /** A hash of the model and of everything up to here. */
  key: string;
  tokens: number;
  isMarked: boolean;
}

/** The points of a prompt; `tokensOf` converts a number of characters to tokens. */
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
