import { describe, expect, it } from '@jest/globals';
import { ChatNotFoundError } from '../../../src/errors/chat.errors.js';
import { toProblem } from '../../../src/errors/problem.js';

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
