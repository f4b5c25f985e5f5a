import { ValidationError } from '../errors/request.errors.js';
import { type FilePart } from '../messages/part.interface.js';
import { checkedFile } from '../models/file-check.js';

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_CHARACTERS = Math.ceil(MAX_BYTES / 3) * 4;

/**
 * A tool result with files; see `toolFiles()`.
 * @publicApi
 */
export class ToolFiles {
  constructor(
    readonly content: unknown,
    readonly files: readonly FilePart[],
  ) {}
}

/**
 * Makes a tool result with images or PDF documents for the model, at most 10 MB each.
 * @example
 * return toolFiles('Sales by month', [{ type: 'file', mediaType: 'image/png', data: png.toString('base64') }]);
 * @publicApi
 */
export function toolFiles(content: unknown, files: readonly FilePart[]): ToolFiles {
  return new ToolFiles(content, files);
}

/**
 * Checks files and returns copies that have only the properties of a file.
 * @throws ValidationError for a file that the models cannot read: once stored, it would block the chat
 */
export function checkedFiles(files: readonly FilePart[]): FilePart[] {
  return files.map((file) => {
    const checked = checkedFile(file);
    checkSize(checked);
    return checked;
  });
}

function checkSize({ data = '', filename, mediaType }: FilePart): void {
  if (data.length <= MAX_CHARACTERS) return;
  const name = filename ?? mediaType;
  throw new ValidationError(`The file "${name}" is larger than 10 MB. Make it smaller, or give its url.`);
}
