import { describe, expect, it } from '@jest/globals';
import { fileContent } from '../../../src/messages/file-content.js';
import { type FilePart } from '../../../src/messages/part.interface.js';
import { checkFile } from '../../../src/models/file-check.js';
import { checkFilesFor, leftOutFiles } from '../../../src/models/file-fit.js';
import { filePart, imagePart, images, jpeg, pdf, pdfPart } from '../../sample-files.js';
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

const types = Object.keys(images);
const refusal = (part: FilePart): string => {
  try {
    checkFile(part);
    return 'none';
  } catch (error) {
    expect(error).toMatchObject({ code: 'validation_failed' });
    return (error as Error).message;
  }
};

describe('The file check before storing', () => {
  it.each(types)('reads the sides of an image of type %s from its header', (type) => {
    const part = imagePart([4_321, 8_765], 'a', type);
    expect(refusal(part)).toBe('none');
    expect(fileContent(part)).toEqual({ mediaType: type, sides: { width: 4_321, height: 8_765 } });
  });

  // The vendors say "The image was specified using the image/jpeg media type, but the image appears to be a image/png image".
  it.each(types.flatMap((said) => types.filter((type) => type !== said).map((type) => [said, type] as const)))(
    'refuses a file declared as %s that is %s, and explains it',
    (said, type) => {
      const part: FilePart = { ...imagePart([1, 1], 'a.x', type), mediaType: said };
      expect(refusal(part)).toBe(
        `The file "a.x" cannot be read: it says that it is ${said}, and its content is ${type}. Set its mediaType to that.`,
      );
    },
  );

  it('accepts a media type in any letter case', () => {
    expect(refusal({ ...imagePart(), mediaType: 'Image/PNG' })).toBe('none');
  });

  it.each([
    ['a page that says that the image was not found', 'image/jpeg', '<html><body>404</body></html>'],
    ['a bitmap', 'image/png', 'BM\0\0\0\0'],
    ['nothing but zeros', 'image/webp', '\0'.repeat(5_000)],
    ['a text for a document', 'application/pdf', 'Chapter one'],
    // The header may stand behind 1,024 other bytes at most: Acrobat's implementation note to ISO 32000-1, 7.5.2.
    ['a document whose header comes too late', 'application/pdf', `${' '.repeat(1_024)}%PDF-1.4\n%%EOF`],
  ])('refuses %s', (_name, mediaType, content) => {
    expect(refusal(filePart(mediaType, Buffer.from(content, 'latin1'), 'a'))).toBe(
      `The file "a" cannot be read: it says that it is ${mediaType}, and its content does not begin like one. Send the file itself, in base64.`,
    );
  });

  it('accepts a document with other bytes before its header', () => {
    expect(refusal(pdfPart('a', Buffer.concat([Buffer.alloc(1_019, '\n'), pdf()])))).toBe('none');
  });

  it.each(types)('refuses an image of type %s with a truncated header, whatever follows it in memory', (type) => {
    const whole = images[type]?.([300, 200]) ?? Buffer.alloc(0);
    const ends = type === 'image/jpeg' ? [3, 10, 22, 25] : [12, 16, 20];
    for (const end of type === 'image/gif' ? [6, 8] : ends) {
      expect([end, refusal(filePart(type, whole.subarray(0, end), 'a'))]).toEqual([
        end,
        'The file "a" cannot be read: it is cut off or damaged near its start. Send the whole file.',
      ]);
    }
  });

  it('refuses an image with a side of 0', () => {
    expect(refusal(imagePart([0, 5]))).toContain('damaged');
  });

  it('finds the sides of a JPEG after much metadata, and accepts one with endless metadata', () => {
    const far = filePart('image/jpeg', jpeg([9_000, 10], 400_000));
    expect(refusal(far)).toBe('none');
    expect(fileContent(far)?.sides).toEqual({ width: 9_000, height: 10 });
    const farther = filePart('image/jpeg', jpeg([9_000, 10], 900_000));
    expect(refusal(farther)).toBe('none');
    expect(fileContent(farther)).toEqual({ mediaType: 'image/jpeg' });
  });

  it('skips fill bytes before a JPEG marker', () => {
    const image = jpeg([5, 6]);
    const filled = Buffer.concat([image.subarray(0, 2), Buffer.from([0xff, 0xff]), image.subarray(2)]);
    expect(fileContent(filePart('image/jpeg', filled))?.sides).toEqual({ width: 5, height: 6 });
  });

  it.each([
    ['a data URL', `data:image/png;base64,${imagePart().data}`, 'leave out what stands before it, up to the comma'],
    ['other text', '\u0089PNG', "give buffer.toString('base64')"],
    ['base64 of URLs', '-_-_', "give buffer.toString('base64')"],
  ])('refuses %s as base64, with advice', (_name, data, advice) => {
    expect(refusal({ ...imagePart([1, 1], 'a'), data })).toBe(`The data of the file "a" is not base64: ${advice}.`);
  });

  it('accepts a file by URL unchecked', () => {
    expect(refusal({ type: 'file', mediaType: 'image/png', url: 'https://example.com/a.gif' })).toBe('none');
  });

  it('terminates for circular headers', () => {
    const heads = [0, 0xff, 1].map((byte) => Buffer.alloc(1_000_000, byte));
    const nested = Buffer.from(Array.from({ length: 500_000 }, (_, index) => (index % 4 === 0 ? 0xff : 2)));
    for (const head of [...heads, nested]) {
      for (const start of ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'RIFF0000WEBPVP8 ']) {
        head.write(start, 'latin1');
        expect(fileContent(filePart('image/gif', head))?.mediaType).toMatch(/^image/);
      }
    }
  });
});
