import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../../../src/app/environment.js';

describe('The environment of the server', () => {
  it('has defaults for everything', () => {
    expect(readEnvironment({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      isProduction: false,
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
});
