import { PendingToolCallsError } from '../errors/chat.errors.js';
import { ValidationError } from '../errors/request.errors.js';
import { RunCancelledError } from '../errors/run.errors.js';
import { checkParamChanges } from '../messages/params.js';
import { userParts, sanitizeText, sanitizeJson } from '../messages/text.js';
import { type Part } from '../messages/part.interface.js';
import { checkedFile } from '../models/file-check.js';
import { type AnswerRecord, type MessageRecord } from '../messages/message.interface.js';
import { NothingToAnswerError, NothingToRunError } from '../runs/begin-check.js';
import { type RunHandle } from '../runs/run-handle.js';
import { isCancelledUnsaid, type RunResult } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type Revision } from '../runs/revision.interface.js';
import { type StartRun } from '../runs/run-request.js';
import { type RunScope } from '../turn/turn.interface.js';
import {
  type AskOptions,
  type CompleteOptions,
  type NewMessage,
  type OnChunk,
  type StartOptions,
  type ToolClass,
} from './ask-options.interface.js';
import { answerSchema, withParsed } from './answer-schema.js';
import { backendOf } from './chat-backend.js';
import { chatSchema, settingsStored, stagedSettings } from './chat-settings.js';
import { rememberParking, setParked } from './parked-chats.js';

/**
 * Begins a run of the chat with the settings that wait for it; `null` completes the chat. Where that continues a parked
 * run, the settings wait for the next one.
 */
export async function startRun(
  chat: { id: string },
  content: string | null,
  options: StartOptions,
  scope?: RunScope,
): Promise<RunHandle> {
  const backend = backendOf(chat);
  const staged = stagedSettings(chat);
  const names = (tools: readonly ToolClass[] | undefined) => tools !== undefined && { tools: backend.toolNames(tools) };
  const start = checkedStart(chat, content, options);
  const { tools, addedTools, ...settings } = staged;
  const added = addedTools && { tools: { base: [], added: backend.toolNames(addedTools) } };
  const run = await rememberParking(
    chat,
    backend.start(chat, {
      ...start,
      settings: { ...settings, ...names(tools), ...added },
      ...names(options.tools),
      ...(scope && { scope }),
    }),
  );
  if (!run.isResumed) settingsStored(chat, staged);
  return run;
}

/** Waits for a run's answer, and hands its pieces on as they come. */
export async function awaitAnswer<C extends object, M>(
  chat: C,
  run: RunHandle,
  options: Pick<AskOptions, 'signal'>,
  onChunk: OnChunk | undefined,
): Promise<M> {
  if (onChunk) await eachChunk(run, onChunk);
  const { status, message, usage, parsed, error } = await run.result();
  setParked(chat, status === 'awaiting_approval');
  if (error !== undefined) throw error as Error;
  if (status === 'cancelled') options.signal?.throwIfAborted();
  if (isCancelledUnsaid({ status, message })) throw new RunCancelledError(run.id);
  if (message !== null)
    return withParsed(backendOf<C, M>(chat).message(chat, answerOf(status, message), usage), parsed);
  if (status === 'awaiting_approval') throw new PendingToolCallsError(run.chatId);
  throw new Error(`Run ${run.id} ended as ${status} without a message`);
}

/** Runs the tool calls of the chat that have no result, and waits for the results; `undefined` without such calls. */
export async function runPendingTools<C extends { id: string }, M>(
  chat: C,
  options: AskOptions,
): Promise<M[] | undefined> {
  const run = await unless(NothingToRunError, startRun(chat, null, options, 'tools'));
  if (run === undefined) return undefined;
  const { status, results = [], error } = await run.result();
  if (error !== undefined) throw error as Error;
  if (status === 'cancelled') options.signal?.throwIfAborted();
  const last = results.length - 1;
  return results.map((result, index) =>
    backendOf<C, M>(chat).message(chat, index === last ? answerOf(status, result) : result),
  );
}

/** Runs the pending tool calls or else makes one request; `null` when the chat is complete. */
export async function takeStep<C extends { id: string }, M>(chat: C, options: CompleteOptions): Promise<M | null> {
  const results = await runPendingTools<C, M>(chat, options);
  const last = results?.at(-1);
  if (last !== undefined) return last;
  if (results !== undefined) throw new PendingToolCallsError(chat.id);
  const run = await unless(NothingToAnswerError, startRun(chat, null, options, 'generate'));
  return run === undefined ? null : awaitAnswer<C, M>(chat, run, options, undefined);
}

/** The run's events, one at a time. */
export async function* eventsOf(run: RunHandle): AsyncGenerator<RunEvent, void, undefined> {
  for await (const batch of run.follow()) yield* batch.events;
}

/** The result of the work, or `undefined` where it fails with this error. */
async function unless<T>(failure: new (...given: never[]) => Error, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof failure) return undefined;
    throw error;
  }
}

/** The message as a caller of the run receives it. */
function answerOf(status: RunResult['status'], message: MessageRecord): AnswerRecord {
  return status === 'awaiting_approval' ? { ...message, status } : message;
}

/** The caller's input, checked, as the run takes it. */
function checkedStart(chat: { id: string }, content: string | null, options: StartOptions): Omit<StartRun, 'settings'> {
  const { model, params, instructions, maxSteps, signal, requestId, idempotencyKey, whenBusy, messageExternalId } =
    options;
  const { revision } = options;
  if (revision) mustBeRevision(revision);
  if (idempotencyKey !== undefined) mustBeKey(idempotencyKey);
  if (whenBusy !== undefined) mustBePolicy(whenBusy);
  if (maxSteps !== undefined && !(Number.isInteger(maxSteps) && maxSteps > 0)) {
    throw new ValidationError(`maxSteps must be a whole number above 0; it is ${String(maxSteps)}.`);
  }
  if (params !== undefined) checkParamChanges(params);
  const schema = options.schema === undefined ? chatSchema(chat) : options.schema && answerSchema(options.schema);
  const user = content === null ? null : contentParts({ role: 'user', content, attachments: options.attachments });
  return {
    chat,
    user,
    ...(model !== undefined && { model }),
    ...(params && { params: sanitizeJson(params) }),
    ...(instructions !== undefined && { instructions: sanitizeText(instructions) }),
    ...(schema !== undefined && { answerSchema: schema }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(signal && { signal }),
    ...(requestId !== undefined && { requestId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(whenBusy !== undefined && { whenBusy }),
    ...(messageExternalId !== undefined && { messageExternalId }),
    ...(revision && { revision }),
  };
}

/** 1 to 255 printable ASCII characters. */
const KEY = /^[\x20-\x7e]{1,255}$/;

/** @throws ValidationError */
function mustBeKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && KEY.test(key)) return;
  throw new ValidationError('An idempotency key must be 1 to 255 printable ASCII characters.');
}

/** @throws ValidationError */
function mustBePolicy(whenBusy: unknown): void {
  if (whenBusy === 'reject' || whenBusy === 'enqueue' || whenBusy === 'interrupt') return;
  throw new ValidationError(`whenBusy must be reject, enqueue or interrupt; it is ${JSON.stringify(whenBusy)}.`);
}

/** @throws ValidationError */
function mustBeRevision({ type, messageId }: Revision): void {
  if (typeof messageId === 'string' && messageId !== '') return;
  if (messageId === null && type === 'regenerate') return;
  throw new ValidationError('messageId must be the id of a message of the chat.');
}

/** The roles of messages that callers may add: results of tools belong to their calls. */
const addable: ReadonlySet<string> = new Set<NewMessage['role']>(['user', 'assistant', 'system']);

/**
 * The parts of a message, checked before anything is stored: a part that the models cannot read would block the chat.
 * @throws ValidationError when it is empty, or the models do not read one of its files
 */
export function contentParts(message: NewMessage): Part[] {
  if (!addable.has(message.role)) {
    throw new ValidationError(`role must be user, assistant or system; it is ${JSON.stringify(message.role)}.`);
  }
  if (typeof message.content !== 'string') throw new ValidationError('content must be a string.');
  const content = sanitizeText(message.content);
  const files = message.attachments ?? [];
  if (!Array.isArray(files)) throw new ValidationError('attachments must be an array of files.');
  if (files.length > 0 && message.role !== 'user') {
    throw new ValidationError(`A message of the role ${message.role} has no attachments: only users send files.`);
  }
  if (content.trim() === '' && files.length === 0) {
    const name = message.role === 'system' ? 'instructions' : 'content';
    throw new ValidationError(`${name} must not be empty: the models refuse an empty message.`);
  }
  return userParts(content, files.map(checkedFile));
}

async function eachChunk(run: RunHandle, onChunk: OnChunk): Promise<void> {
  let messageId = '';
  for await (const event of eventsOf(run)) {
    if (event.type === 'message-start') messageId = event.messageId;
    else if (event.type === 'text-delta') await onChunk({ messageId, text: event.text, reasoning: '' });
    else if (event.type === 'reasoning-delta') await onChunk({ messageId, text: '', reasoning: event.text });
    else if (event.type === 'reset') {
      await onChunk({ messageId: event.messageId, text: '', reasoning: '', reset: event.reason });
    }
  }
}
