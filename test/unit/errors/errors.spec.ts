import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { ChatNotFoundError } from '../../../src/errors/chat.errors.js';
import { toProblem } from '../../../src/errors/problem.js';
import { redact } from '../../../src/errors/redact.js';
import { safeError } from '../../../src/errors/safe-error.js';
import { UpstreamError } from '../../../src/errors/upstream.errors.js';

describe('redact', () => {
  it.each([
    ['token glpat-aBcD1234efGH5678ijkl is wrong', 'token [redacted] is wrong'],
    ['{"m":"line\\nglpat-aBcD1234efGH5678ijkl"}', '{"m":"line\\n[redacted]"}'],
    ['gloas-0123456789abcdef', '[redacted]'],
    ['glxyz-0123456789abcdef', '[redacted]'],
    ['eyJhbGciOi0x.eyJzdWIiOiIxMjM0.abc-_d', '[redacted]'],
    ['cut here: eyJhb', 'cut here: [redacted]'],
    ['cut here: glpat-aBc', 'cut here: [redacted]'],
    ['x=eyJhbGciOi0xeyJzdWIi', 'x=[redacted]'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
    ['authorization: Basic b2F1dGgyOmFiYw==', 'authorization: Basic [redacted]'],
    ["headers: [ 'authorization', 'Bearer abc' ]", "headers: [ 'authorization', 'Bearer [redacted]' ]"],
    ['{"Private-Token":"abc"}', '{"Private-Token":"[redacted]"}'],
    ['?private_token=abc&x=1', '?private_token=[redacted]&x=1'],
    ['https://files.example/x.png?token=abc&x=1', 'https://files.example/x.png?token=[redacted]&x=1'],
    ['GET /a?x=1&accessToken=a%20b&sig=c#d', 'GET /a?x=1&accessToken=[redacted]&sig=[redacted]#d'],
    ['"/a?X-Amz-Signature=abc"', '"/a?X-Amz-Signature=[redacted]"'],
    ['https://user:pass@host/x', 'https://[redacted]@host/x'],
    ['sk-ant-api03-aaaaaaaa', '[redacted]'],
    ['{"m":"\\nsk-ant-api03-aaaaaaaa"}', '{"m":"\\n[redacted]"}'],
  ])('redacts %j', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it.each([
    'an English-speaking person at https://gitlab.com/a@b',
    'risk-assessment-of-the-task-force',
    'https://files.example/x.png?page=2&passage=3&authors=4&tokens=5',
    'basic information is missing: No authorization header presented',
    'max_tokens: 999999 > 64000, which is the maximum allowed number of output tokens',
  ])('does not change %j', (text) => {
    expect(redact(text)).toBe(text);
  });

  it.each([
    'eyJ',
    'eyJ-',
    'eyJaaaaaaaa.',
    'glpat-',
    'sk-',
    'Bearer ',
    'Bearer',
    '://',
    'password',
    'password:',
    '\\n',
    '?token',
    '?token=',
  ])('takes linear time for many times %j', (piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    // What takes quadratic time takes many minutes here; Jest cannot end what never yields.
    runInNewContext('redact(text)', { redact, text }, { timeout: 25_000 });
  });
});

describe('GitlabDuoError', () => {
  it('redacts its message', () => {
    const error = new UpstreamError('It said "glpat-aBcD1234efGH5678ijkl".');
    expect(inspect(error)).not.toContain('aBcD1234');
    expect(error.message).toBe('It said "[redacted]".');
  });
});

describe('safeError', () => {
  const secret = 'glpat-aBcD1234efGH5678ijkl';

  it('keeps only name, message, code and the chain of causes, redacted', () => {
    const root = Object.assign(new TypeError(`root ${secret}`), { code: 'ECONNRESET', socket: { secret } });
    const middle = new AggregateError([root], 'middle');
    const error = Object.assign(new Error('top', { cause: middle }), {
      request: { headers: ['authorization', 'Bearer abc'] },
      body: secret,
    });
    const safe = safeError(error);
    const shown = inspect(safe, { depth: Infinity, showHidden: true }) + JSON.stringify(safe);
    expect(shown).not.toMatch(/aBcD1234|Bearer/);
    expect(safe).toMatchObject({ message: 'top', cause: { message: 'middle' } });
    expect((safe.cause as Error).cause).toMatchObject({
      message: 'root [redacted]',
      name: 'TypeError',
      code: 'ECONNRESET',
    });
    expect(safe.stack).toBe(error.stack);
  });

  it.each([
    [`just ${secret}`, 'just [redacted]'],
    [{ secret }, "{ secret: '[redacted]' }"],
    [undefined, 'undefined'],
  ])('creates an error from %j', (thrown, message) => {
    expect(safeError(thrown).message).toBe(message);
  });

  it('stops at a circular chain of causes', () => {
    const error = new Error('round');
    error.cause = error;
    expect(inspect(safeError(error))).toContain('round');
  });
});

describe('toProblem', () => {
  it('shows errors of this package', () => {
    expect(toProblem(new ChatNotFoundError('7'), 'request')).toEqual({
      type: 'urn:gitlab-duo:problem:chat_not_found',
      title: 'Chat not found',
      status: 404,
      detail: expect.stringContaining('chat 7'),
      code: 'chat_not_found',
      requestId: 'request',
    });
  });

  it.each([new Error('password=secret'), 'secret', undefined])('hides the details of other errors: %s', (error) => {
    expect(toProblem(error)).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(toProblem(error))).not.toContain('secret');
  });
});
