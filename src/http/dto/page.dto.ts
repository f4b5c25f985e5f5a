import { Type } from 'class-transformer';
import { IsInt, IsUUID, Max, Min } from 'class-validator';
import { Optional } from './optional.decorator.js';

class LimitDto {
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

/** The query of `GET /chats`. */
export class ChatPageDto extends LimitDto {
  @Optional()
  @IsUUID()
  cursor?: string;
}

/** The query of `GET /chats/:id/messages`; `after` is a sequence number. */
export class MessagePageDto extends LimitDto {
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(-1)
  after?: number;
}
