import {
  type FinishReason,
  type MessageRecord,
  type MessageStatus,
  type Role,
  type Usage,
} from '../../messages/message.interface.js';
import {
  type Api,
  type FilePart,
  type PromptPart,
  type Part,
  type ReasoningPart,
  type Rejectable,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
  type VendorPart,
} from '../../messages/part.interface.js';
import { type ChatUsage, type ModelUsage } from '../../messages/usage-report.js';
import {
  anyObject,
  array,
  component,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  text,
  time,
  uuid,
} from './schema.js';

export const role = oneOf<Role>({ system: true, user: true, assistant: true, tool: true });

export const finishReason = oneOf<FinishReason>(
  {
    stop: true,
    length: true,
    'tool-calls': true,
    refusal: true,
    'content-filter': true,
    pause: true,
    'context-window': true,
    other: true,
  },
  'Why the model stopped.',
);

export const api = oneOf<Api>({ 'anthropic-messages': true, 'openai-chat': true, 'openai-responses': true });

const tokens = integer(undefined, { minimum: 0 });

/** Why a part was left out. */
const rejected = optional({
  type: 'object',
  description: 'Why a vendor refused it, in the vendor’s words: requests to that vendor have a note in its place.',
  properties: { anthropic: text(), openai: text() },
  additionalProperties: false,
});

const file = object<FilePart>(
  {
    type: { const: 'file' },
    mediaType: text(),
    data: optional(text('The content in base64.')),
    url: optional(text()),
    filename: optional(text()),
    rejected,
  },
  'An image or a PDF document: `data` or `url`.',
);

/** A field of a call whose `arguments` are empty because they could not be parsed. */
export const malformed = optional(
  text('The beginning of the arguments, if they are not a JSON object that can be accepted.'),
);

/** A field of a call whose `arguments` are empty because they were refused. */
export const problem = optional(
  text('Why a JSON object is not accepted: it is nested too deeply, or a number would lose digits.'),
);

const parts: { [Type in Part['type']]: Schema } = {
  text: object<TextPart>({
    type: { const: 'text' },
    text: text(),
    phase: optional(text('What the model says the text is, such as `commentary` or `final_answer`.')),
    rejected,
  }),
  reasoning: object<ReasoningPart>(
    { type: { const: 'reasoning' }, text: text(), api, raw: optional(anyObject), rejected },
    'What a model thought before it answered; `raw` is the vendor’s own block.',
  ),
  file,
  'tool-call': object<ToolCallPart & Rejectable>({
    type: { const: 'tool-call' },
    id: text(),
    name: text(),
    arguments: anyObject,
    malformed,
    problem,
    rejected,
  }),
  'tool-result': object<ToolResultPart>({
    type: { const: 'tool-result' },
    id: text('Of the call.'),
    name: text(),
    content: { description: 'Any JSON value.' },
    files: optional(array(file)),
    isError: { type: 'boolean' },
    rejected,
  }),
  prompt: object<PromptPart>(
    { type: { const: 'prompt' }, text: text(), rejected },
    'What the application told the model, such as that its answer does not match the schema.',
  ),
  vendor: object<VendorPart>(
    { type: { const: 'vendor' }, api, raw: anyObject, rejected },
    'A block of a kind that only its vendor knows, such as a call of a tool that the vendor runs.',
  ),
};

const message = {
  id: uuid,
  chatId: uuid,
  seq: integer('The order of the messages of a chat: distinct and ascending.', { minimum: 0 }),
  role,
  status: oneOf<MessageStatus>(
    { complete: true, cancelled: true, failed: true, interrupted: true },
    'All but `complete` mark an answer that stopped half-way.',
  ),
  text: text('The text parts, joined.'),
  parts: array(component('Part')),
  model: nullable(text('The Duo id of the model that answered.')),
  finishReason: nullable(finishReason),
  finishDetail: nullable({
    ...anyObject,
    description: 'What the vendor told of that, as it came: `category` and `explanation` of a refusal by Claude.',
  }),
  runId: nullable(uuid),
  externalId: optional(text('The client’s own id of the message, if it gave one.')),
  supersededAt: optional({ ...time, description: 'When it was replaced or deleted: it is no longer replayed.' }),
  createdAt: time,
};

const tokenCounts: { [Name in keyof Usage]: Schema } = {
  inputTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: integer('The share of `outputTokens` that was spent on thinking.', { minimum: 0 }),
  cacheReadTokens: tokens,
  cacheWriteTokens: tokens,
};

const totals = {
  attempts: integer('The requests to the model: each retry is another one.', { minimum: 0 }),
  pendingAttempts: integer('Those among them that are under way.', { minimum: 0 }),
  unknownAttempts: integer(
    'Those among them that have ended without a last word on their cost: cancelled, cut, killed, or answered without any.',
    { minimum: 0 },
  ),
  ...tokenCounts,
};

/** Messages and their parts, by their names in the document. */
export const messageSchemas: Record<string, Schema> = {
  Usage: object<Usage>(tokenCounts, 'Tokens. The three kinds of input are disjoint.'),
  Part: {
    oneOf: Object.values(parts),
    description: 'A piece of a message. Pieces are in the order in which the model produced them.',
  },
  Message: object<MessageRecord>(message),
  Answer: object<MessageRecord & { usage: Usage }>(
    { ...message, usage: component('Usage') },
    'The assistant’s message, with what it cost.',
  ),
  ChatUsage: object<ChatUsage>({
    chatId: uuid,
    ...totals,
    models: array(object<ModelUsage>({ model: text('A Duo model id.'), ...totals })),
  }),
};
