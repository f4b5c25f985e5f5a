import { decodeBase64, readImage, readPdf } from '../files/file-bytes.js';
import { refuse } from './errors.js';

const DATA_URL = /^data:([^;,]*);base64,([^]*)$/;
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
/** In a request. */
const MAX_IMAGES = 500;

/** The wording of an API's errors about images. */
export interface ImageWords {
  /** The beginning of errors about an image URL. */
  title: string;
  /** Refuses an unreadable image; the error never says which. */
  refuseUnreadable: () => never;
}

/** Refuses an image whose URL is a data URL of another type, or whose bytes no decoder can read. */
export function checkImageUrl(url: string, place: string, { title, refuseUnreadable }: ImageWords): void {
  if (/^https?:/.test(url)) return;
  const [, type = '', data = ''] = DATA_URL.exec(url) ?? [];
  const bytes = decodeBase64(data);
  const found = !url.startsWith('data:')
    ? "a value without the 'data:' prefix"
    : !IMAGE_TYPES.includes(type)
      ? `unsupported MIME type '${type}'`
      : data === ''
        ? 'empty base64-encoded bytes'
        : !bytes && 'an invalid base64-encoded value';
  if (found) {
    refuse(
      `${title} '${place}'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got ${found}.`,
      place,
      'invalid_value',
    );
  }
  if (bytes && !readImage(bytes)) refuseUnreadable();
}

/** Refuses a document that is not a PDF in a data URL, or that cannot be read. */
export function checkFileData(url: string, place: string): void {
  const [, type = '', data = ''] = DATA_URL.exec(url) ?? [];
  const bytes = decodeBase64(data);
  const found =
    type !== 'application/pdf'
      ? `unsupported MIME type '${type}'`
      : !(bytes && readPdf(bytes)) && 'an invalid base64-encoded value';
  if (found) {
    refuse(
      `Invalid file data: '${place}'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ=='), but got ${found}.`,
      place,
      'invalid_value',
    );
  }
}

/** Refuses more images than a request may have. */
export function checkImageCount(count: number): void {
  if (count > MAX_IMAGES) refuse(`Too many images in request. Max is ${MAX_IMAGES}.`, null, 'too_many_images');
}
