import { describe, expect, it } from '@jest/globals';
import { type FilePart } from '../../../src/messages/part.interface.js';
import { checkFilesFor, leftOutFiles } from '../../../src/models/file-fit.js';
import { filePart, imagePart, pdf, pdfPart } from '../../sample-files.js';
import { modelOf } from '../delegates/models.js';

const claude = modelOf('duo-chat-sonnet-4-6');
const gpt = modelOf('duo-chat-gpt-5-6-sol');
const chatGpt = modelOf('duo-chat-gpt-5-1');

const many = (count: number, sides?: [number, number]) => Array.from({ length: count }, () => imagePart(sides));
const heavyImage = (bytes: number) =>
  filePart('image/png', Buffer.concat([Buffer.from(imagePart().data, 'base64'), Buffer.alloc(bytes)]));
const heavyDocument = (bytes: number) => pdfPart('a.pdf', Buffer.concat([pdf(), Buffer.alloc(bytes)]));

/** Where the files that are left out stand, and why. */
function leftOut(files: FilePart[], model = claude): [index: number, reason: string][] {
  return [...leftOutFiles(files, model)].map(([file, reason]) => [files.indexOf(file), reason]);
}

describe('Files that a request omits', () => {
  // Anthropic's guide "Vision", general limits: at most 8000 × 8000, 2000 × 2000 with more than 20 images.
  it('include images with sides that Claude refuses and GPT accepts', () => {
    const files = [imagePart([8_000, 8_000]), imagePart([8_001, 1]), imagePart([1, 9_000])];
    expect(leftOut(files)).toEqual([
      [1, 'it is 8001 × 1 pixels, and no side may have more than 8000'],
      [2, 'it is 1 × 9000 pixels, and no side may have more than 8000'],
    ]);
    expect(leftOut(files, gpt)).toEqual([]);
  });

  it('include the oldest large images if there are more than 20, until 20 are left', () => {
    const large = many(3, [2_001, 10]);
    expect(leftOut([...large, ...many(17)])).toEqual([]);
    expect(leftOut([...large, ...many(19)])).toEqual(
      [0, 1].map((index) => [
        index,
        'it is 2001 × 10 pixels, and with more than 20 images no side may have more than 2000',
      ]),
    );
    expect(leftOut([...many(30), ...large]).map(([index]) => index)).toEqual([30, 31, 32]);
    expect(leftOut([...many(30, [2_000, 2_000])])).toEqual([]);
    expect(leftOut([...many(30), ...large], gpt)).toEqual([]);
  });

  it('include those before the last 600 images, 100 for a window of 200,000 tokens, 500 for GPT', () => {
    const files = many(602);
    expect(leftOut(files)).toEqual([0, 1].map((index) => [index, 'a request may have 600 images at most']));
    expect(leftOut(files, modelOf('duo-chat-haiku-4-5'))).toHaveLength(502);
    expect(leftOut(files, gpt)).toHaveLength(102);
  });

  it('include documents for a model that reads none, unless their URL is sent as text', () => {
    const files = [
      pdfPart('a.pdf'),
      { type: 'file' as const, mediaType: 'application/pdf', url: 'https://example.com/a' },
    ];
    expect(leftOut(files, chatGpt)).toEqual([[0, 'the model reads no PDF documents']]);
    expect(leftOut(files, modelOf('duo-chat-gpt-5-codex'))).toHaveLength(2);
    expect(leftOut(files)).toEqual([]);
    expect(leftOut([imagePart()], { ...claude, inputs: ['text'] })).toEqual([[0, 'the model reads no images']]);
  });

  // "image exceeds 10 MB maximum: 11174516 bytes > 10485760 bytes": what counts is the length in base64.
  it('include images of more than 10 MB in base64 for Claude', () => {
    const image = heavyImage(8_000_000);
    expect(leftOut([image])).toEqual([[0, 'it takes more than 10 MB in base64']]);
    expect(leftOut([image], gpt)).toEqual([]);
    expect(leftOut([heavyImage(7_800_000)])).toEqual([]);
  });

  it('include the oldest files if all together are too large for a request', () => {
    const files = [1, 2, 3, 4].map(() => heavyDocument(6_000_000));
    expect(leftOut(files)).toEqual([[0, 'the files of a request may take 28 MB in base64 at most']]);
    expect(leftOut(files, gpt)).toEqual([]);
  });

  it('include files whose content does not match their type', () => {
    expect(leftOut([{ ...imagePart(), mediaType: 'image/gif' }, imagePart()])).toEqual([
      [0, 'it says that it is image/gif, and its content is image/png'],
    ]);
  });

  it('stay omitted while a chat grows', () => {
    const files = Array.from({ length: 120 }, (_, index) => imagePart([1 + ((index * 977) % 4_000), 10]));
    let before: number[] = [];
    for (let end = 1; end <= files.length; end += 1) {
      const now = leftOut(files.slice(0, end)).map(([index]) => index);
      expect(now).toEqual(expect.arrayContaining(before));
      before = now;
    }
    expect(before.length).toBeGreaterThan(20);
  });
});

it('are named in an error that says what to do', () => {
  expect(() => {
    checkFilesFor(claude, [imagePart(), imagePart([9_000, 10], 'wide.png')]);
  }).toThrow(
    expect.objectContaining({
      code: 'validation_failed',
      message:
        'The file "wide.png" does not go to duo-chat-sonnet-4-6: it is 9000 × 10 pixels, and no side may have more than 8000. Send less or a smaller file, or use another model.',
    }),
  );
});
