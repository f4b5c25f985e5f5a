import { describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import { resolveOptions } from '../../../src/config/resolve-options.js';
import { ConfigurationError } from '../../../src/errors/request.errors.js';

const nobody = { ownerId: null };

describe('resolveOptions', () => {
  it('requires an API key or credentials', () => {
    for (const options of [{}, { apiKey: '' }, { apiKey: ' \n' }]) {
      expect(() => resolveOptions(options, { GITLAB_TOKEN: '' })).toThrow(
        /^Missing configuration for GitLab: apiKey\. Set GITLAB_TOKEN or pass/,
      );
    }
    expect(() => resolveOptions({ apiKey: 'a\nb' }, {})).toThrow(ConfigurationError);
  });

  it('prefers the key of the options to that of the environment', async () => {
    expect(await resolveOptions({ apiKey: ' mine ' }, { GITLAB_TOKEN: 'other' }).credentials(nobody)).toBe('mine');
    expect(await resolveOptions({}, { GITLAB_TOKEN: 'theirs' }).credentials(nobody)).toBe('theirs');
  });

  it('accepts credentials instead of a key', async () => {
    const credentials = ({ ownerId }: { ownerId: string | null }) => `pat-${ownerId}`;
    const options = resolveOptions({ credentials }, { GITLAB_TOKEN: 'other' });
    expect(await options.credentials({ ownerId: 'anna' })).toBe('pat-anna');
  });

  it('quotes no query of an invalid URL, because it may contain a password', () => {
    const refusal = /^instanceUrl must be .* it is "https:\/\/gitlab\.example\/"\.$/;
    for (const query of ['?pw=hunter2', '#hunter2', '?\nhunter2']) {
      const instanceUrl = `https://gitlab.example/${query}`;
      expect(() => resolveOptions({ apiKey: 'a', instanceUrl }, {})).toThrow(refusal);
    }
  });

  it('refuses an invalid dispatcher', () => {
    const agent = new Agent();
    expect(resolveOptions({ apiKey: 'a', dispatcher: agent }).dispatcher).toBe(agent);
    expect(() => resolveOptions({ apiKey: 'a', dispatcher: {} as Agent })).toThrow(/must be a Dispatcher of undici 7/);
  });
});
