import { Injectable } from '@nestjs/common';
import { type Redact, redact, REDACTED } from '../errors/redact.js';
import { SecretIndex } from './secret-matcher.js';

/** Shorter ones are words that texts hold for other reasons. */
const MIN_LENGTH = 8;
/** Two of each of the 1,000 credentials whose gateway tokens are kept, and as many again that were just replaced. */
const MAX_SECRETS = 4_000;

/** The credentials that this application holds, so that none of them is ever quoted, whatever its shape. */
@Injectable()
export class KnownSecrets {
  private readonly lasting = new Set<string>();
  /** The latest last. */
  private readonly passing = new Set<string>();
  private readonly index = new SecretIndex(MIN_LENGTH);
  /** By the secret; made when they are first needed. */
  private readonly patterns = new Map<string, RegExp>();

  /** Remembers a credential; of too many the oldest is forgotten. */
  keep(text: string): void {
    if (text.length < MIN_LENGTH) return;
    this.index.add(text);
    this.passing.delete(text);
    this.passing.add(text);
    const [oldest] = this.passing;
    if (this.passing.size > MAX_SECRETS && oldest !== undefined) this.forget(oldest);
  }

  /** Remembers one of the few credentials that never change. */
  keepAlways(text: string): void {
    if (text.length < MIN_LENGTH) return;
    this.index.add(text);
    this.lasting.add(text);
  }

  /** Replaces the known secrets and what looks like one. */
  readonly redact: Redact = (text) => {
    const held = this.index.heldBy(text);
    // The longest first: one may be the beginning of another.
    held.sort((left, right) => right.length - left.length);
    let clean = text;
    for (const secret of held) clean = clean.replaceAll(this.patternOf(secret), REDACTED);
    return redact(this.withoutCut(clean));
  };

  private forget(oldest: string): void {
    this.passing.delete(oldest);
    if (this.lasting.has(oldest)) return;
    this.index.delete(oldest);
    this.patterns.delete(oldest);
  }

  private patternOf(secret: string): RegExp {
    const pattern = this.patterns.get(secret) ?? wherever(secret);
    this.patterns.set(secret, pattern);
    return pattern;
  }

  /** A body that was read to its bound only may end in the middle of a secret. */
  private withoutCut(text: string): string {
    const at = this.index.beginsAtEndOf(text);
    return at === undefined ? text : text.slice(0, at) + REDACTED;
  }
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
