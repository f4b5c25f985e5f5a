/** How deep JSON from outside may be nested: what walks through it, in Node as in libraries, calls itself for each level. */
export const MAX_JSON_DEPTH = 1_000;

const MAX_QUOTE = 40;

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Array.from('"\\[]{}', (sign) =>
  sign.charCodeAt(0),
);

/** What text must hold to have a number that may lose digits: many of them, or an exponent. */
const mayLoseDigits = /\d{16}|\d\.\d+[eE]|\d[eE]\+?\d{3}/;
const numberOrText = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"/g;

/** What keeps a JSON text from being taken as it is, for the model that wrote it; undefined for nothing. */
export function jsonProblem(json: string): string | undefined {
  if (isTooDeep(json)) return 'it is nested deeper than 1,000 levels';
  const [number] = lossyNumbers(json);
  return number === undefined
    ? undefined
    : `its number ${shortened(number.text)} has more digits than a JSON number keeps; give it as a string where that is allowed`;
}

/** Whether a JSON text is nested deeper than `MAX_JSON_DEPTH`. */
export function isTooDeep(json: string): boolean {
  // Each level takes two brackets.
  if (json.length <= 2 * MAX_JSON_DEPTH) return false;
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfText(json, at);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > MAX_JSON_DEPTH) return true;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
    }
  }
  return false;
}

/** The JSON of a part of a JSON text, with its numbers as they are written there. */
export function jsonOfPart(json: string, part: (whole: unknown) => unknown): string {
  let marked = '';
  let end = 0;
  for (const { text, at } of lossyNumbers(json)) {
    marked += `${json.slice(end, at)}"\\u0000${text}"`;
    end = at + text.length;
  }
  const found = JSON.stringify(part(JSON.parse(marked + json.slice(end))));
  return end === 0 ? found : found.replaceAll(/"\\u0000([\d.eE+-]+)"/g, '$1');
}

/** A number in a JSON text, as it is written there. */
interface WrittenNumber {
  text: string;
  at: number;
}

/**
 * The numbers of a JSON text that `JSON.parse` would change: integers beyond 2^53 and the like, which it cuts to about
 * 17 digits, and those beyond all numbers. Shorter fractions keep the precision of numbers.
 */
function* lossyNumbers(json: string): Generator<WrittenNumber> {
  if (!mayLoseDigits.test(json)) return;
  const pattern = new RegExp(numberOrText);
  for (let found = pattern.exec(json); found !== null; found = pattern.exec(json)) {
    const { 0: text, index: at } = found;
    if (text === '"') pattern.lastIndex = endOfText(json, at) + 1;
    else if (!isKept(text)) yield { text, at };
  }
}

function isKept(written: string): boolean {
  const value = Number(written);
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return true;
  return Number.isFinite(value) && digitsOf(written) === digitsOf(String(value));
}

/** The digits of a number without the zeros around them, and the power of ten that they are multiplied by. */
function digitsOf(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().replace('-', '').split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let [start, end] = [0, digits.length];
  while (digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  return `${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}

/** Where the text that begins at `start` ends; the end of all where that is cut. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let before = end - 1;
    while (json.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return json.length;
}

function shortened(number: string): string {
  return number.length > MAX_QUOTE ? `${number.slice(0, MAX_QUOTE)}…` : number;
}
