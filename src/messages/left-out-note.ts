import { type FilePart, type TextPart } from './part.interface.js';

/** What stands in a request where a file would, for the model to know of it. */
export function leftOutNote({ mediaType, filename }: FilePart, reason: string): TextPart {
  const kind = /^image\//i.test(mediaType) ? 'image' : 'document';
  const name = filename === undefined ? kind : `${kind} ${filename}`;
  return { type: 'text', text: `[${name} left out: ${reason}]` };
}
