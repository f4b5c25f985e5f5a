import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { CHAT_PAGE } from '../../chats/page.js';
import { type RunStatus } from '../../runs/run-event.interface.js';
import { RUN_STATUSES } from '../../runs/run-statuses.js';
import { MAX_EVENT_INDEX } from '../../runs/run.interface.js';
import { Optional, ToInteger } from './decorators.js';

/** The query of `GET /chats/:id/runs`. */
export class RunPageDto {
  @Optional()
  @IsIn(RUN_STATUSES)
  status?: RunStatus;

  @Optional()
  @ToInteger()
  @IsInt()
  @Min(1)
  @Max(CHAT_PAGE.max)
  limit?: number;

  @Optional()
  @IsUUID()
  cursor?: string;
}

/** The query of `GET /chats/:id/runs/:runId/events`; `after` is the index of an event. */
export class RunEventsDto {
  @Optional()
  @ToInteger()
  @IsInt()
  @Min(-1)
  @Max(MAX_EVENT_INDEX)
  after?: number;
}
