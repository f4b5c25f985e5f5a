/** Beside the pieces themselves: some of them are the vendor's own blocks, which go out unmodified. */
const sources = new WeakMap<object, object>();

/** Notes which part of the history a piece of a request is made of. */
export function madeOf<Piece extends object>(part: object, piece: Piece): Piece {
  sources.set(piece, part);
  return piece;
}

/** The part of the history that a piece of a request is made of, over all that it was on the way. */
export function sourceOf(piece: object): object | undefined {
  let source = sources.get(piece);
  for (let next = source; next !== undefined; next = sources.get(next)) source = next;
  return source;
}
