import { expect, it } from '@jest/globals';
import { connectionFailure } from '../../../src/gateway/connection-failure.js';

it.each(['constructor', 'toString', '__proto__'])(
  'a connection that fails with a code that every object inherits is no time-out: %s',
  (code) => {
    const error = connectionFailure(Object.assign(new Error('It broke'), { code }), 'https://example.com');
    expect(error).toMatchObject({ code: 'upstream_error', isRetryable: true });
    expect(error.message).toContain(`The connection to https://example.com failed (${code})`);
  },
);
