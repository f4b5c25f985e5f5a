import { Type } from 'class-transformer';
import { IsInt, IsUUID, Max, Min } from 'class-validator';
import { CHAT_PAGE, MESSAGE_PAGE } from '../../chats/page.js';
import { Optional } from './optional.decorator.js';

/** The query of `GET /chats`. */
export class ChatPageDto {
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(CHAT_PAGE.most)
  limit?: number;

  @Optional()
  @IsUUID()
  cursor?: string;
}

/** The query of `GET /chats/:id/messages`; `after` is a sequence number. */
export class MessagePageDto {
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MESSAGE_PAGE.most)
  limit?: number;

  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(-1)
  after?: number;
}
