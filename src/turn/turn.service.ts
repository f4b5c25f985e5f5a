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

/** What a request to the model has brought, with the ids of its calls. */
interface Step {
  outcome: StepOutcome;
  callIds: ToolCallIds;
}

/** The loop of a run: asks the model, runs the tools that it calls, and goes on until it has answered. */
@Injectable()
export class TurnService {
  constructor(private readonly router: DuoRouterService) {}

  /**
   * Runs the turn to its end, which tells of failures and aborts. Rejects only with what the journal fails with: nothing
   * more can be stored then.
   */
  async run(turn: Turn): Promise<TurnEnd> {
    const { journal, signal, scope } = turn;
    const { max } = turn.steps;
    const messages = [...turn.request.messages];
    let steps = turn.steps.made;
    let round = turn.pendingCalls.length > 0 ? await openRound(turn, turn.pendingCalls) : undefined;
    let areStarted = false;
    let isCorrected = false;
    for (;;) {
      if (round !== undefined) {
        const results = await round.work(areStarted, scope === 'answer' && steps < max);
        if (signal.aborted) return { type: 'stored', error: signal.reason };
        messages.push(...results.map(resultMessage));
        if (scope !== 'step' && round.waiting.length > 0) {
          // Somebody may have decided while the other calls ran.
          const decided = await journal.decidedCalls(round.waiting);
          const calls = round.waiting.filter(({ id }) => !decided.some((call) => call.id === id));
          if (calls.length > 0) return { type: 'waiting', calls };
          round = await openRound(turn, decided);
          areStarted = false;
          continue;
        }
      }
      if (scope === 'tools') return { type: 'stored' };
      if (steps >= max) return { type: 'stored', error: new StepLimitError(max) };
      steps += 1;
      const { outcome, callIds } = await this.step(turn, messages, steps === 1 && !endsInResults(messages));
      if (outcome.error !== undefined || !shouldContinue(outcome)) {
        const { correction: wrong, ...end } = await checkAnswer(outcome, turn);
        const reminder = missingCall(outcome);
        const correction = reminder ?? (isCorrected ? undefined : wrong);
        if (correction === undefined || scope !== 'answer' || steps >= max) return end;
        isCorrected ||= reminder === undefined;
        // Without calls: all that is left of it is to open the next step.
        round = new ToolRound(turn, []);
        const told = withPrompt(outcome, correction);
        const id = await journal.saveRejectedAnswer(told);
        messages.push(assistantMessage(told, id));
        continue;
      }
      areStarted = scope === 'answer';
      round = await newRound(turn, outcome.answer.parts, callIds);
      const id = await journal.saveStep(outcome, round.newCalls(areStarted));
      if (scope === 'step') return { type: 'stored' };
      // A turn that was paused is sent back as it is: the vendor continues it.
      messages.push(assistantMessage(outcome, id));
    }
  }

  /** @param messages in which what the vendor refuses is marked */
  private async step(turn: Turn, messages: ModelMessage[], isFirst: boolean): Promise<Step> {
    const { request, caller, signal, journal } = turn;
    journal.beginMessage();
    const { toolChoice, ...others } = request.params ?? {};
    const isForced = typeof toolChoice === 'object' || toolChoice === 'required';
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

/** The outcome of a step whose answer is followed by what the model is told about it. */
function withPrompt(outcome: StepOutcome, text: string): StepOutcome {
  const { answer } = outcome;
  return { ...outcome, answer: { ...answer, parts: [...answer.parts, { type: 'prompt', text }] } };
}

/** What the model has said in a step, as the next step replays it. */
function assistantMessage({ answer, prefixDigest }: StepOutcome, id: string): ModelMessage {
  return { id, role: 'assistant', parts: answer.parts, prefixDigest };
}

function resultMessage(result: CallResult): ModelMessage {
  return { id: result.messageId, role: 'tool', parts: [resultPart(result)] };
}

/** Marks what the vendor refuses of the messages, and has it remembered where they are stored. */
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

/** Whether there was a round of tools already, however it came about, since somebody said something. */
function endsInResults(messages: readonly ModelMessage[]): boolean {
  return messages.findLast(({ role }) => role !== 'system')?.role === 'tool';
}

/** What to tell a model that was asked for a call and has answered without one; only a step that asks can lack it. */
function missingCall({ asked, answer, error }: StepOutcome): string | undefined {
  const isMissing = asked !== undefined && error === undefined && answer.finishReason === 'stop';
  return isMissing ? `You have answered without a call. ${asked}` : undefined;
}

/** Whether the model waits for results, or for being asked again. */
function shouldContinue({ answer }: StepOutcome): boolean {
  return answer.finishReason === 'pause' || answer.parts.some(isCall);
}

async function openRound(turn: Turn, calls: readonly PendingToolCall[]): Promise<ToolRound> {
  return new ToolRound(turn, await Promise.all(calls.map((call) => planStoredCall(call, turn))));
}

async function newRound(turn: Turn, parts: readonly Part[], callIds: ToolCallIds): Promise<ToolRound> {
  const calls = parts.filter(isCall).map((part, ordinal) => ({ id: callIds.of(part), ordinal, part }));
  return new ToolRound(turn, await Promise.all(calls.map((call) => planCall(call, turn))));
}

function isCall(part: Part): part is ToolCallPart {
  return part.type === 'tool-call';
}
