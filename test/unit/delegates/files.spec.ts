import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { fileSource } from '../../../src/messages/file-source.js';
import { type FilePart } from '../../../src/messages/part.interface.js';
import { user } from './conversation.js';
import { budgetClaude } from './models.js';

const refused: [string, Omit<FilePart, 'type'>][] = [
  ['cannot read', { mediaType: 'image/svg+xml', data: 'PHN2Zz4=' }],
  ['cannot read', { mediaType: 'video/mp4', url: 'https://example.com/a.mp4', filename: 'a.mp4' }],
  ['has no content', { mediaType: 'image/png' }],
  ['has no content', { mediaType: 'image/png', data: '' }],
  ['has both', { mediaType: 'image/png', data: 'iVBORw==', url: 'https://example.com/a.png' }],
  ['http(s)', { mediaType: 'image/png', url: 'file:///etc/passwd' }],
];

describe.each([anthropicDelegate, openaiChatDelegate, openaiResponsesDelegate])('$api', (delegate) => {
  it.each(refused)('says that a file %s: %j', (reason, file) => {
    const messages = [user('Look', { type: 'file', ...file })];
    expect(() => delegate.render(budgetClaude, { model: budgetClaude.id, messages })).toThrow(
      expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining(reason) }),
    );
  });

  it('takes a media type in any letter case', () => {
    const messages = [user('Look', { type: 'file', mediaType: 'IMAGE/PNG', data: 'iVBORw==' })];
    const body = String(delegate.render(budgetClaude, { model: budgetClaude.id, messages }));
    expect(body).toContain('image/png');
    expect(body).not.toContain('IMAGE/PNG');
  });
});

it.each<[unknown]>([
  [undefined],
  [null],
  ['iVBORw=='],
  [5],
  [[]],
  [{}],
  [{ type: 'file', mediaType: 7, data: 'iVBORw==' }],
  [{ type: 'file', mediaType: 'image/png', data: Buffer.from('x') }],
  [{ type: 'file', mediaType: 'image/png', url: new URL('https://example.com/a.png') }],
  [{ mediaType: 'image/png', data: 'iVBORw==', filename: 7 }],
])('says what a file is where it is given %p', (file) => {
  expect(() => fileSource(file as FilePart)).toThrow(
    expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining('"mediaType"') }),
  );
});
