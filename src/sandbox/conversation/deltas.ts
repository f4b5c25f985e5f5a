const WORDS = /\s*\S{1,32}|\s+$/gu;
const JSON_PIECES = /[^]{1,8}/gu;

/** Cuts a text into deltas of so many words, white space before each; joined they are the text again. */
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

/** Cuts the JSON of a tool call's arguments into pieces that are no JSON themselves. */
export function* jsonDeltas(json: string): Generator<string> {
  for (const [piece] of json.matchAll(JSON_PIECES)) yield piece;
}
