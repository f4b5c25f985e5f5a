import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { exchange } from './sandbox-client.js';

describe('Sandbox token exchange', () => {
  let sandbox: Sandbox;
  let strict: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
    strict = await startSandbox({ token: 'glpat-only' });
  });

  afterAll(() => Promise.all([sandbox.close(), strict.close()]));

  it('grants a token with headers and an expiry', async () => {
    const response = await exchange(sandbox);
    expect(response.status).toBe(201);
    const granted = (await response.json()) as { token: string; headers: Record<string, unknown>; expires_at: number };
    expect(granted.token).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(granted.expires_at - Date.now() / 1000).toBeGreaterThan(3500);
    expect(Object.values(granted.headers)).toEqual(expect.arrayContaining([42, null]));
    const names = Object.keys(granted.headers);
    expect(names.filter((name) => name.toLowerCase() === 'x-api-key')).toHaveLength(3);
    expect(names).toEqual(expect.arrayContaining(['X-Gitlab-Realm', 'x-gitlab-unit-primitive']));
  });

  it('never grants the same token twice', async () => {
    const [first, second] = await Promise.all([exchange(sandbox), exchange(sandbox)]);
    const [left, right] = (await Promise.all([first.json(), second.json()])) as [{ token: string }, { token: string }];
    expect(left.token).not.toBe(right.token);
  });

  it.each([
    ['glpat-revoked-1', 'Token was revoked'],
    ['glpat-expired-1', 'Token is expired'],
    ['glcbt-64_job', '401 Unauthorized'],
  ])('refuses %s', async (token, reason) => {
    const response = await exchange(sandbox, token);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain(reason);
  });

  it('accepts only its configured token', async () => {
    expect((await exchange(strict, 'glpat-only')).status).toBe(201);
    expect((await exchange(strict, 'glpat-other')).status).toBe(401);
  });

  it('refuses a request without a token', async () => {
    const url = `${sandbox.url}/api/v4/ai/third_party_agents/direct_access`;
    const response = await fetch(url, { method: 'POST', headers: { 'private-token': 'glpat-any' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: '401 Unauthorized' });
  });

  it('answers 404 for other paths of the instance', async () => {
    const response = await fetch(`${sandbox.url}/api/v4/version`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: '404 Not Found' });
  });

  it('counts exchanges, and records the last body without secrets', async () => {
    sandbox.reset();
    await exchange(sandbox, 'glpat-secret');
    await exchange(sandbox, 'glpat-revoked');
    expect(sandbox.calls.exchanges).toBe(2);
    expect(sandbox.calls.lastExchange?.body).toEqual({ feature_flags: { DuoAgentPlatformNext: true } });
    expect(JSON.stringify(sandbox.calls)).not.toContain('glpat-');
  });
});
