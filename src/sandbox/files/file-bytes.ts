import { imageSize } from 'image-size';

/** The properties of an image that a vendor checks. */
export interface ReadImage {
  mediaType: string;
  /** The longer side, in pixels. */
  side: number;
}

/** The properties of a PDF document that a vendor checks. */
export interface ReadPdf {
  pages: number;
  isEncrypted: boolean;
}

/** Decodes base64; undefined for a text that is not base64. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
    ? bytes
    : undefined;
}

/** The first bytes of each image type, and the last bytes of a complete image. */
const IMAGES: Record<string, readonly [start: RegExp, end: RegExp]> = {
  'image/png': [/^\x89PNG\r\n\x1a\n/, /IEND/],
  'image/jpeg': [/^\xff\xd8\xff/, /\xff\xd9/],
  'image/gif': [/^GIF8[79]a/, /;$/],
  'image/webp': [/^RIFF[^]{4}WEBP/, /$/],
};

/** The media type by the first bytes; undefined unless it is one of the four that the vendors read. */
export function typeOfImage(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 16);
  return Object.keys(IMAGES).find((type) => IMAGES[type]?.[0].test(start));
}

/** Reads an image; undefined if a decoder would fail because of an invalid header or a missing end. */
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

/** Reads a PDF document; undefined for other bytes. */
export function readPdf(bytes: Buffer): ReadPdf | undefined {
  const text = bytes.toString('latin1');
  if (!text.slice(0, 1_024).includes('%PDF-') || !text.includes('%%EOF')) return undefined;
  return { pages: text.match(/\/Type\s*\/Page\b/g)?.length ?? 0, isEncrypted: text.includes('/Encrypt') };
}
