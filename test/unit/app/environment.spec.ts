import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../../../src/app/environment.js';

describe('The environment of the server', () => {
  it('has defaults for everything', () => {
    expect(readEnvironment({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      isProduction: false,
      apiKeys: [],
      rateLimits: { calls: 0, asks: 0 },
      trustProxy: [],
      databaseUrl: undefined,
      gitlabToken: undefined,
      instanceUrl: undefined,
      gatewayUrl: undefined,
      gatewayPrefix: undefined,
      model: undefined,
    });
  });

  it('takes an empty variable for an unset one', () => {
    const names = [
      'HOST',
      'PORT',
      'NODE_ENV',
      'DATABASE_URL',
      'GITLAB_TOKEN',
      'GITLAB_INSTANCE_URL',
      'GITLAB_DUO_MODEL',
      'API_KEYS',
      'RATE_LIMIT_PER_MINUTE',
      'ASK_LIMIT_PER_MINUTE',
      'TRUST_PROXY',
    ];
    expect(readEnvironment(Object.fromEntries(names.map((name) => [name, ' '])))).toEqual(readEnvironment({}));
  });

  it.each(['x', '-1', '65536', '80.5'])('refuses the port %s', (PORT) => {
    expect(() => readEnvironment({ PORT })).toThrow(/PORT must be a number from 0 to 65535/);
  });

  it('needs a token and a database in production', () => {
    const production = { NODE_ENV: 'production', GITLAB_TOKEN: 'glpat-x', DATABASE_URL: 'postgres://x' };
    expect(readEnvironment(production)).toMatchObject({ isProduction: true, gitlabToken: 'glpat-x' });
    expect(() => readEnvironment({ ...production, GITLAB_TOKEN: '' })).toThrow(/GITLAB_TOKEN is not set/);
    expect(() => readEnvironment({ ...production, DATABASE_URL: '' })).toThrow(/DATABASE_URL is not set/);
  });

  it('reads who may ask, how often, and through which proxies', () => {
    const variables = {
      API_KEYS: 'anna:A-key-of-anna-alone',
      ASK_LIMIT_PER_MINUTE: '7',
      TRUST_PROXY: '10.0.0.0/8, 192.0.2.1,2001:db8::/32',
    };
    expect(readEnvironment({ ...variables, HOST: '0.0.0.0' })).toMatchObject({
      host: '0.0.0.0',
      apiKeys: [{ owner: 'anna', key: 'A-key-of-anna-alone' }],
      rateLimits: { calls: 600, asks: 7 },
      trustProxy: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'],
    });
    expect(readEnvironment({ ...variables, RATE_LIMIT_PER_MINUTE: '0' }).rateLimits.calls).toBe(0);
  });

  it.each(['0.0.0.0', '::', '192.168.1.7', '2001:db8::1', 'chats.example', '128.0.0.1', '127.1'])(
    'does not let others than this machine in by HOST=%s without keys',
    (HOST) => {
      expect(() => readEnvironment({ HOST })).toThrow(/HOST is ".+".*API_KEYS is not set.*Set API_KEYS/);
      const production = { NODE_ENV: 'production', GITLAB_TOKEN: 'glpat-x', DATABASE_URL: 'postgres://x' };
      expect(() => readEnvironment({ ...production, HOST })).toThrow(/API_KEYS is not set/);
      expect(readEnvironment({ HOST, API_KEYS: 'anna:A-key-of-anna-alone' }).host).toBe(HOST);
    },
  );

  it.each(['127.0.0.1', '127.4.5.6', '::1', '::ffff:127.0.0.1', 'localhost'])('needs no keys for HOST=%s', (HOST) => {
    expect(readEnvironment({ HOST }).host).toBe(HOST);
  });

  it.each(['x', '-1', '1.5', '10001'])('refuses a limit of %s', (limit) => {
    expect(() => readEnvironment({ RATE_LIMIT_PER_MINUTE: limit })).toThrow(/RATE_LIMIT_PER_MINUTE must be a number/);
    expect(() => readEnvironment({ ASK_LIMIT_PER_MINUTE: limit })).toThrow(/ASK_LIMIT_PER_MINUTE must be a number/);
  });

  it.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/8/8', '10.0.0', '::1/129', '10.0.0.1,'])(
    'refuses the proxy %s',
    (TRUST_PROXY) => {
      expect(() => readEnvironment({ TRUST_PROXY })).toThrow(/TRUST_PROXY must have addresses or subnets/);
    },
  );
});
