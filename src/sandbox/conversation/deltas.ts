const WORDS = /\s*\S{1,32}|\s+$/gu;

/** Length of the arguments of a huge tool call, in characters; they come in {@link MAX_PIECES} deltas. */
export const HUGE_JSON_LENGTH = 1_000_000;
const MAX_PIECES = 20_000;
const PIECE_LENGTH = 8;

/** Cuts a text into deltas of so many words, each with the white space before it; joined, they give the text. */
export function* wordDeltas(text: string, wordsPerDelta: number): Generator<string> {
  let delta = '';
  let words = 0;
  for (const [word] of text.matchAll(WORDS)) {
    delta += word;
    words += 1;
    if (words % wordsPerDelta !== 0) continue;
    yield delta;
    delta = '';
  }
  if (delta !== '') yield delta;
}

/** Cuts the JSON of a tool call's arguments into small pieces, at most {@link MAX_PIECES}. */
export function* jsonDeltas(json: string): Generator<string> {
  const length = Math.max(PIECE_LENGTH, Math.ceil(json.length / MAX_PIECES));
  for (const [piece] of json.matchAll(new RegExp(`[^]{1,${length}}`, 'gu'))) yield piece;
}
