import { type ChatMessage } from '../server/server.interface.js';

/** The text of a message, without what it thought, called or attached. */
export function textOf({ parts }: Pick<ChatMessage, 'parts'>): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
}
