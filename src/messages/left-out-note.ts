import { type FilePart, type Part, type TextPart } from './part.interface.js';

/** What stands in a request where a part would, for the model to know of it. */
export function leftOutNote(part: Part | FilePart, reason: string): TextPart {
  return { type: 'text', text: `[${titleOf(part)} left out: ${reason}]` };
}

/** The reason where a vendor has refused the part. */
export function refusedBecause(words: string): string {
  return `the model's vendor refused it (${words})`;
}

function titleOf(part: Part): string {
  switch (part.type) {
    case 'file': {
      const kind = /^image\//i.test(part.mediaType) ? 'image' : 'document';
      return part.filename === undefined ? kind : `${kind} ${part.filename}`;
    }
    case 'tool-call':
      return `call of the tool ${part.name}`;
    case 'tool-result':
      return `result of the tool ${part.name}`;
    default:
      return part.type;
  }
}
