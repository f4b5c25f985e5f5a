import { IsIn, IsString, MaxLength } from 'class-validator';
import { Description, Optional } from './decorators.js';

/** The query of `GET /chats/:id/tool-calls`. */
export class ToolCallsDto {
  @Optional()
  @IsIn(['pending'])
  status?: 'pending';
}

/** The body of `POST /chats/:id/tool-calls/:toolCallId/deny`. */
export class DenialDto {
  @Description('Sent to the model.')
  @Optional()
  @IsString()
  @MaxLength(2_000)
  reason?: string;
}
