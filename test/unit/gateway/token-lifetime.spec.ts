import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { tokenLifetimeMs } from '../../../src/gateway/token-exchange.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const now = Date.UTC(2026, 0, 1);
const seconds = (ms: number) => Math.floor((now + ms) / 1000);
const date = (ms: number) => new Date(now + ms).toUTCString();

beforeAll(() => void jest.useFakeTimers({ now }));
afterAll(() => void jest.useRealTimers());

describe('tokenLifetimeMs', () => {
  it.each([
    ['an hour, clocks agree', seconds(HOUR_MS), date(0), 59 * MINUTE_MS],
    ['an hour, ours is a day ahead', seconds(-23 * HOUR_MS), date(-24 * HOUR_MS), 59 * MINUTE_MS],
    ['an hour, ours is a day behind', seconds(25 * HOUR_MS), date(24 * HOUR_MS), 59 * MINUTE_MS],
    ['an hour, no date', seconds(HOUR_MS), undefined, 59 * MINUTE_MS],
    ['an hour, a date that is none', seconds(HOUR_MS), 'yesterday', 59 * MINUTE_MS],
    ['no date, and ours is a day ahead', seconds(-23 * HOUR_MS), undefined, 25 * MINUTE_MS],
    ['dead on arrival', seconds(-1_000), date(0), 25 * MINUTE_MS],
    ['half a minute', seconds(MINUTE_MS / 2), date(0), -MINUTE_MS / 2],
    ['a year', seconds(365 * 24 * HOUR_MS), date(0), 24 * HOUR_MS],
    ['no end', undefined, date(0), 25 * MINUTE_MS],
    ['an end that is no number', '2030-01-01', date(0), 25 * MINUTE_MS],
  ])('%s', (_name, expiresAt, dateHeader, expected) => {
    expect(tokenLifetimeMs(expiresAt, dateHeader)).toBe(expected);
  });
});
