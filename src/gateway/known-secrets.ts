import { Injectable } from '@nestjs/common';
import { type Redact, redact, REDACTED } from '../errors/redact.js';

/** Shorter ones are words that texts hold for other reasons. */
const SHORTEST = 8;
/** Two of each of the 1,000 credentials whose gateway tokens are kept, and as many again that were just replaced. */
const MOST = 4_000;

interface Secret {
  text: string;
  /** Letters and digits that no escape changes: a text without them does not hold the secret. */
  mark: string;
  /** Made when it is first needed. */
  pattern: RegExp | undefined;
}

/** The credentials that this application holds, so that none of them is ever quoted, whatever its shape. */
@Injectable()
export class KnownSecrets {
  private readonly lasting = new Map<string, Secret>();
  /** The latest last. */
  private readonly passing = new Map<string, Secret>();

  /** Remembers a credential; of too many the oldest is forgotten. */
  keep(text: string): void {
    if (text.length < SHORTEST) return;
    const secret = this.passing.get(text) ?? secretOf(text);
    this.passing.delete(text);
    this.passing.set(text, secret);
    const [oldest] = this.passing.keys();
    if (this.passing.size > MOST && oldest !== undefined) this.passing.delete(oldest);
  }

  /** Remembers a credential of which there are few, and which does not change. */
  keepAlways(text: string): void {
    if (text.length >= SHORTEST) this.lasting.set(text, secretOf(text));
  }

  /** Replaces the known secrets and what looks like one. */
  readonly redact: Redact = (text) => {
    const secrets = [...this.lasting.values(), ...this.passing.values()];
    const held = secrets.filter(({ mark }) => text.includes(mark));
    // The longest first: one may be the beginning of another.
    held.sort((left, right) => right.text.length - left.text.length);
    let clean = text;
    for (const secret of held) clean = clean.replaceAll((secret.pattern ??= wherever(secret.text)), REDACTED);
    for (const secret of secrets) clean = withoutCut(clean, secret.text);
    return redact(clean);
  };
}

function secretOf(text: string): Secret {
  return { text, mark: markOf(text), pattern: undefined };
}

/** The last run of letters and digits that is long enough to tell secrets apart; those of JWTs begin alike. */
function markOf(secret: string): string {
  return secret.match(/[A-Za-z\d]{6,}/g)?.at(-1) ?? '';
}

/** Finds the secret as it is, within JSON within JSON however deep, and within a URL. */
function wherever(secret: string): RegExp {
  return new RegExp(Array.from(secret, inAnyEscape).join(''), 'g');
}

function inAnyEscape(character: string): string {
  if (/\w/.test(character)) return character;
  const escaped = character === '\\' ? String.raw`\\+` : String.raw`\\*` + literal(character);
  const percents = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return `(?:${escaped}|${percents}|${percents.toUpperCase()})`;
}

function literal(character: string): string {
  return character.replace(/[$()*+./?[\]^{|}]/, String.raw`\$&`);
}

/** A body that was read to its bound only may end in the middle of the secret. */
function withoutCut(text: string, secret: string): string {
  const at = text.lastIndexOf(secret.slice(0, SHORTEST));
  return at !== -1 && secret.startsWith(text.slice(at)) ? text.slice(0, at) + REDACTED : text;
}
