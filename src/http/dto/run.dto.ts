import { IsIn, IsInt, Max, Min } from 'class-validator';
import { type RunStatus } from '../../runs/run-event.interface.js';
import { RUN_STATUSES } from '../../runs/run-statuses.js';
import { MAX_EVENT_INDEX } from '../../runs/run.interface.js';
import { Optional, ToInteger } from './decorators.js';
import { ChatPageDto } from './page.dto.js';

/** The query of `GET /chats/:id/runs`. */
export class RunPageDto extends ChatPageDto {
  @Optional()
  @IsIn(RUN_STATUSES)
  status?: RunStatus;
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
