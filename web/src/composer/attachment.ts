import { type FileUIPart } from 'ai';

/** What models read besides text, by media type. */
export const MEDIA_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf'];

const MAX_FILE_BYTES = 10 * 1024 * 1024;

/**
 * Reads a file that a person has chosen.
 * @throws Error that says which files can be attached
 */
export async function readAttachment(file: File): Promise<FileUIPart> {
  if (!MEDIA_TYPES.includes(file.type)) {
    throw new Error(`${file.name} is neither an image nor a PDF. Attach PNG, JPEG, GIF, WebP or PDF files.`);
  }
  if (file.size > MAX_FILE_BYTES) throw new Error(`${file.name} is larger than 10 MB. Attach a smaller file.`);
  return { type: 'file', mediaType: file.type, filename: file.name, url: await dataUrl(file) };
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as string);
    };
    reader.onerror = () => {
      reject(new Error(`${file.name} cannot be read. Choose it again.`));
    };
    reader.readAsDataURL(file);
  });
}
