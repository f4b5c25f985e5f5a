import { imageSides, type ImageSides } from './image-sides.js';
import { type FilePart } from './part.interface.js';

/** What a file is by its first bytes. */
export interface FileContent {
  /** The media type of these bytes; `undefined` if the models do not read it. */
  mediaType: string | undefined;
  /** Of an image; `undefined` where its header does not tell them, or not near the start of the file. */
  sides?: ImageSides;
  /** Set where the header of an image breaks off or makes no sense. */
  isDamaged?: true;
}

// In characters of base64: each four stand for three whole bytes.
const HEAD = 1_368;
/** A JPEG may have comments, colour profiles and thumbnails before its sides. */
const LONG_HEAD = 699_056;
/** A PDF may have other bytes before its header. */
const PDF_HEADER_BYTES = 1_024;

const known = new WeakMap<FilePart, FileContent>();

/** What the bytes of a file say, by its head alone; `undefined` where it has only a URL. */
export function fileContent(part: FilePart): FileContent | undefined {
  const { data } = part;
  if (data === undefined) return undefined;
  let content = known.get(part);
  if (content === undefined) {
    content = readContent(data);
    known.set(part, content);
  }
  return content;
}

function readContent(data: string): FileContent {
  const mediaType = mediaTypeOf(headOf(data, HEAD).toString('latin1'));
  if (mediaType === undefined || mediaType === 'application/pdf') return { mediaType };
  const length = mediaType === 'image/jpeg' ? LONG_HEAD : HEAD;
  const sides = imageSides(mediaType, headOf(data, length));
  if (sides) return { mediaType, sides };
  return { mediaType, ...(data.length <= length && { isDamaged: true }) };
}

function headOf(data: string, length: number): Buffer {
  return Buffer.from(data.slice(0, length), 'base64');
}

/** The type by its magic bytes. */
function mediaTypeOf(head: string): string | undefined {
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(head)) return 'image/gif';
  if (/^RIFF[^]{4}WEBP/.test(head)) return 'image/webp';
  return head.slice(0, PDF_HEADER_BYTES).includes('%PDF-') ? 'application/pdf' : undefined;
}
