import { type Type } from '@nestjs/common';
import { type JsonObject } from '../../messages/json.interface.js';
import { ChatDto, NewChatDto } from '../dto/chat.dto.js';
import { AttachmentDto, CompletionDto, MessageDto } from '../dto/message.dto.js';
import { ParamsDto, ThinkingDto } from '../dto/params.dto.js';
import { DenialDto } from '../dto/tool-call.dto.js';
import { component, type Schema } from './schema.js';
import { schemaFromDto } from './schema-from-dto.js';

/** The DTO of each body, by its name in the document. */
const bodies = {
  NewChatBody: NewChatDto,
  ChatBody: ChatDto,
  MessageBody: MessageDto,
  CompletionBody: CompletionDto,
  DenialBody: DenialDto,
};

/** The DTOs that bodies contain, by their names in the document. */
const nested = { Thinking: ThinkingDto, Params: ParamsDto, Attachment: AttachmentDto };

/** The name of a schema of a body. */
export type BodyName = keyof typeof bodies;

/** An example of each body. API explorers fill it in, and the API accepts it unchanged. */
export const bodyExamples = {
  NewChatBody: { title: 'Locks', instructions: 'Be brief.', metadata: { ticket: 7 } },
  ChatBody: { title: 'Locks in PostgreSQL', params: { maxOutputTokens: 1_000 }, metadata: { ticket: 8 } },
  MessageBody: { content: 'What does SELECT … FOR UPDATE lock?' },
  CompletionBody: {},
  DenialBody: { reason: 'Not before the audit.' },
} satisfies { [Name in BodyName]: InstanceType<(typeof bodies)[Name]> & JsonObject };

/** The schemas of all bodies, by their names in the document. */
export function bodySchemas(): Record<string, Schema> {
  const dtos: [name: string, dto: Type][] = Object.entries({ ...nested, ...bodies });
  const names = new Map(dtos.map(([name, dto]) => [dto, name]));
  const refTo = (dto: Type): Schema => component(names.get(dto) ?? dto.name);
  return Object.fromEntries(dtos.map(([name, dto]) => [name, schemaFromDto(dto, refTo)]));
}
