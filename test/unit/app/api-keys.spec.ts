import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ApiKeys, parseApiKeys } from '../../../src/app/access/api-keys.js';
import { ConfigurationError } from '../../../src/errors/request.errors.js';

const key = 'k9:vR2#mQ7+wXz/4Lp';
const another = 'Another-key-of-anna';

function errorOf(text: string): Error {
  try {
    parseApiKeys(text);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${text} was accepted`);
}

describe('API_KEYS', () => {
  it('splits each pair of owner and key at the first colon', () => {
    expect(parseApiKeys(` anna : ${key} ,bert:A-key-of-bert-alone,anna:${another}`)).toEqual([
      { owner: 'anna', key },
      { owner: 'bert', key: 'A-key-of-bert-alone' },
      { owner: 'anna', key: another },
    ]);
  });

  it('is optional', () => {
    expect(parseApiKeys(undefined)).toEqual([]);
  });

  it.each([
    ['names no owner', another],
    ['names no owner', `:${another}`],
    ['names no owner', `anna:${another},`],
    ['names no owner', `anna:${another},,bert:${key}`],
    ['has no key', 'anna:'],
    ['has no key', `bert:${another},anna: `],
    ['has a key that no header can carry', 'anna:sixteen-or more-there'],
    ['has a key that no header can carry', 'anna:sechzehn-zeichen-ü'],
    ['has the same key as pair 1', `anna:${another},bert:${another}`],
    ['has the same key as pair 1', `anna:${another},anna:${another}`],
  ])('rejects a pair that %s, without quoting it', (fault, text) => {
    const error = errorOf(text);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(new RegExp(`^Pair [12] of API_KEYS ${fault}.*Write owner:key pairs`));
    for (const word of text.split(/[:, ]/).filter((word) => word.length > 4)) expect(error.message).not.toContain(word);
  });
});

describe('API_KEYS with several wrong pairs', () => {
  it('reports the fault of each pair at once', () => {
    expect(errorOf(`:${another},bert:${key},anna:`).message).toMatch(
      /^Pair 1 of API_KEYS names no owner before a colon; pair 3 has no key after its colon\. Write owner:key/,
    );
  });
});

describe('Server API keys', () => {
  const keys = new ApiKeys(parseApiKeys(`anna:${key},bert:A-key-of-bert-alone,anna:${another}`));

  it('identify their owner', () => {
    expect([key, another, 'A-key-of-bert-alone'].map((text) => keys.ownerOf(text))).toEqual(['anna', 'anna', 'bert']);
  });

  it.each(['', 'anna', key.slice(1), `${key} `, key.toUpperCase(), `anna:${key}`])('match no owner for %j', (text) => {
    expect(keys.ownerOf(text)).toBeUndefined();
  });

  it('are not kept in plain text', () => {
    const held = inspect(keys, { depth: Infinity, showHidden: true });
    expect(held).toContain('anna');
    for (const text of [key, another]) expect(held).not.toContain(text);
  });
});
