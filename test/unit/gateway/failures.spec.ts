import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Complaint } from '../../../src/errors/complaint.interface.js';
import {
  ContextWindowExceededError,
  GatewayAuthError,
  InsufficientCreditsError,
  PayloadTooLargeError,
  RateLimitError,
  UpstreamError,
  UpstreamOverloadedError,
  UpstreamSetupError,
  UpstreamTimeoutError,
} from '../../../src/errors/upstream.errors.js';
import { complaintOf } from '../../../src/gateway/complaint.js';
import { connectionFailure } from '../../../src/gateway/connection-failure.js';
import { gatewayFailure } from '../../../src/gateway/gateway-failure.js';
import { retryAfterMs } from '../../../src/gateway/headers.js';
import { type VendorError } from '../../../src/gateway/vendor-error.interface.js';
import { vendorFailure } from '../../../src/gateway/vendor-failure.js';

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

const cases: [VendorError, number | undefined, string, boolean][] = [
  [{ type: 'overloaded_error', message: 'Overloaded' }, 529, 'UpstreamOverloadedError', true],
  [{ type: 'overloaded_error', message: 'Overloaded' }, undefined, 'UpstreamOverloadedError', true],
  [{ code: 'server_overloaded' }, 503, 'UpstreamOverloadedError', true],
  [{}, 529, 'UpstreamOverloadedError', true],
  [{ type: 'rate_limit_error' }, 429, 'RateLimitError', true],
  [{ type: 'tokens', code: 'rate_limit_exceeded' }, undefined, 'RateLimitError', true],
  [{ code: 429 }, undefined, 'RateLimitError', true],
  [{}, 429, 'RateLimitError', true],
  [{ type: 'insufficient_quota', code: 'insufficient_quota' }, 429, 'UpstreamError', false],
  [{ type: 'api_error' }, undefined, 'UpstreamError', true],
  [{ code: 'server_error' }, undefined, 'UpstreamError', true],
  [{}, 500, 'UpstreamError', true],
  [{ message: 'Bad Gateway' }, 502, 'UpstreamError', true],
  [{ type: 'request_too_large' }, undefined, 'PayloadTooLargeError', false],
  [{}, 413, 'PayloadTooLargeError', false],
  [{ type: 'timeout_error' }, undefined, 'UpstreamTimeoutError', true],
  [{ type: 'invalid_request_error', code: null, message: 'Bad schema' }, 400, 'UpstreamError', false],
  [{}, undefined, 'UpstreamError', false],
];

describe('vendorFailure', () => {
  it.each(cases)('maps %j with the status %s to a %s', (error, status, name, isRetryable) => {
    expect(vendorFailure(error, status)).toMatchObject({ name, isRetryable });
  });

  it.each([
    'prompt is too long: 213462 tokens > 200000 maximum',
    'Prompt is too long',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
    'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length',
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300118 tokens.',
    'Input is too long for requested model.',
  ])('recognises a full context window in %j', (message) => {
    const failure = vendorFailure({ type: 'invalid_request_error', message }, 400);
    expect(failure).toMatchObject({ name: 'ContextWindowExceededError', isRetryable: false });
  });

  it.each<VendorError>([
    { message: 'messages.1.content.0: Invalid `signature` in `thinking` block' },
    { message: 'Validation error: messages.39.content.0: Invalid signature in thinking block' },
    { message: 'messages.1.content.0: Invalid `data` in `redacted_thinking` block' },
    {
      message:
        'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.',
    },
    { code: 'invalid_encrypted_content', message: 'The encrypted content for item rs_1 could not be verified.' },
    { code: 'thinking_signature_invalid' },
    {
      message:
        'The encrypted content gAAA...5Q== could not be verified. Reason: Encrypted content could not be decrypted or parsed.',
    },
    { message: "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false." },
    { message: "Item 'rs_1' of type 'reasoning' was provided without its required following item." },
  ])('recognises rejected reasoning in %j', (error) => {
    const failure = vendorFailure({ type: 'invalid_request_error', ...error }, 400);
    expect(failure).toMatchObject({ name: 'PartRefusedError', code: 'upstream_error', isRetryable: false });
  });

  it('recognises a full context window by the code context_length_exceeded', () => {
    expect(vendorFailure({ code: 'context_length_exceeded' }, 400).code).toBe('context_window_exceeded');
  });

  it.each([
    'max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens',
    '`max_tokens` must be greater than `thinking.budget_tokens`',
    'max_tokens is too large: 200000. This model supports at most 128000 completion tokens, whereas you provided 200000.',
    'Unsupported parameter: `max_tokens` is not supported with this model. Use `max_completion_tokens` instead.',
    'tools.0.description: "answers when the prompt is too long for the context window" is too long',
    'stop: "Input is too long for requested model." is not one of the allowed values',
    'Invalid token in the prompt: the context is too long to say',
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`',
  ])('recognises a bad request in %j', (message) => {
    expect(vendorFailure({ type: 'invalid_request_error', message }, 400).code).toBe('upstream_error');
  });

  it('quotes the vendor, and says what to do', () => {
    expect(vendorFailure({ type: 'overloaded_error', message: 'Overloaded' }).message).toBe(
      'The model\'s vendor has no capacity at the moment. It said: "overloaded_error: Overloaded". Try again later, or use another model.',
    );
    expect(vendorFailure({}).message).toContain('It gave no reason.');
  });

  it('redacts secrets before it truncates the quote', () => {
    const secret = 'glpat-abcdefghijklmnopqrst';
    const { message } = vendorFailure({ message: `${'x'.repeat(485)} ${secret} ${'y'.repeat(10_000)}` });
    expect(message).not.toContain('glpat');
    expect(message).toContain('…');
    expect(message.length).toBeLessThan(800);
  });
});

/** As users of the vendors' APIs have reported them, word by word. */
const complaints: [VendorError, Complaint][] = [
  [
    {
      message:
        'messages.3.content.71.image.source.base64.data: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels',
    },
    {
      about: 'image',
      path: 'messages.3.content.71.image.source.base64.data',
      reason: 'At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels',
    },
  ],
  [
    {
      message:
        'messages.34.content.0.tool_result.content.1.image.source.base64: The image was specified using the image/png media type, but the image appears to be a image/jpeg image',
    },
    {
      about: 'image',
      path: 'messages.34.content.0.tool_result.content.1.image.source.base64',
      reason: 'The image was specified using the image/png media type, but the image appears to be a image/jpeg image',
    },
  ],
  [
    {
      message: 'messages.2.content.0.image.source.base64.data: Image does not match the provided media type image/png',
    },
    {
      about: 'image',
      path: 'messages.2.content.0.image.source.base64.data',
      reason: 'Image does not match the provided media type image/png',
    },
  ],
  [
    {
      message: 'messages.2.content.0.image.source.base64: image exceeds 5 MB maximum: 8259148 bytes > 5242880 bytes',
    },
    {
      about: 'image',
      path: 'messages.2.content.0.image.source.base64',
      reason: 'image exceeds 5 MB maximum: 8259148 bytes > 5242880 bytes',
    },
  ],
  [{ message: 'Could not process image' }, { about: 'image', reason: 'Could not process image' }],
  [
    { message: 'messages.2.content.0.pdf.source.base64.data: The PDF specified was not valid.' },
    {
      about: 'document',
      path: 'messages.2.content.0.pdf.source.base64.data',
      reason: 'The PDF specified was not valid.',
    },
  ],
  [
    { message: 'A maximum of 100 PDF pages may be provided.' },
    { about: 'document', reason: 'A maximum of 100 PDF pages may be provided.' },
  ],
  [
    { message: 'Too much media: 3 document pages + 102 images > 100' },
    { about: 'media', excess: 5, reason: 'Too much media: 3 document pages + 102 images > 100' },
  ],
  [
    { message: 'too many images and documents: 27 + 0 > 20' },
    { about: 'media', excess: 7, reason: 'too many images and documents: 27 + 0 > 20' },
  ],
  [
    { message: 'messages.1.content.0: Invalid `signature` in `thinking` block' },
    { about: 'reasoning', path: 'messages.1.content.0', reason: 'Invalid `signature` in `thinking` block' },
  ],
  [
    { message: 'messages.5.content.1.tool_use.input: Input should be a valid dictionary' },
    { about: 'part', path: 'messages.5.content.1.tool_use.input', reason: 'Input should be a valid dictionary' },
  ],
  [
    {
      message:
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      code: 'invalid_image_format',
    },
    {
      about: 'image',
      reason:
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
    },
  ],
  [
    { message: 'Invalid image.', code: 'image_parse_error', param: 'messages.[1].content.[1].image_url' },
    { about: 'image', path: 'messages.[1].content.[1].image_url', reason: 'Invalid image.' },
  ],
  [
    {
      message:
        "Invalid 'input[5].output[3].image_url'. Expected a base64-encoded data URL with an image MIME type, but got an invalid base64-encoded value.",
      code: 'invalid_value',
      param: 'input[5].output[3].image_url',
    },
    {
      about: 'part',
      path: 'input[5].output[3].image_url',
      reason:
        "Invalid 'input[5].output[3].image_url'. Expected a base64-encoded data URL with an image MIME type, but got an invalid base64-encoded value.",
    },
  ],
  [
    { message: "Invalid file data: 'input[0].content[0].file_data'. Expected a base64-encoded data URL." },
    {
      about: 'document',
      path: 'input[0].content[0].file_data',
      reason: "Invalid file data: 'input[0].content[0].file_data'. Expected a base64-encoded data URL.",
    },
  ],
  [
    {
      message: 'Invalid content type. image_url is only supported by certain models.',
      param: 'messages.[0].content.[1].type',
    },
    {
      about: 'part',
      path: 'messages.[0].content.[1].type',
      reason: 'Invalid content type. image_url is only supported by certain models.',
    },
  ],
  [
    { message: 'Error while downloading https://example.com/a.png.', code: 'invalid_image_url' },
    { about: 'image', reason: 'Error while downloading https://example.com/a.png.' },
  ],
  [
    {
      message: "Invalid 'messages[3].tool_calls[0].function.arguments': string too long.",
      param: 'messages[3].tool_calls[0].function.arguments',
    },
    {
      about: 'part',
      path: 'messages[3].tool_calls[0].function.arguments',
      reason: "Invalid 'messages[3].tool_calls[0].function.arguments': string too long.",
    },
  ],
  [
    {
      message:
        'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
    {
      about: 'schema',
      reason:
        'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
  ],
  [
    {
      message:
        'output_config.format.schema: Invalid schema: The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
    {
      about: 'schema',
      reason:
        'output_config.format.schema: Invalid schema: The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
  ],
  [
    { message: 'Schema is too complex for compilation' },
    { about: 'schema', reason: 'Schema is too complex for compilation' },
  ],
  [{ message: 'Schema is too complex.' }, { about: 'schema', reason: 'Schema is too complex.' }],
  [{ message: 'Grammar compilation timed out.' }, { about: 'schema', reason: 'Grammar compilation timed out.' }],
  [
    {
      message:
        'Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. Reduce them (limit: 24).',
    },
    {
      about: 'schema',
      reason:
        'Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. Reduce them (limit: 24).',
    },
  ],
  [
    {
      message: "Invalid schema for response_format 'answer': In context=(), 'oneOf' is not permitted.",
      param: 'response_format',
    },
    {
      about: 'schema',
      reason: "Invalid schema for response_format 'answer': In context=(), 'oneOf' is not permitted.",
    },
  ],
  [
    { message: 'No.', code: 'invalid_json_schema', param: 'text.format.schema' },
    { about: 'schema', reason: 'No.' },
  ],
  [{ code: 'image_too_small' }, { about: 'image', reason: 'image_too_small' }],
];

describe("The vendor's complaint about a part", () => {
  it.each(complaints)('is read from %j', (error, complaint) => {
    expect(complaintOf({ type: 'invalid_request_error', ...error }, 400)).toEqual(complaint);
    expect(complaintOf({ type: 'invalid_request_error', ...error })).toEqual(complaint);
  });

  it.each<VendorError>([
    { message: 'max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens' },
    { message: 'tools.0.custom.input_schema: JSON schema is invalid' },
    // Tools go out without being enforced.
    { message: "Invalid schema for function 'pay': schema must have type 'object'", param: 'tools[0].parameters' },
    { message: "Tool 'The compiled grammar is too large' not found in provided tools" },
    { message: "Unknown parameter: 'surprise'.", param: 'surprise' },
    { message: 'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.' },
    { message: 'messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.' },
    { message: "Invalid parameter: messages with role 'tool' must be a response.", param: 'messages.[3].role' },
    { message: 'messages.0.content.0.text.cache_control: Extra inputs are not permitted', param: undefined },
    { message: 'The model is overloaded', type: 'overloaded_error' },
    {},
  ])('is undefined for %j, which names no part of the history', (error) => {
    expect(complaintOf({ type: 'invalid_request_error', ...error }, 400)).toBeUndefined();
  });

  it('is undefined if the vendor or the connection failed', () => {
    for (const status of [401, 403, 408, 413, 429, 500, 502, 529]) {
      expect(complaintOf({ message: 'messages.1.content.0.image: Could not process image' }, status)).toBeUndefined();
    }
    expect(complaintOf({ type: 'api_error', message: 'input[3].content[0]: failed' })).toBeUndefined();
  });

  it('is short and on one line', () => {
    const message = `messages.1.content.0.image: Could not\nprocess image ${'x'.repeat(500)}`;
    const { reason } = complaintOf({ message }, 400) ?? {};
    expect(reason).toMatch(/^Could not process image x+…$/);
    expect(reason).toHaveLength(201);
  });
});

const now = Date.UTC(2026, 0, 1);
const date = (ms: number) => new Date(now + ms).toUTCString();
const DAY_MS = 24 * 60 * 60_000;

describe('retryAfterMs', () => {
  beforeAll(() => void jest.useFakeTimers({ now }));
  afterAll(() => void jest.useRealTimers());

  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['parts of a second', { 'retry-after': '0.5' }, 500],
    ['nothing to wait for', { 'retry-after': '0' }, 0],
    ['a date', { 'retry-after': date(90_000) }, 90_000],
    ['a date by a clock that is a day off', { 'retry-after': date(DAY_MS + 90_000), date: date(DAY_MS) }, 90_000],
    ['a date in the past', { 'retry-after': date(-90_000) }, 0],
    ['more than a day', { 'retry-after': '9'.repeat(400) }, DAY_MS],
    ['a date in a year', { 'retry-after': date(365 * DAY_MS) }, DAY_MS],
    ['two values', { 'retry-after': ['3', '4'] as unknown as string }, 3_000],
  ])('parses %s', (_name, headers, expected) => {
    expect(retryAfterMs(headers)).toBe(expected);
  });

  it.each([undefined, '', ' ', 'soon', '-1', '1e3', '2030'.padEnd(5, 'x')])('ignores %j', (header) => {
    expect(retryAfterMs({ 'retry-after': header })).toBeUndefined();
  });
});

it.each(['constructor', 'toString', '__proto__'])(
  'connectionFailure does not read the inherited property %s as a time-out code',
  (code) => {
    const error = connectionFailure(Object.assign(new Error('It broke'), { code }), 'https://example.com');
    expect(error).toMatchObject({ code: 'upstream_error', isRetryable: true });
    expect(error.message).toContain(`The connection to https://example.com failed (${code})`);
  },
);
