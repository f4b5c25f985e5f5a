import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ApiKeys, parseApiKeys } from '../../../src/app/access/api-keys.js';
import { readEnvironment } from '../../../src/app/environment.js';
import { ConfigurationError } from '../../../src/errors/request.errors.js';

/** What `readEnvironment` throws says. */
function messageOf(variables: Record<string, string>): string {
  try {
    readEnvironment(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('All settings were accepted.');
}

describe('Server environment', () => {
  it('has a default for every variable', () => {
    expect(readEnvironment({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      isProduction: false,
      isLaunched: false,
      apiKeys: [],
      rateLimits: { calls: 0, asks: 0 },
      limits: { liveRuns: 1_000, ownerRuns: 100_000 },
      trustProxy: [],
      hasAccessLog: false,
      databaseUrl: undefined,
      gitlabToken: undefined,
      instanceUrl: undefined,
      gatewayUrl: undefined,
      gatewayPrefix: undefined,
      model: undefined,
    });
  });

  it('treats an empty variable as unset', () => {
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
      'ACCESS_LOG',
    ];
    expect(readEnvironment(Object.fromEntries(names.map((name) => [name, ' '])))).toEqual(readEnvironment({}));
  });

  it.each(['x', '-1', '65536', '80.5'])('refuses the port %s', (PORT) => {
    expect(() => readEnvironment({ PORT })).toThrow(/PORT must be a number from 0 to 65535/);
  });

  it('requires a token and a database in production', () => {
    const production = { NODE_ENV: 'production', GITLAB_TOKEN: 'glpat-x', DATABASE_URL: 'postgres://x' };
    expect(readEnvironment(production)).toMatchObject({ isProduction: true, gitlabToken: 'glpat-x' });
    expect(() => readEnvironment({ ...production, GITLAB_TOKEN: '' })).toThrow(/GITLAB_TOKEN is not set/);
    expect(() => readEnvironment({ ...production, DATABASE_URL: '' })).toThrow(/DATABASE_URL is not set/);
  });

  it('reads API keys, rate limits and trusted proxies', () => {
    const variables = {
      API_KEYS: 'anna:A-key-of-anna-alone',
      ASK_LIMIT_PER_MINUTE: '7',
      TRUST_PROXY: '10.0.0.0/8, 192.0.2.1,2001:db8::/32',
    };
    expect(readEnvironment({ ...variables, HOST: '0.0.0.0' })).toMatchObject({
      host: '0.0.0.0',
      apiKeys: [{ owner: 'anna', key: 'A-key-of-anna-alone' }],
      rateLimits: { calls: 600, asks: 7 },
      limits: { liveRuns: 1_000, ownerRuns: 100 },
      trustProxy: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'],
    });
    expect(readEnvironment({ ...variables, RATE_LIMIT_PER_MINUTE: '0' }).rateLimits.calls).toBe(0);
    expect(readEnvironment({ ...variables, LIVE_RUN_LIMIT: '5000', OWNER_RUN_LIMIT: '9' }).limits).toEqual({
      liveRuns: 5_000,
      ownerRuns: 9,
    });
    expect(() => readEnvironment({ ...variables, OWNER_RUN_LIMIT: '0' })).toThrow(
      'OWNER_RUN_LIMIT must be a number from 1',
    );
  });

  it('logs every request if ACCESS_LOG is true, and accepts only true and false', () => {
    expect(readEnvironment({ ACCESS_LOG: 'true' }).hasAccessLog).toBe(true);
    expect(readEnvironment({ ACCESS_LOG: 'false' }).hasAccessLog).toBe(false);
    expect(() => readEnvironment({ ACCESS_LOG: 'yes' })).toThrow('ACCESS_LOG must be true or false; it is "yes".');
  });

  it.each(['0.0.0.0', '::', '192.168.1.7', '2001:db8::1', 'chats.example', '128.0.0.1', '127.1'])(
    'refuses HOST=%s without API keys, because other machines could connect',
    (HOST) => {
      expect(() => readEnvironment({ HOST })).toThrow(/HOST is ".+".*API_KEYS is not set.*Set API_KEYS/);
      const production = { NODE_ENV: 'production', GITLAB_TOKEN: 'glpat-x', DATABASE_URL: 'postgres://x' };
      expect(() => readEnvironment({ ...production, HOST })).toThrow(/API_KEYS is not set/);
      expect(readEnvironment({ HOST, API_KEYS: 'anna:A-key-of-anna-alone' }).host).toBe(HOST);
    },
  );

  it.each(['127.0.0.1', '127.4.5.6', '::1', '::ffff:127.0.0.1', 'localhost'])(
    'requires no API keys for HOST=%s',
    (HOST) => {
      expect(readEnvironment({ HOST }).host).toBe(HOST);
    },
  );

  it('reports every wrong variable at once', () => {
    // A start that names only the first mistake makes a deployment fail once for each.
    const variables = {
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      PORT: 'http',
      DATABASE_URL: 'postgres://duo:pa/ss@db.example/duo',
      GITLAB_INSTANCE_URL: 'gitlab.example',
      GITLAB_GATEWAY_URL: 'https://user:pa-ss@gateway.example',
      GITLAB_DUO_MODEL: 'duo-chat-opus-4-7x',
      RATE_LIMIT_PER_MINUTE: 'many',
      ASK_LIMIT_PER_MINUTE: '-1',
      TRUST_PROXY: 'proxy.example,10.0.0.1,10.0.0.0/33',
    };
    const message = messageOf(variables);
    expect(message.split('\n')).toEqual([
      '10 settings are wrong:',
      expect.stringMatching(/^ {2}- NODE_ENV is production and GITLAB_TOKEN is not set\./),
      expect.stringMatching(/^ {2}- HOST is "0\.0\.0\.0".*API_KEYS is not set/),
      expect.stringMatching(/^ {2}- PORT must be a number from 0 to 65535; it is "http"/),
      expect.stringMatching(/^ {2}- RATE_LIMIT_PER_MINUTE must be a number from 0 to 10000/),
      expect.stringMatching(/^ {2}- ASK_LIMIT_PER_MINUTE must be a number from 0 to 10000/),
      expect.stringMatching(/^ {2}- TRUST_PROXY must have .*"proxy\.example", "10\.0\.0\.0\/33"/),
      expect.stringMatching(/^ {2}- DATABASE_URL must be a URL such as postgres:\/\//),
      expect.stringMatching(/^ {2}- GITLAB_INSTANCE_URL must be an http or https URL/),
      expect.stringMatching(/^ {2}- GITLAB_GATEWAY_URL must not hold a user name or a password/),
      expect.stringMatching(/^ {2}- GITLAB_DUO_MODEL: Unknown model "duo-chat-opus-4-7x"\. Did you mean/),
    ]);
    expect(message).not.toMatch(/pa.ss/);
  });

  it('reports a single mistake on one line', () => {
    expect(messageOf({ PORT: 'x' })).toBe('PORT must be a number from 0 to 65535; it is "x".');
  });

  it('does not report a variable as missing if its value is wrong', () => {
    const production = { NODE_ENV: 'production', GITLAB_TOKEN: 'a\nb', DATABASE_URL: 'mysql://x', API_KEYS: 'anna' };
    const message = messageOf({ ...production, HOST: '0.0.0.0' });
    expect(message).toMatch(/^3 settings are wrong:/);
    expect(message).toMatch(/GITLAB_TOKEN must be one line/);
    expect(message).not.toMatch(/is not set/);
  });

  it.each(['mysql://x/duo', 'localhost:5432/duo', 'postgres:duo', 'postgres://duo:p#a/s@db.example:5432/duo'])(
    'refuses the database %s without quoting it',
    (DATABASE_URL) => {
      const message = messageOf({ DATABASE_URL });
      expect(message).toMatch(/^DATABASE_URL must be a URL such as postgres:\/\//);
      expect(message).not.toContain(DATABASE_URL);
    },
  );

  it.each(['x', '-1', '1.5', '10001'])('refuses a rate limit of %s', (limit) => {
    expect(() => readEnvironment({ RATE_LIMIT_PER_MINUTE: limit })).toThrow(/RATE_LIMIT_PER_MINUTE must be a number/);
    expect(() => readEnvironment({ ASK_LIMIT_PER_MINUTE: limit })).toThrow(/ASK_LIMIT_PER_MINUTE must be a number/);
  });

  it.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/8/8', '10.0.0', '::1/129', '10.0.0.1,'])(
    'refuses the trusted proxy %s',
    (TRUST_PROXY) => {
      expect(() => readEnvironment({ TRUST_PROXY })).toThrow(/TRUST_PROXY must have addresses or subnets/);
    },
  );
});

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
