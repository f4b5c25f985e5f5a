/** How many characters of a mark are looked for. A number of 30 bits has room for them. */
const SLICE = 5;
const BITS = 6;
const MASK = 2 ** (SLICE * BITS) - 1;

/** Letters and digits as numbers above 0; anything else as 0. */
const numbers = new Uint8Array(128);
const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
for (const [index, code] of Buffer.from(LETTERS_AND_DIGITS).entries()) numbers[code] = index + 1;

/** Finds which of many secrets a text holds, in one pass over the text however many there are. */
export class SecretIndex {
  /** By the end of the mark. */
  private readonly marks = new Map<number, Set<string>>();
  /** Those without a mark are under the empty one. */
  private readonly byMark = new Map<string, Set<string>>();
  private readonly byBeginning = new Map<string, Set<string>>();
  /** The length of the longest secret ever added. */
  private longest = 0;

  /** @param shortest how many characters of a secret at the end of a text are enough to know it by */
  constructor(private readonly shortest: number) {}

  add(secret: string): void {
    const mark = markOf(secret);
    addTo(this.byMark, mark, secret);
    if (mark !== '') addTo(this.marks, keyOf(mark), mark);
    addTo(this.byBeginning, this.beginningOf(secret), secret);
    this.longest = Math.max(this.longest, secret.length);
  }

  delete(secret: string): void {
    const mark = markOf(secret);
    deleteFrom(this.byMark, mark, secret);
    if (mark !== '' && !this.byMark.has(mark)) deleteFrom(this.marks, keyOf(mark), mark);
    deleteFrom(this.byBeginning, this.beginningOf(secret), secret);
  }

  /** The secrets that the text may hold, escaped or not: all that it does hold, and hardly any other. */
  heldBy(text: string): string[] {
    return [...this.marksIn(text)].flatMap((mark) => [...(this.byMark.get(mark) ?? [])]);
  }

  private marksIn(text: string): Set<string> {
    const found = new Set(['']);
    let key = 0;
    let run = 0;
    for (let at = 0; at < text.length; at += 1) {
      const number = numbers[text.charCodeAt(at)] ?? 0;
      run = number === 0 ? 0 : run + 1;
      key = ((key << BITS) | number) & MASK;
      if (run < SLICE) continue;
      const marks = this.marks.get(key);
      if (marks === undefined) continue;
      for (const mark of marks) if (text.endsWith(mark, at + 1)) found.add(mark);
    }
    return found;
  }

  /** Where in the text a secret begins that its end cuts off. */
  beginsAtEndOf(text: string): number | undefined {
    for (let at = Math.max(0, text.length - this.longest); at <= text.length - this.shortest; at += 1) {
      const secrets = this.byBeginning.get(this.beginningOf(text, at));
      if (secrets === undefined) continue;
      const end = text.slice(at);
      for (const secret of secrets) if (secret.startsWith(end)) return at;
    }
    return undefined;
  }

  private beginningOf(text: string, at = 0): string {
    return text.slice(at, at + this.shortest);
  }
}

/**
 * The last run of letters and digits that is long enough to tell secrets apart, which no escape changes: a text without
 * it does not hold the secret. JWTs begin alike. Empty without such a run.
 */
function markOf(secret: string): string {
  return secret.match(/[A-Za-z\d]{6,}/g)?.at(-1) ?? '';
}

/** The end of a mark as a number, since marks may begin alike. */
function keyOf(mark: string): number {
  let key = 0;
  for (const letter of mark.slice(-SLICE)) key = (key << BITS) | (numbers[letter.charCodeAt(0)] ?? 0);
  return key;
}

function addTo<Key>(index: Map<Key, Set<string>>, key: Key, secret: string): void {
  const secrets = index.get(key);
  if (secrets === undefined) index.set(key, new Set([secret]));
  else secrets.add(secret);
}

function deleteFrom<Key>(index: Map<Key, Set<string>>, key: Key, secret: string): void {
  const secrets = index.get(key);
  secrets?.delete(secret);
  if (secrets?.size === 0) index.delete(key);
}
