import { type JsonObject } from '../../messages/json.interface.js';

/** A body for each call that takes one: what a page of the docs fills in, and what is taken as it is. */
export const bodyExamples = {
  NewChatBody: { title: 'Locks', instructions: 'Be brief.', metadata: { ticket: 7 } },
  ChatBody: { title: 'Locks in PostgreSQL', params: { maxOutputTokens: 1_000 }, metadata: { ticket: 8 } },
  MessageBody: { content: 'What does SELECT … FOR UPDATE lock?' },
  CompletionBody: {},
  DenialBody: { reason: 'Not before the audit.' },
} satisfies Record<string, JsonObject>;

/** The name of a schema of a body. */
export type BodyName = keyof typeof bodyExamples;
