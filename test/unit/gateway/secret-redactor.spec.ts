import { describe, expect, it } from '@jest/globals';
import { generator } from '../random.js';
import { KnownSecrets } from '../../../src/gateway/secret-redactor.js';

describe('SecretRedactor', () => {
  it('keeps a permanent secret, however many others it learns', () => {
    const secrets = new KnownSecrets();
    secrets.keepAlways('k9:vR2#mQ7+wXz/4Lp');
    secrets.keep('passing-secret-0');
    for (let index = 1; index <= 4_000; index += 1) secrets.keep(`passing-secret-${index}`);
    expect(secrets.redact('k9:vR2#mQ7+wXz/4Lp, passing-secret-4000, k9%3AvR2%23mQ7%2BwXz%2F4Lp.')).toBe(
      '[redacted], [redacted], [redacted].',
    );
    expect(secrets.redact('passing-secret-0.')).toBe('passing-secret-0.');
  });

  it('finds each of thousands of secrets: escaped, within a word, or truncated at the end', () => {
    const below = generator(7);
    const signs = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/="#';
    const random = (length: number) => Array.from({ length }, () => signs.charAt(below(signs.length))).join('');
    const secrets = new KnownSecrets();
    const all = Array.from({ length: 4_500 }, () => `k9:${random(17 + below(30))}`);
    for (const secret of all) secrets.keep(secret);
    const texts = ['x'.repeat(1_000), `${random(2_000)} "`];
    for (const [index, secret] of all.entries()) {
      if (index % 150 > 0) continue;
      const [filler = ''] = texts.slice(index % texts.length);
      const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
      const isKept = index >= 500;
      const cuts = [8, 12, secret.length - 1].map((length) => secret.slice(0, length));
      for (const said of [...forms.map((form) => `${form}, done`), ...cuts]) {
        const clean = said.replace(/^[^,]+/, isKept ? '[redacted]' : '$&');
        expect([secret, secrets.redact(filler + said)]).toEqual([secret, filler + clean]);
      }
    }
  });
});
