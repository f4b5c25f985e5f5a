import { Injectable } from '@nestjs/common';
import { type Redact, redact, REDACTED } from '../errors/redact.js';

/** Shorter ones are words that texts hold for other reasons. */
const SHORTEST = 8;
const MOST = 1_000;

/** The credentials that this application holds, so that none of them is ever quoted, whatever its shape. */
@Injectable()
export class KnownSecrets {
  /** The latest last. */
  private readonly secrets = new Map<string, RegExp>();

  /** Remembers a credential; of more than a thousand the oldest is forgotten. */
  keep(secret: string): void {
    if (secret.length < SHORTEST) return;
    this.secrets.delete(secret);
    this.secrets.set(secret, wherever(secret));
    const [oldest] = this.secrets.keys();
    if (this.secrets.size > MOST && oldest !== undefined) this.secrets.delete(oldest);
  }

  /** Replaces the known secrets and what looks like one. */
  readonly redact: Redact = (text) => {
    let clean = text;
    // The longest first: one may be the beginning of another.
    for (const [secret, pattern] of [...this.secrets].sort(([left], [right]) => right.length - left.length))
      clean = withoutCut(clean.replaceAll(pattern, REDACTED), secret);
    return redact(clean);
  };
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
  for (let length = secret.length - 1; length >= SHORTEST; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + REDACTED;
  }
  return text;
}
