import { FILE_LIMIT, FILES_LIMIT, inMegabytes, TEXT_LIMIT } from '../body-limits.js';
import { type ChatDto, type NewChatDto } from '../dto/chat.dto.js';
import { type AttachmentDto, type CompletionDto, type MessageDto } from '../dto/message.dto.js';
import { MAX_TOKENS, type ParamsDto, type ThinkingDto } from '../dto/params.dto.js';
import { type DenialDto } from '../dto/tool-call.dto.js';
import {
  anyObject,
  array,
  component,
  effort,
  integer,
  nullable,
  object,
  optional,
  type Schema,
  text,
} from './schema.js';

const model = optional(text('A Duo model id, for this answer alone.', { minLength: 1 }));
const atMost = (bytes: number): string => `at most ${inMegabytes(bytes)}`;

const chatBody = {
  model: optional(text('A Duo model id; for a new chat the server’s own choice when unset.', { minLength: 1 })),
  title: optional(nullable(text(undefined, { maxLength: 500 }))),
  instructions: optional(
    text(`What the model is told before the first message; ${atMost(TEXT_LIMIT)}.`, { minLength: 1 }),
  ),
  params: optional(component('Params')),
  metadata: optional({ ...anyObject, description: `The application’s own; ${atMost(TEXT_LIMIT)} as JSON.` }),
};

/** What is sent, by its names in the document. */
export const bodySchemas: Record<string, Schema> = {
  Thinking: object<ThinkingDto>(
    {
      effort: optional(effort),
      budgetTokens: optional(integer(undefined, { minimum: 1024, maximum: MAX_TOKENS })),
    },
    'How much the model may think: by effort or by tokens, one of the two. Each model gets the nearest that it takes; `none` turns thinking off, or down to the least that the model can do.',
  ),
  Params: object<ParamsDto>({
    temperature: optional({ type: 'number', minimum: 0, maximum: 2 }),
    topP: optional({ type: 'number', minimum: 0, maximum: 1 }),
    maxOutputTokens: optional(
      integer('Thinking included: a model that thinks may use it up before it says a word.', { minimum: 1 }),
    ),
    stopSequences: optional(array(text(undefined, { minLength: 1 }), { maxItems: 16 })),
    thinking: optional(component('Thinking')),
  }),
  NewChatBody: object<NewChatDto>(
    {
      agent: optional(text('The name of an agent of the application; none when unset.', { minLength: 1 })),
      ...chatBody,
    },
    'What is given besides the agent wins over what the agent says.',
  ),
  ChatBody: object<ChatDto>(chatBody, 'What is left out stays as it is.'),
  Attachment: object<AttachmentDto>(
    {
      mediaType: text('image/jpeg, image/png, image/gif, image/webp or application/pdf.'),
      data: optional(text(`The content in base64; ${atMost(FILE_LIMIT)} decoded.`)),
      url: optional(text('An https address that the vendor fetches, in place of `data`.')),
      filename: optional(text(undefined, { maxLength: 255 })),
    },
    'An image or a PDF document: `data` or `url`.',
  ),
  MessageBody: object<MessageDto>({
    content: text(`${atMost(TEXT_LIMIT)}.`, { minLength: 1 }),
    attachments: optional(
      array(component('Attachment'), { maxItems: 20, description: `${atMost(FILES_LIMIT)} together, decoded.` }),
    ),
    model,
  }),
  CompletionBody: object<CompletionDto>({ model }),
  DenialBody: object<DenialDto>({ reason: optional(text('What the model is told.', { maxLength: 2_000 })) }),
};
