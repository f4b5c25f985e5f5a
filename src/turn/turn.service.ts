import { Injectable } from '@nestjs/common';
import { type Caller } from '../config/gitlab-duo-options.interface.js';
import { type ModelEvent, type ModelRequest } from '../messages/model-request.interface.js';
import { type AttemptLedger, type StepOutcome } from '../router/attempt.interface.js';
import { DuoRouterService } from '../router/duo-router.service.js';

/** What a turn works with: the request, and where its events and attempts go. */
export interface Turn {
  request: ModelRequest;
  /** For whom the request is made. */
  caller: Caller;
  signal: AbortSignal;
  ledger: AttemptLedger;
  emit(events: ModelEvent[]): void;
}

/** The loop of a run: streams a step until its answer is whole. */
@Injectable()
export class TurnService {
  constructor(private readonly router: DuoRouterService) {}

  /** Runs the turn to its end; failures and aborts are in the outcome, which keeps what had come by then. */
  run(turn: Turn): Promise<StepOutcome> {
    return this.router.route(turn.request, {
      caller: turn.caller,
      signal: turn.signal,
      ledger: turn.ledger,
      onEvents: (events) => {
        turn.emit(events);
      },
    });
  }
}
