import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { retryAfterMs } from '../../../src/gateway/headers.js';

const now = Date.UTC(2026, 0, 1);
const date = (ms: number) => new Date(now + ms).toUTCString();
const DAY_MS = 24 * 60 * 60_000;

beforeAll(() => void jest.useFakeTimers({ now }));
afterAll(() => void jest.useRealTimers());

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
  ])('parses %s', (_name, headers, expected) => {
    expect(retryAfterMs(headers)).toBe(expected);
  });

  it.each([undefined, '', ' ', 'soon', '-1', '1e3', '2030'.padEnd(5, 'x')])('ignores %j', (header) => {
    expect(retryAfterMs({ 'retry-after': header })).toBeUndefined();
  });
});
