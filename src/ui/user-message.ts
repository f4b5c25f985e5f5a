import { ValidationError } from '../errors/request.errors.js';
import { isObject } from '../messages/is-object.js';
import { textOf } from '../messages/text.js';
import { type FilePart, type TextPart } from '../messages/part.interface.js';
import { validationPipe } from '../http/validation.js';
import { UserMessageDto } from './user-message.dto.js';

/** What a user says. */
export interface Said {
  content: string;
  attachments: FilePart[];
}

const DATA_URL = /^data:([^,]*?)(;base64)?,/i;

/**
 * What the parts of a user's message say: its texts as one, in paragraphs, and its files; other parts are ignored.
 * @throws ValidationError, PayloadTooLargeError
 */
export async function saidBy(parts: readonly unknown[]): Promise<Said> {
  const content = textOf(parts.filter(isText));
  const attachments = parts.filter((part) => isObject(part) && part.type === 'file').map(attachment);
  const given = { content, ...(attachments.length > 0 && { attachments }) };
  await validationPipe().transform(given, { type: 'body', metatype: UserMessageDto });
  return { content, attachments: attachments.map((file) => ({ type: 'file', ...file })) };
}

function isText(part: unknown): part is TextPart {
  return isObject(part) && part.type === 'text' && typeof part.text === 'string';
}

/** @throws ValidationError for a file without an address */
function attachment(part: unknown): Omit<FilePart, 'type'> {
  const { mediaType, url, filename } = part as Record<string, unknown>;
  if (typeof url !== 'string' || typeof mediaType !== 'string') {
    throw new ValidationError('A file must have a mediaType and a url.');
  }
  const named = typeof filename === 'string' && { filename };
  const [head, , isBase64] = DATA_URL.exec(url) ?? [];
  if (head === undefined) return { mediaType, url, ...named };
  const body = url.slice(head.length);
  return { mediaType, data: isBase64 ? body : base64(body), ...named };
}

/** @throws ValidationError for a text that no URL can have */
function base64(body: string): string {
  try {
    return Buffer.from(decodeURIComponent(body)).toString('base64');
  } catch {
    throw new ValidationError('The data URL of a file must be in base64, or percent-encoded.');
  }
}
