import { type FilePart, type Part, type TextPart } from '../messages/part.interface.js';
import { checkedFile } from '../models/file-check.js';
import { listAt, objectAt, optional, textAt } from './fields.js';
import { forParam, ParamError } from './param.error.js';

const DATA_URL = /^data:([^;,]+);base64,/i;
/** The vendors fetch an image by its URL, and look at what they get. */
const ANY_IMAGE = 'image/jpeg';

/** What a user says: a text, or parts. */
export function readContent(content: unknown, param: string, ignored: Set<string>): Part[] {
  if (typeof content === 'string') return textParts(content);
  return listAt(content, param).flatMap((item, index) => readPart(item, `${param}[${index}]`, ignored));
}

/** The text of a message that has nothing else. */
export function readText(content: unknown, param: string): TextPart[] {
  if (typeof content === 'string') return textParts(content);
  return listAt(content, param).flatMap((item, index) => {
    const at = `${param}[${index}]`;
    const { type, text, refusal } = objectAt(item, at);
    if (type === 'text') return textParts(textAt(text, `${at}.text`));
    if (type === 'refusal') return textParts(textAt(refusal, `${at}.refusal`));
    throw unsupported(at, type);
  });
}

function textParts(text: string): TextPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function readPart(item: unknown, param: string, ignored: Set<string>): Part[] {
  const part = objectAt(item, param);
  switch (part.type) {
    case 'text':
      return textParts(textAt(part.text, `${param}.text`));
    case 'image_url': {
      const { url, detail } = objectAt(part.image_url, `${param}.image_url`);
      if (detail !== undefined) ignored.add('image_url.detail');
      return [fileAt(textAt(url, `${param}.image_url.url`), `${param}.image_url.url`)];
    }
    case 'file': {
      const { file_data: data, filename, file_id: id } = objectAt(part.file, `${param}.file`);
      if (id !== undefined) {
        throw new ParamError(
          `${param}.file.file_id`,
          'There are no uploaded files here: send file_data.',
          'unsupported_parameter',
        );
      }
      const at = `${param}.file.file_data`;
      return [fileAt(textAt(data, at), at, optional(filename, `${param}.file.filename`, textAt))];
    }
    default:
      throw unsupported(param, part.type);
  }
}

function fileAt(url: string, param: string, filename?: string): FilePart {
  const mediaType = DATA_URL.exec(url)?.[1];
  const source = mediaType === undefined ? { url } : { data: url.slice(url.indexOf(',') + 1) };
  return forParam(param, () => checkedFile({ type: 'file', mediaType: mediaType ?? ANY_IMAGE, ...source, filename }));
}

function unsupported(param: string, type: unknown): ParamError {
  return new ParamError(
    `${param}.type`,
    `${param}.type is ${JSON.stringify(type)}, which cannot be sent here.`,
    'unsupported_value',
  );
}
