import { type ChatOnFinishCallback } from 'ai';
import { type ChatMessage } from '../server/server.interface.js';

type Finish = Parameters<ChatOnFinishCallback<ChatMessage>>[0];

/** What a person has to know about how an answer ended, and what to do; undefined for an ordinary end. */
export function finishNotice({ finishReason, isAbort, isDisconnect, isError }: Finish): string | undefined {
  // The page itself has left the stream, or says what went wrong elsewhere.
  if (isAbort || isDisconnect || isError) return undefined;
  switch (finishReason) {
    case undefined:
      return 'The answer was stopped. The text so far is kept.';
    case 'length':
      return 'The answer reached its limit of tokens. Ask for the rest.';
    case 'content-filter':
      return 'The model refused to answer. Change your message, or begin a new chat.';
    case 'interrupted':
      return 'The answer was interrupted. Regenerate it, or ask again.';
    default:
      return undefined;
  }
}
