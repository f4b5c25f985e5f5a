import { IsIn, IsString, MaxLength } from 'class-validator';
import { Optional } from './optional.decorator.js';

/** The query of `GET /chats/:id/tool-calls`. */
export class ToolCallsDto {
  @Optional()
  @IsIn(['pending'])
  status?: 'pending';
}

/** The body of `POST /chats/:id/tool-calls/:toolCallId/deny`. */
export class DenialDto {
  /** Told to the model. */
  @Optional()
  @IsString()
  @MaxLength(2_000)
  reason?: string;
}
