import { imageSize } from 'image-size';

/** An image, as far as a vendor looks at it. */
export interface ReadImage {
  mediaType: string;
  /** The longer side, in pixels. */
  side: number;
}

/** A PDF document, as far as a vendor looks at it. */
export interface ReadPdf {
  pages: number;
  isEncrypted: boolean;
}

/** The bytes that a text in base64 stands for; undefined where it is not base64. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
    ? bytes
    : undefined;
}

/** How images of each type begin, and what a whole one ends with. */
const IMAGES: Record<string, readonly [start: RegExp, end: RegExp]> = {
  'image/png': [/^\x89PNG\r\n\x1a\n/, /IEND/],
  'image/jpeg': [/^\xff\xd8\xff/, /\xff\xd9/],
  'image/gif': [/^GIF8[79]a/, /;$/],
  'image/webp': [/^RIFF[^]{4}WEBP/, /$/],
};

/** The media type by the first bytes; undefined where they are none of the four that the vendors read. */
export function typeOfImage(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 16);
  return Object.keys(IMAGES).find((type) => IMAGES[type]?.[0].test(start));
}

/** The image; undefined where a decoder would fail, for a header that makes no sense or an end that is missing. */
export function readImage(bytes: Buffer): ReadImage | undefined {
  const mediaType = typeOfImage(bytes);
  const end = bytes.subarray(-64).toString('latin1');
  if (mediaType === undefined || IMAGES[mediaType]?.[1].test(end) === false) return undefined;
  try {
    const { width, height } = imageSize(new Uint8Array(bytes));
    return { mediaType, side: Math.max(width, height) };
  } catch {
    return undefined;
  }
}

/** The document; undefined where it is none. */
export function readPdf(bytes: Buffer): ReadPdf | undefined {
  const text = bytes.toString('latin1');
  if (!text.slice(0, 1_024).includes('%PDF-') || !text.includes('%%EOF')) return undefined;
  return { pages: text.match(/\/Type\s*\/Page\b/g)?.length ?? 0, isEncrypted: text.includes('/Encrypt') };
}
