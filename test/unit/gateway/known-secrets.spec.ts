import { describe, expect, it } from '@jest/globals';
import { KnownSecrets } from '../../../src/gateway/known-secrets.js';

describe('The known secrets', () => {
  it('keep a lasting one however many others pass', () => {
    const secrets = new KnownSecrets();
    secrets.keepAlways('k9:vR2#mQ7+wXz/4Lp');
    secrets.keep('passing-secret-0');
    for (let index = 1; index <= 4_000; index += 1) secrets.keep(`passing-secret-${index}`);
    expect(secrets.redact('k9:vR2#mQ7+wXz/4Lp, passing-secret-4000, k9%3AvR2%23mQ7%2BwXz%2F4Lp.')).toBe(
      '[redacted], [redacted], [redacted].',
    );
    expect(secrets.redact('passing-secret-0.')).toBe('passing-secret-0.');
  });
});
