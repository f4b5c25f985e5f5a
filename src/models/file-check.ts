import { ValidationError } from '../errors/request.errors.js';
import { isBase64 } from '../messages/base64.js';
import { fileContent } from '../messages/file-content.js';
import { fileSource } from '../messages/file-source.js';
import { type FilePart } from '../messages/part.interface.js';
import { sanitizeText } from '../messages/text.js';

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
  const found = contentProblem(part);
  if (found) throw new ValidationError(`The file "${name}" cannot be read: ${found.problem}. ${found.advice}`);
}

/**
 * A file as it is stored: another object than the given one, which may be given again, with nothing but what a file has.
 * @throws ValidationError like `checkFile`
 */
export function checkedFile(part: FilePart): FilePart {
  checkFile(part);
  const { mediaType, filename, ...source } = fileSource(part);
  const content = 'url' in source ? { url: source.url } : { data: source.data };
  return { type: 'file', mediaType, ...content, ...(filename !== undefined && { filename: sanitizeText(filename) }) };
}

/** What is wrong with the bytes of a file, and what to do about it. */
export interface ContentProblem {
  problem: string;
  advice: string;
}

/** Looks at the head of a file; undefined where nothing is wrong with it, or only its URL is known. */
export function contentProblem(part: FilePart): ContentProblem | undefined {
  const content = fileContent(part);
  if (content === undefined) return undefined;
  const said = part.mediaType.toLowerCase();
  const { mediaType, isDamaged } = content;
  if (mediaType === undefined) {
    const problem = `it says that it is ${said}, and its content does not begin like one`;
    return { problem, advice: 'Send the file itself, in base64.' };
  }
  if (mediaType !== said) {
    return {
      problem: `it says that it is ${said}, and its content is ${mediaType}`,
      advice: 'Set its mediaType to that.',
    };
  }
  return isDamaged && { problem: 'it is cut off or damaged near its start', advice: 'Send the whole file.' };
}
