import { describe, expect, it } from '@jest/globals';
import { validate, version } from 'uuid';
import { newId } from '../../../src/messages/new-id.js';

describe('newId', () => {
  // More than one fill of the pool of random bytes, and many within one millisecond.
  const ids = Array.from({ length: 20_000 }, newId);

  it('makes UUIDs of version 7 that hold the time of now', () => {
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    const msecs = parseInt(String(ids.at(-1)).replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(Date.now() - msecs)).toBeLessThan(60_000);
  });

  it('makes ids that ascend in the order in which they are made', () => {
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('makes ids whose random part does not repeat', () => {
    expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length);
  });
});
