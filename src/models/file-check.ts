import { ValidationError } from '../errors/request.errors.js';
import { isBase64 } from '../messages/base64.js';
import { fileContent } from '../messages/file-content.js';
import { fileSource } from '../messages/file-source.js';
import { type FilePart } from '../messages/part.interface.js';

/** A file with the URL of its content in front, as browsers write it. */
const DATA_URL = /^data:[^,]*;base64,/i;

/**
 * Checks a file before it is stored, as far as its head tells: what every vendor refuses would fail each request that
 * replays the chat.
 * @throws ValidationError that says what to do
 */
export function checkFile(part: FilePart): void {
  const source = fileSource(part);
  if (!('data' in source)) return;
  const { data, mediaType, filename } = source;
  const name = filename ?? mediaType;
  if (!isBase64(data)) {
    const advice = DATA_URL.test(data)
      ? 'leave out what stands before it, up to the comma'
      : "give buffer.toString('base64')";
    throw new ValidationError(`The data of the file "${name}" is not base64: ${advice}.`);
  }
  const problem = contentProblem(part);
  if (problem !== undefined) throw new ValidationError(`The file "${name}" ${problem}`);
}

/** What is wrong with the bytes of a file, and what to do about it; undefined where nothing is, or only a URL is known. */
export function contentProblem(part: FilePart): string | undefined {
  const content = fileContent(part);
  if (content === undefined) return undefined;
  const said = part.mediaType.toLowerCase();
  const { mediaType, isDamaged } = content;
  if (mediaType === undefined)
    return `is not of the type ${said}: its content does not begin like one. Send the file itself, in base64.`;
  if (mediaType !== said) return `is not of the type ${said}: its content is ${mediaType}. Set its mediaType to that.`;
  return isDamaged && 'cannot be read: it is cut off or damaged near its start. Send the whole file.';
}
