import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

class LimitDto {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

/** The query of `GET /chats`. */
export class ChatPageDto extends LimitDto {
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

/** The query of `GET /chats/:id/messages`; `after` is a sequence number. */
export class MessagePageDto extends LimitDto {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(-1)
  after?: number;
}
