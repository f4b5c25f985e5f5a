import { type FilePart } from '../src/messages/part.interface.js';

/** With its content. */
type StoredFile = FilePart & { data: string };

type Sides = readonly [width: number, height: number];

/** Whole images as far as a header goes: of these sides, and without a picture. */
export const images: Record<string, (sides?: Sides) => Buffer> = {
  'image/png': png,
  'image/jpeg': jpeg,
  'image/gif': ([width, height] = [1, 1]) => {
    const header = Buffer.from('GIF89a\0\0\0\0\0\0\0;', 'latin1');
    header.writeUInt16LE(width, 6);
    header.writeUInt16LE(height, 8);
    return header;
  },
  'image/webp': ([width, height] = [1, 1]) => {
    const header = Buffer.from('RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
    header.writeUIntLE(width - 1, 24, 3);
    header.writeUIntLE(height - 1, 27, 3);
    return header;
  },
};

function png([width, height]: Sides = [1, 1]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const chunks = [chunk('IHDR', header), chunk('IDAT'), chunk('IEND')];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

/** A JPEG with so many bytes of metadata before its sides. */
export function jpeg([width, height]: Sides = [1, 1], metadata = 0): Buffer {
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  const comments = Array.from({ length: Math.ceil(metadata / 65_000) }, () =>
    segment(0xe1, Buffer.alloc(65_000, 0xff)),
  );
  const parts = [
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    ...comments,
    segment(0xc0, frame),
  ];
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...parts, Buffer.from([0xff, 0xd9])]);
}

/** A document of so many pages, with what else its trailer has. */
export function pdf(pages = 1, trailer = ''): Buffer {
  const list = Array.from({ length: pages }, (_, index) => `${index + 3} 0 obj<</Type/Page/Parent 2 0 R>>endobj\n`);
  return Buffer.from(
    `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count ${pages}>>endobj\n${list.join('')}trailer<</Root 1 0 R${trailer}>>\n%%EOF\n`,
  );
}

/** An image of these sides, as a part of a message. */
export function imagePart(sides?: Sides, filename?: string, mediaType = 'image/png'): StoredFile {
  return filePart(mediaType, images[mediaType]?.(sides) ?? Buffer.alloc(0), filename);
}

/** A document, as a part of a message. */
export function pdfPart(filename?: string, content = pdf()): StoredFile {
  return filePart('application/pdf', content, filename);
}

/** A file, as a part of a message. */
export function filePart(mediaType: string, content: Buffer, filename?: string): StoredFile {
  return { type: 'file', mediaType, data: content.toString('base64'), ...(filename !== undefined && { filename }) };
}

/** An image that begins as it should, so that only who decodes it sees that its end is missing. */
export function brokenImage(filename?: string): StoredFile {
  return filePart('image/png', png().subarray(0, -12), filename);
}

function chunk(type: string, content = Buffer.alloc(0)): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, Buffer.from(type), content, Buffer.alloc(4)]);
}

function segment(type: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, type, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}
