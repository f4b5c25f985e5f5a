import { ValidationError } from '../errors/request.errors.js';
import { type FilePart } from './part.interface.js';

/** A file that the vendors take: its content, or where they can fetch it. */
export type FileSource = {
  kind: 'image' | 'pdf';
  mediaType: string;
  filename: string | undefined;
} & ({ data: string } | { url: string });

const images = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/**
 * Checks a file against what all vendors take.
 * @throws ValidationError for what is no file, for another media type, for a file without content or with two, and for a URL that is not http(s)
 */
export function fileSource(part: FilePart): FileSource {
  if (!isFile(part)) {
    throw new ValidationError(
      'A file must be an object with the "type" "file", a "mediaType", and either "data", the content in base64, or a "url", each of them a string.',
    );
  }
  const name = part.filename ?? part.mediaType;
  const mediaType = part.mediaType.toLowerCase();
  const kind = images.has(mediaType) ? 'image' : mediaType === 'application/pdf' ? 'pdf' : undefined;
  if (!kind) {
    throw new ValidationError(
      `The models cannot read the file "${name}" of the type "${part.mediaType}". Send a JPEG, PNG, GIF or WebP image or a PDF document, or put its text into the message.`,
    );
  }
  const file = { kind, mediaType, filename: part.filename } as const;
  if (part.data && part.url) {
    throw new ValidationError(`The file "${name}" has both "data" and "url". Set one of them.`);
  }
  if (part.data) return { ...file, data: part.data };
  if (part.url && /^https?:\/\//i.test(part.url)) return { ...file, url: part.url };
  throw new ValidationError(
    `The file "${name}" has no content. Set its "data" to the content in base64, or its "url" to an http(s) address.`,
  );
}

function isFile(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { type, mediaType, data, url, filename } = part as Record<keyof FilePart, unknown>;
  const isText = (value: unknown): boolean => typeof value === 'string';
  return (
    type === 'file' && isText(mediaType) && [data, url, filename].every((value) => value === undefined || isText(value))
  );
}

/** Where OpenAI reads the file: its own address, or a data URL. */
export function fileUrl(source: FileSource): string {
  return 'url' in source ? source.url : `data:${source.mediaType};base64,${source.data}`;
}
