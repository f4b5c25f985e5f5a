import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from '../../../src/gateway/retry-after.js';

const date = (ms: number) => new Date(Date.now() + ms).toUTCString();
const DAY_MS = 24 * 60 * 60_000;

describe('retryAfterMs', () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['parts of a second', { 'retry-after': '0.5' }, 500],
    ['nothing to wait for', { 'retry-after': '0' }, 0],
    ['a date', { 'retry-after': date(90_000) }, 90_000],
    ['a date by a clock that is a day off', { 'retry-after': date(DAY_MS + 90_000), date: date(DAY_MS) }, 90_000],
    ['a date in the past', { 'retry-after': date(-90_000) }, 0],
    ['more than a day', { 'retry-after': '9'.repeat(400) }, DAY_MS],
    ['a date in a year', { 'retry-after': date(365 * DAY_MS) }, DAY_MS],
    ['two values', { 'retry-after': ['3', '4'] as unknown as string }, 3_000],
  ])('reads %s', (_name, headers, expected) => {
    expect(Math.abs((retryAfterMs(headers) ?? NaN) - expected)).toBeLessThanOrEqual(expected % 1_000 ? 0 : 2_000);
  });

  it.each([undefined, '', ' ', 'soon', '-1', '1e3', '2030'.padEnd(5, 'x')])('ignores %j', (header) => {
    expect(retryAfterMs({ 'retry-after': header })).toBeUndefined();
  });
});
