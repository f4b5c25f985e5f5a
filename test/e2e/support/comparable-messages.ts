import { type UIMessage } from 'ai';
import { type UiMessage } from '../../../src/ui/index.js';

/** Messages without what clients of one version keep beside them, and the others do not. */
export function comparableMessages(messages: readonly (UIMessage | UiMessage)[]): unknown {
  return JSON.parse(
    JSON.stringify(
      messages.map(({ id, role, metadata, parts }) => ({
        id,
        role,
        ...(role === 'assistant' && { metadata }),
        parts: parts.map((part) => {
          const { id: _id, state, ...kept } = part as UiMessage['parts'][number] & { id?: string; state?: string };
          return role === 'user' ? kept : { ...kept, ...(part.type !== 'step-start' && { state }) };
        }),
      })),
    ),
  );
}
