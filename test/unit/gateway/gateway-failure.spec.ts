import { describe, expect, it } from '@jest/globals';
import {
  ContextWindowExceededError,
  GatewayAuthError,
  InsufficientCreditsError,
  PayloadTooLargeError,
  RateLimitError,
  UpstreamError,
  UpstreamSetupError,
  UpstreamOverloadedError,
  UpstreamTimeoutError,
} from '../../../src/errors/upstream.errors.js';
import { gatewayFailure } from '../../../src/gateway/gateway-failure.js';

const vendor = (type: string, message: string) => JSON.stringify({ type: 'error', error: { type, message } });
/** What Python's repr() makes of these bytes. */
function bytesLiteral(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = [...Buffer.from(text)].map((byte) => {
    const letter = String.fromCharCode(byte);
    if (letter === quote || letter === '\\') return `\\${letter}`;
    return byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, '0')}` : letter;
  });
  return `b${quote}${escaped.join('')}${quote}`;
}

const detail = (text: unknown) => JSON.stringify({ detail: text });
const credits = JSON.stringify({
  error: 'insufficient_credits',
  error_code: 'USAGE_QUOTA_EXCEEDED',
  message: 'No credits',
});
const notEntitled = JSON.stringify({
  error: 'not_entitled',
  error_code: 'USAGE_QUOTA_NOT_ENTITLED',
  message: 'No seat',
});
const html = '<html><head><title>403 Forbidden</title></head><body>edge</body></html>';
const invalid = [{ loc: ['body', 'model'], msg: 'field required' }];

describe('gatewayFailure', () => {
  it.each([
    [
      401,
      '{"error":"Forbidden by auth provider"}',
      GatewayAuthError,
      false,
      /refused the token.*Forbidden by auth provider/,
    ],
    [401, vendor('authentication_error', 'invalid x-api-key'), GatewayAuthError, false, /refused the token/],
    [400, detail('Unsupported model'), UpstreamError, false, /Check the model.*Unsupported model/],
    [400, detail('Invalid JSON'), UpstreamError, false, /Invalid JSON/],
    [
      400,
      vendor('invalid_request_error', 'prompt is too long: 300 tokens > 200 maximum'),
      ContextWindowExceededError,
      false,
      /too long/,
    ],
    [402, credits, InsufficientCreditsError, false, /no GitLab Credits left.*No credits/],
    [
      402,
      detail('Proxy endpoints are not enabled for this namespace'),
      GatewayAuthError,
      false,
      /not enabled for this namespace/,
    ],
    [403, notEntitled, GatewayAuthError, true, /not entitled/],
    [403, detail('Unauthorized to access proxy'), GatewayAuthError, false, /Unauthorized to access proxy/],
    [403, html, GatewayAuthError, false, /an HTML page titled "403 Forbidden"/],
    [404, detail('Not found'), UpstreamSetupError, false, /gatewayPrefix/],
    [408, '', UpstreamTimeoutError, true, /408\)/],
    [408, '<html><title>408 Request Time-out</title></html>', UpstreamTimeoutError, true, /Request Time-out/],
    [413, vendor('request_too_large', 'Request exceeds the maximum size'), PayloadTooLargeError, false, /exceeds/],
    [413, '', PayloadTooLargeError, false, /smaller messages/],
    [422, detail('Validation error'), UpstreamError, false, /Validation error/],
    [422, detail(invalid), UpstreamError, false, /field required/],
    [429, vendor('rate_limit_error', 'slow down'), RateLimitError, true, /slow down/],
    [429, 'error code: 1015', RateLimitError, true, /1015/],
    [500, '', UpstreamError, true, /500\)/],
    [502, detail('Bad Gateway'), UpstreamError, true, /Bad Gateway/],
    [502, '<html><body>nginx</body></html>', UpstreamError, true, /an HTML page/],
    [503, '', UpstreamError, true, /Try again/],
    [504, '', UpstreamError, true, /Try again/],
    [529, vendor('overloaded_error', 'Overloaded'), UpstreamOverloadedError, true, /Overloaded/],
    [529, '', UpstreamOverloadedError, true, /no capacity/],
  ] as const)('maps %i %s', (status, body, type, isRetryable, message) => {
    const error = gatewayFailure(status, {}, body);
    expect(error.constructor.name).toBe(type.name);
    expect(error.message).toMatch(message);
    expect(error.isRetryable).toBe(isRetryable);
    expect(error.retryAfterMs).toBeUndefined();
  });

  it.each([
    [429, vendor('rate_limit_error', 'slow down')],
    [429, 'error code: 1015'],
    [503, ''],
    [529, ''],
  ])('reads the wait that an edge asks for: %i %s', (status, body) => {
    expect(gatewayFailure(status, { 'retry-after': '3' }, body).retryAfterMs).toBe(3_000);
  });

  it.each(['soon', '', '-1'])('ignores Retry-After: %s', (header) => {
    expect(gatewayFailure(429, { 'retry-after': header }, '').retryAfterMs).toBeUndefined();
  });

  it.each(['message', 'detail', 'error'])('unwraps the Python bytes literal in %s', (field) => {
    for (const words of ['Overloaded', `it's "full" of é€🙂`, 'C:\\temp\n\ttab', "it's"]) {
      const body = JSON.stringify({ [field]: bytesLiteral(vendor('overloaded_error', words)) });
      const error = gatewayFailure(400, {}, body);
      expect(error).toBeInstanceOf(UpstreamOverloadedError);
      expect(error.message).toContain(words);
    }
  });

  it('recognises an error with status 200', () => {
    expect(gatewayFailure(200, {}, vendor('overloaded_error', 'Overloaded'))).toBeInstanceOf(UpstreamOverloadedError);
  });

  it('redacts before it truncates', () => {
    const secret = 'glpat-abcdefghij1234567890';
    for (let at = 470; at < 505; at += 1) {
      const { message } = gatewayFailure(400, {}, JSON.stringify({ detail: `${'x '.repeat(at / 2)}${secret} tail` }));
      expect(message).not.toContain('glpat-abc');
      expect(message.length).toBeLessThan(700);
    }
  });
});
