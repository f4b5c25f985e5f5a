import { expect, it } from '@jest/globals';
import { connectionFailure } from '../../../src/gateway/connection-failure.js';

it.each(['constructor', 'toString', '__proto__'])(
  'connectionFailure does not read the inherited property %s as a time-out code',
  (code) => {
    const error = connectionFailure(Object.assign(new Error('It broke'), { code }), 'https://example.com');
    expect(error).toMatchObject({ code: 'upstream_error', isRetryable: true });
    expect(error.message).toContain(`The connection to https://example.com failed (${code})`);
  },
);
