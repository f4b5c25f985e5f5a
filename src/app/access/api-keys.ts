import { createHash, timingSafeEqual } from 'node:crypto';
import { ConfigurationError } from '../../errors/request.errors.js';

/** A key that opens the chats of one owner. */
export interface ApiKey {
  owner: string;
  key: string;
}

/**
 * Reads `owner:key` pairs, separated by commas; an owner may have several keys.
 * @throws ConfigurationError which names the wrong pairs by their places, and never what stands in them
 */
export function parseApiKeys(text: string | undefined): ApiKey[] {
  if (text === undefined) return [];
  const places = new Map<string, number>();
  const faults: string[] = [];
  const keys = text.split(',').map((pair, index) => {
    const place = index + 1;
    const colon = pair.indexOf(':');
    const owner = pair.slice(0, Math.max(colon, 0)).trim();
    const key = pair.slice(colon + 1).trim();
    const fault = faultOf(owner, key, places.get(key));
    if (fault !== undefined)
      faults.push(`${faults.length === 0 ? `Pair ${place} of API_KEYS` : `pair ${place}`} ${fault}`);
    places.set(key, place);
    return { owner, key };
  });
  if (faults.length === 0) return keys;
  throw new ConfigurationError(
    `${faults.join('; ')}. Write owner:key pairs, separated by commas, such as API_KEYS="anna:$(openssl rand -hex 24)".`,
  );
}

function faultOf(owner: string, key: string, samePlace: number | undefined): string | undefined {
  if (owner === '') return 'names no owner before a colon';
  if (key === '') return 'has no key after its colon';
  if (!/^[\x21-\x7e]+$/.test(key)) return 'has a key that no header can carry: use letters, digits and signs of ASCII';
  if (samePlace !== undefined) return `has the same key as pair ${samePlace}`;
  return undefined;
}

/** A key that is shorter can be guessed. */
export const MIN_SAFE_KEY_LENGTH = 16;

/** The server's keys: it keeps only their hashes. */
export class ApiKeys {
  private readonly entries: readonly { owner: string; hash: Buffer }[];

  constructor(keys: readonly ApiKey[]) {
    this.entries = keys.map(({ owner, key }) => ({ owner, hash: sha256(key) }));
  }

  /** Looks at every key whichever matches, so that the time it takes tells nothing. */
  ownerOf(key: string): string | undefined {
    const hash = sha256(key);
    let found: string | undefined;
    for (const entry of this.entries) found = timingSafeEqual(entry.hash, hash) ? entry.owner : found;
    return found;
  }
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
