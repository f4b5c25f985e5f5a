import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { fileSource } from '../../../src/messages/file-source.js';
import { type FilePart } from '../../../src/messages/part.interface.js';
import { checkFile } from '../../../src/models/file-check.js';
import { imagePart } from '../../sample-files.js';
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

describe.each([anthropicDelegate, openaiChatDelegate, openaiResponsesDelegate])('Files for $api', (delegate) => {
  // A host may have stored it past our checks: the chat would answer nothing any more.
  it.each(refused)('replace a file that %s with a note: %j', (_reason, file) => {
    const messages = [user('Look', { type: 'file', ...file })];
    const body = String(delegate.render(budgetClaude, { model: budgetClaude.id, messages }).body);
    expect(body).toContain('left out: the models do not read its format]');
    expect(body).not.toMatch(/svg|PHN2Zz4=|example|passwd/);
  });

  it('match media types in any letter case', () => {
    const messages = [user('Look', { ...imagePart(), mediaType: 'IMAGE/PNG' })];
    const body = String(delegate.render(budgetClaude, { model: budgetClaude.id, messages }).body);
    expect(body).toContain('image/png');
    expect(body).not.toContain('IMAGE/PNG');
  });
});

it.each(refused)('refuse a file that %s before it is stored: %j', (reason, file) => {
  expect(() => {
    checkFile({ type: 'file', ...file });
  }).toThrow(expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining(reason) }));
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
])('explain what a file is for %p', (file) => {
  expect(() => fileSource(file as FilePart)).toThrow(
    expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining('"mediaType"') }),
  );
});
