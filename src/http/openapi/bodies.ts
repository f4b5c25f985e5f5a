import { type Type } from '@nestjs/common';
import { type JsonObject } from '../../messages/json.interface.js';
import { ChatDto, NewChatDto } from '../dto/chat.dto.js';
import { AttachmentDto, CompletionDto, MessageDto } from '../dto/message.dto.js';
import { ParamsDto, ThinkingDto } from '../dto/params.dto.js';
import { DenialDto } from '../dto/tool-call.dto.js';
import { component, type Schema } from './schema.js';
import { schemaFromDto } from './schema-from-dto.js';

/** The DTO of each call that takes a body, by its name in the document. */
const bodies = {
  NewChatBody: NewChatDto,
  ChatBody: ChatDto,
  MessageBody: MessageDto,
  CompletionBody: CompletionDto,
  DenialBody: DenialDto,
};

/** What the bodies are made of. */
const nested = { Thinking: ThinkingDto, Params: ParamsDto, Attachment: AttachmentDto };

/** The name of a schema of a body. */
export type BodyName = keyof typeof bodies;

/** A body for each call that takes one: what a page of the docs fills in, and what is taken as it is. */
export const bodyExamples = {
  NewChatBody: { title: 'Locks', instructions: 'Be brief.', metadata: { ticket: 7 } },
  ChatBody: { title: 'Locks in PostgreSQL', params: { maxOutputTokens: 1_000 }, metadata: { ticket: 8 } },
  MessageBody: { content: 'What does SELECT … FOR UPDATE lock?' },
  CompletionBody: {},
  DenialBody: { reason: 'Not before the audit.' },
} satisfies { [Name in BodyName]: InstanceType<(typeof bodies)[Name]> & JsonObject };

/** What is sent, by its names in the document. */
export function bodySchemas(): Record<string, Schema> {
  const dtos: [name: string, dto: Type][] = Object.entries({ ...nested, ...bodies });
  const names = new Map(dtos.map(([name, dto]) => [dto, name]));
  const refTo = (dto: Type): Schema => component(names.get(dto) ?? dto.name);
  return Object.fromEntries(dtos.map(([name, dto]) => [name, schemaFromDto(dto, refTo)]));
}
