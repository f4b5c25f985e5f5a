import { Injectable } from '@nestjs/common';
import { StepLimitError } from '../errors/run.errors.js';
import { type ModelMessage } from '../messages/message.interface.js';
import { type ModelEvent } from '../messages/model-request.interface.js';
import { type Part, type ToolCallPart } from '../messages/part.interface.js';
import { withRejected } from '../messages/with-rejected.js';
import { type StepOutcome } from '../router/attempt.interface.js';
import { DuoRouterService } from '../router/duo-router.service.js';
import { checkAnswer } from './answer-check.js';
import { planCall, planStoredCall } from './planned-call.js';
import { isReleased } from './released-turn.js';
import { resultPart } from './result-part.js';
import { ToolRound } from './tool-round.js';
import {
  type CallResult,
  type PendingToolCall,
  type RefusedPart,
  type Turn,
  type TurnEnd,
  type TurnJournal,
} from './turn.interface.js';
import { ToolCallIds } from './tool-call-ids.js';

/** How far a turn has come. */
interface TurnState {
  readonly turn: Turn;
  /** What the next request says; parts that the vendor refuses are replaced in it. */
  readonly messages: ModelMessage[];
  /** How many requests the run has made. */
  steps: number;
  /** Whether the model has been asked to correct an answer that did not match its schema, which happens once. */
  isCorrected: boolean;
}

/** The answer to one request, with the ids of its calls. */
interface Step {
  outcome: StepOutcome;
  callIds: ToolCallIds;
}

/** The loop of a run: asks the model, runs the tools that it calls, and asks again, until it has answered. */
@Injectable()
export class TurnService {
  constructor(private readonly router: DuoRouterService) {}

  /**
   * Runs the turn to its end, failures and aborts included. Rejects only with what the journal throws: nothing more can be
   * stored then.
   */
  async run(turn: Turn): Promise<TurnEnd> {
    const { made, max } = turn.steps;
    const state: TurnState = { turn, messages: [...turn.request.messages], steps: made, isCorrected: false };
    let end = await runPendingCalls(state);
    while (end === undefined) {
      if (state.steps >= max) return { type: 'stored', error: new StepLimitError(max) };
      const step = await this.askModel(state);
      end = hasContinuation(step.outcome) ? await runCalls(state, step) : await acceptAnswer(state, step.outcome);
    }
    return end;
  }

  private async askModel(state: TurnState): Promise<Step> {
    const { messages } = state;
    const { request, caller, signal, journal } = state.turn;
    state.steps += 1;
    journal.beginMessage();
    const { toolChoice, ...others } = request.params ?? {};
    const isForced = typeof toolChoice === 'object' || toolChoice === 'required';
    const isFirst = state.steps === 1 && !endsInResults(messages);
    const params = isForced && !isFirst ? others : request.params;
    const callIds = new ToolCallIds();
    const outcome = await this.router.route(
      { ...request, messages: [...messages], params },
      {
        caller,
        signal,
        ledger: journal,
        onEvents: (events) => {
          if (events[0]?.type === 'part-rejected') reject(events, messages, journal);
          journal.recordEvents(callIds.inEvents(events));
        },
      },
    );
    const { answer, asked } = outcome;
    const parts = ToolCallIds.inParts(answer.parts);
    // Stored with what it led to, so that the next requests say the same.
    if (asked !== undefined && parts.length > 0) parts.unshift({ type: 'prompt', text: asked });
    return { outcome: { ...outcome, answer: { ...answer, parts } }, callIds };
  }
}

/** Runs the calls that were stored before this turn. */
async function runPendingCalls(state: TurnState): Promise<TurnEnd | undefined> {
  const { pendingCalls, scope } = state.turn;
  const end = pendingCalls.length === 0 ? undefined : await work(state, await pendingRound(state.turn, pendingCalls));
  return end ?? (scope === 'tools' ? { type: 'stored' } : undefined);
}

/** Stores a message with calls, and runs these. */
async function runCalls(state: TurnState, { outcome, callIds }: Step): Promise<TurnEnd | undefined> {
  const { turn, messages } = state;
  const isOneStep = turn.scope === 'generate';
  const round = await newRound(turn, outcome.answer.parts, callIds);
  // The calls may not have been checked to the end.
  if (isReleased(turn.signal)) return { type: 'answered', outcome: { ...outcome, error: turn.signal.reason } };
  const id = await turn.journal.saveStep(outcome, round.newCalls(!isOneStep));
  if (isOneStep) return { type: 'stored' };
  // A turn that was paused is sent back as it is: the vendor continues it.
  messages.push(assistantMessage(outcome, id));
  return work(state, round);
}

/** Ends the turn with an answer, or stores it as rejected and lets the model correct it. */
async function acceptAnswer(state: TurnState, outcome: StepOutcome): Promise<TurnEnd | undefined> {
  const { turn, messages } = state;
  const { correction: mismatch, ...end } = await checkAnswer(outcome, turn);
  const reminder = missingCall(outcome);
  const correction = reminder ?? (state.isCorrected ? undefined : mismatch);
  if (correction === undefined || turn.scope !== 'answer' || state.steps >= turn.steps.max) return end;
  state.isCorrected ||= reminder === undefined;
  const rejected = withPrompt(outcome, correction);
  const id = await turn.journal.saveRejectedAnswer(rejected);
  messages.push(assistantMessage(rejected, id));
  // A round without calls opens the next step.
  return work(state, new ToolRound(turn, []));
}

/** Works a round, then those of its calls that a person has decided on meanwhile; ends the turn while calls wait. */
async function work({ turn, messages, steps }: TurnState, first: ToolRound): Promise<TurnEnd | undefined> {
  const { journal, signal, scope } = turn;
  const opensStep = scope === 'answer' && steps < turn.steps.max;
  for (let round = first; ;) {
    const results = await round.work(opensStep);
    if (signal.aborted) return { type: 'stored', error: signal.reason };
    messages.push(...results.map(resultMessage));
    const { waiting } = round;
    if (scope === 'generate' || waiting.length === 0) return undefined;
    const decided = await journal.decidedCalls(waiting);
    const calls = waiting.filter(({ id }) => !decided.some((call) => call.id === id));
    if (calls.length > 0) return { type: 'waiting', calls };
    round = await pendingRound(turn, decided);
  }
}

/** The outcome with a message to the model appended to its answer. */
function withPrompt(outcome: StepOutcome, text: string): StepOutcome {
  const { answer } = outcome;
  return { ...outcome, answer: { ...answer, parts: [...answer.parts, { type: 'prompt', text }] } };
}

/** The model's message of a step, as the next step replays it. */
function assistantMessage({ answer, prefixDigest }: StepOutcome, id: string): ModelMessage {
  return { id, role: 'assistant', parts: answer.parts, prefixDigest };
}

function resultMessage(result: CallResult): ModelMessage {
  return { id: result.messageId, role: 'tool', parts: [resultPart(result)] };
}

/** Replaces parts that the vendor refuses, in the messages and where they are stored. */
function reject(events: readonly ModelEvent[], messages: ModelMessage[], journal: TurnJournal): void {
  const rejected = events.filter((event) => event.type === 'part-rejected');
  messages.splice(0, messages.length, ...withRejected(messages, rejected));
  journal.recordRejectedParts(
    rejected.flatMap(({ message, part: index, file, reason }): RefusedPart[] => {
      const { id, parts = [] } = messages[message] ?? {};
      const part = parts[index];
      return id === undefined || !part
        ? []
        : [{ messageId: id, index, ...(file !== undefined && { file }), reason, part }];
    }),
  );
}

/** Whether the messages end in the results of tools. */
function endsInResults(messages: readonly ModelMessage[]): boolean {
  return messages.findLast(({ role }) => role !== 'system')?.role === 'tool';
}

/** The reminder for a model that was asked for a call and has answered without one. */
function missingCall({ asked, answer, error }: StepOutcome): string | undefined {
  const isMissing = asked !== undefined && error === undefined && answer.finishReason === 'stop';
  return isMissing ? `You have answered without a call. ${asked}` : undefined;
}

/** Whether the step has calls, or the vendor paused it: the model continues when it is asked again. */
function hasContinuation({ answer, error }: StepOutcome): boolean {
  return error === undefined && (answer.finishReason === 'pause' || answer.parts.some(isCall));
}

async function pendingRound(turn: Turn, calls: readonly PendingToolCall[]): Promise<ToolRound> {
  return new ToolRound(turn, await Promise.all(calls.map((call) => planStoredCall(call, turn))));
}

async function newRound(turn: Turn, parts: readonly Part[], callIds: ToolCallIds): Promise<ToolRound> {
  const calls = parts.filter(isCall).map((part, ordinal) => ({ id: callIds.of(part), ordinal, part }));
  return new ToolRound(turn, await Promise.all(calls.map((call) => planCall(call, turn))));
}

function isCall(part: Part): part is ToolCallPart {
  return part.type === 'tool-call';
}
