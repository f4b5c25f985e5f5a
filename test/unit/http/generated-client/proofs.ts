// What the types that openapi-typescript makes of the document have in common with those of the server: everything.
import { type ChatDto, type NewChatDto } from '../../../../src/http/dto/chat.dto.js';
import { type AttachmentDto, type CompletionDto, type MessageDto } from '../../../../src/http/dto/message.dto.js';
import { type ParamsDto, type ThinkingDto } from '../../../../src/http/dto/params.dto.js';
import { type DenialDto } from '../../../../src/http/dto/tool-call.dto.js';
import { type ChatView } from '../../../../src/http/presenter.js';
import { type RunRecord } from '../../../../src/runs/run-record.interface.js';
import { type Problem } from '../../../../src/errors/problem.js';
import { type JsonValue } from '../../../../src/messages/json.interface.js';
import { type MessageRecord, type Usage } from '../../../../src/messages/message.interface.js';
import { type Part } from '../../../../src/messages/part.interface.js';
import { type ToolCallRecord } from '../../../../src/messages/tool-call.interface.js';
import { type ChatUsage } from '../../../../src/messages/usage-report.js';
import { type Model } from '../../../../src/models/model.interface.js';
import { type RunEvent } from '../../../../src/runs/run-event.interface.js';
import { type components } from './document.js';

type Schemas = components['schemas'];

/** A type in which all JSON of any form is one word: the document has it as unknown, the server as JSON. */
type Comparable<T> = unknown extends T
  ? 'json'
  : JsonValue extends T
    ? 'json'
    : T extends readonly (infer Item)[]
      ? Comparable<Item>[]
      : T extends object
        ? string extends keyof T
          ? 'object'
          : { [Key in keyof T]: Comparable<T[Key]> }
        : T;

/** Whether each fits the other; an optional property that only one of them has would fit too, hence the keys. */
type Same<Described, Real> = [Comparable<Described>, Comparable<Real>, keyof Described, keyof Real] extends [
  Comparable<Real>,
  Comparable<Described>,
  keyof Real,
  keyof Described,
]
  ? true
  : false;

type EventData<Type extends RunEvent['type']> = Omit<Extract<RunEvent, { type: Type }>, 'type'>;

type DescribedData<Type extends RunEvent['type']> = Extract<Schemas['RunEvent'], { event: Type }>['data'];

export const events: { [Type in RunEvent['type']]: Same<DescribedData<Type>, EventData<Type>> } = {
  'run-queued': true,
  'run-start': true,
  'message-start': true,
  'reasoning-delta': true,
  'text-delta': true,
  'tool-call': true,
  'tool-progress': true,
  'tool-result': true,
  'approval-required': true,
  reset: true,
  'part-rejected': true,
  'message-end': true,
  error: true,
  'run-end': true,
};

export const schemas = [
  true satisfies Same<Schemas['NewChatBody'], NewChatDto>,
  true satisfies Same<Schemas['ChatBody'], ChatDto>,
  true satisfies Same<Schemas['Params'], ParamsDto>,
  true satisfies Same<Schemas['Thinking'], ThinkingDto>,
  true satisfies Same<Schemas['MessageBody'], MessageDto>,
  true satisfies Same<Schemas['Attachment'], AttachmentDto>,
  true satisfies Same<Schemas['CompletionBody'], CompletionDto>,
  true satisfies Same<Schemas['DenialBody'], DenialDto>,
  true satisfies Same<Omit<Schemas['Chat'], 'params'>, Omit<ChatView, 'params'>>,
  true satisfies Same<Schemas['Message'], MessageRecord>,
  true satisfies Same<Schemas['Answer'], MessageRecord & { usage: Usage }>,
  true satisfies Same<Schemas['Part'], Part>,
  true satisfies Same<Schemas['Run'], RunRecord>,
  true satisfies Same<Schemas['ToolCall'], ToolCallRecord>,
  true satisfies Same<Schemas['ChatUsage'], ChatUsage>,
  true satisfies Same<Schemas['Model'], Model>,
  true satisfies Same<Schemas['Problem'], Problem>,
];
