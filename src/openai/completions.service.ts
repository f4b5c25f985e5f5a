import { Injectable } from '@nestjs/common';
import { RequestLedger } from '../chats/store/request-ledger.js';
import { type Usage } from '../messages/message.interface.js';
import { type ModelAnswer } from '../messages/model-request.interface.js';
import { type StepOutcome } from '../router/attempt.interface.js';
import { DuoRouterService } from '../router/duo-router.service.js';
import { LiveRequests } from '../runs/live-requests.js';
import { finishReasonOf, type OpenAiFinishReason } from './finish-reason.js';
import { type Completion } from './read-completion.js';
import { type Spoken, SpokenAnswer } from './spoken-answer.js';

/** Who makes a request, and whether it is still there. */
export interface CompletionCaller {
  ownerId: string | null;
  requestId: string;
  /** Aborts when the client leaves. */
  leaving: AbortController;
}

/** A whole answer. */
export interface Completed {
  answer: SpokenAnswer;
  finishReason: OpenAiFinishReason;
  usage: Usage;
}

/** Why a request ends at one of its stop texts. */
const STOPPED = Symbol('stopped');
const REFUSED = 'The model refused to answer.';

/** Answers the requests of OpenAI clients: each is one step, kept in the ledger, and nothing else of it is stored. */
@Injectable()
export class CompletionsService {
  constructor(
    private readonly router: DuoRouterService,
    private readonly ledger: RequestLedger,
    private readonly requests: LiveRequests,
  ) {}

  /**
   * Asks the model.
   * @param tell takes the answer as it comes; without it, what fails on its way is tried again from its start
   * @throws what the router throws, ServerBusyError, TooManyRunsError, DatabaseUnavailableError; the reason of the
   * caller's `leaving`
   */
  complete(
    completion: Completion,
    caller: CompletionCaller,
    tell?: (spoken: Spoken[]) => void | Promise<void>,
  ): Promise<Completed> {
    return this.requests.run(caller.ownerId, caller.leaving, (signal) => this.ask(completion, caller, signal, tell));
  }

  private async ask(
    { request, stop }: Completion,
    { ownerId, requestId, leaving }: CompletionCaller,
    signal: AbortSignal,
    tell?: (spoken: Spoken[]) => void | Promise<void>,
  ): Promise<Completed> {
    let attemptId = await this.ledger.begin({ ownerId, requestId, model: request.model });
    const answer = new SpokenAnswer(stop);
    const outcome = await this.router.route(request, {
      caller: { ownerId, requestId },
      signal,
      onEvents: (events) => {
        const spoken = answer.push(events);
        if (answer.isStopped) leaving.abort(STOPPED);
        return spoken.length === 0 ? undefined : tell?.(spoken);
      },
      isFinal: () => tell !== undefined && answer.hasSpoken,
      ledger: {
        retrying: async (ended, next) => {
          attemptId = await this.ledger.retrying(attemptId, ended, next);
        },
      },
    });
    this.requests.background(this.ledger.end(attemptId, outcome.attempt), 'The cost of a request was not stored');
    return completed(outcome, answer, tell);
  }
}

async function completed(
  outcome: StepOutcome,
  answer: SpokenAnswer,
  tell: ((spoken: Spoken[]) => void | Promise<void>) | undefined,
): Promise<Completed> {
  const { usage } = outcome.answer;
  if (answer.isStopped) return { answer, finishReason: 'stop', usage };
  if ('error' in outcome) throw outcome.error;
  const rest = [...answer.end(), ...refusalOf(outcome.answer, answer)];
  if (rest.length > 0) await tell?.(rest);
  return { answer, finishReason: finishReasonOf(outcome.answer, answer.calls.length > 0), usage };
}

/** Clients show the content alone: a refusal without a word is said there. */
function refusalOf({ finishReason, finishDetail }: ModelAnswer, answer: SpokenAnswer): Spoken[] {
  if (finishReason !== 'refusal' || answer.hasSpoken) return [];
  const explanation = finishDetail?.explanation;
  return answer.add(typeof explanation === 'string' && explanation !== '' ? explanation : REFUSED);
}
