import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { MESSAGE_PAGE } from '../../chats/page.js';
import { LIST_PAGE } from '../../conversation/page.js';
import { Optional, ToInteger } from './decorators.js';

/** PostgreSQL's largest integer. */
const MAX_SEQ = 2_147_483_647;

/** The query of `GET /chats`. */
export class ChatPageDto {
  @Optional()
  @ToInteger()
  @IsInt()
  @Min(1)
  @Max(LIST_PAGE.max)
  limit?: number;

  @Optional()
  @IsUUID()
  cursor?: string;
}

/** The query of `GET /chats/:id/messages`; `after` is a sequence number. */
export class MessagePageDto {
  @Optional()
  @ToInteger()
  @IsInt()
  @Min(1)
  @Max(MESSAGE_PAGE.max)
  limit?: number;

  @Optional()
  @ToInteger()
  @IsInt()
  @Min(-1)
  @Max(MAX_SEQ)
  after?: number;

  @Optional()
  @IsIn(['superseded'])
  include?: 'superseded';
}
