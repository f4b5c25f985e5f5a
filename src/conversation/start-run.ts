import { PendingToolCallsError } from '../errors/chat.errors.js';
import { ValidationError } from '../errors/request.errors.js';
import { checkParamChanges } from '../messages/params.js';
import { userParts, sanitizeText, sanitizeJson } from '../messages/text.js';
import { type Part } from '../messages/part.interface.js';
import { checkedFile } from '../models/file-check.js';
import { NothingToRunError } from '../runs/begin-check.js';
import { type LiveRun } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type StartRun } from '../runs/run-request.js';
import { type RunScope } from '../turn/turn.interface.js';
import { type AskOptions, type NewMessage, type OnChunk, type ToolClass } from './ask-options.interface.js';
import { answerSchema, withParsed } from './answer-schema.js';
import { backendOf } from './chat-backend.js';
import { chatSchema, settingsStored, stagedSettings } from './chat-settings.js';

/**
 * Begins a run of the chat with the settings that wait for it; `null` asks for a completion. Where that lets a parked run
 * go on, the settings wait for the next one.
 */
export async function startRun(
  chat: { id: string },
  content: string | null,
  options: AskOptions,
  scope?: RunScope,
): Promise<LiveRun> {
  const backend = backendOf(chat);
  const staged = stagedSettings(chat);
  const names = (tools: readonly ToolClass[] | undefined) => tools !== undefined && { tools: backend.toolNames(tools) };
  const start = runInput(chat, content, options);
  const { tools, ...settings } = staged;
  const run = await backend.start(chat, {
    ...start,
    settings: { ...settings, ...names(tools) },
    ...names(options.tools),
    ...(scope && { scope }),
  });
  if (!run.isResumed) settingsStored(chat, staged);
  return run;
}

/** Waits for a run's answer, handing its pieces on as they come. */
export async function awaitAnswer<C extends object, M>(
  chat: C,
  run: LiveRun,
  options: AskOptions,
  onChunk: OnChunk | undefined,
): Promise<M> {
  if (onChunk) await eachChunk(run, onChunk);
  const result = await run.result;
  if (result.error !== undefined) throw result.error as Error;
  if (result.status === 'cancelled') options.signal?.throwIfAborted();
  if (result.message === null && result.status === 'awaiting_approval') throw new PendingToolCallsError(run.chatId);
  if (result.message === null) throw new Error(`Run ${run.id} ended as ${result.status} without a message`);
  return withParsed(backendOf<C, M>(chat).message(chat, result.message, result.usage), result.parsed);
}

/** Runs the tool calls of the chat that have no result, and waits for the results; without any there is no run. */
export async function awaitToolResults<C extends { id: string }, M>(chat: C, options: AskOptions): Promise<M[]> {
  const run = await startRun(chat, null, options, 'tools').catch((error: unknown) => {
    if (error instanceof NothingToRunError) return undefined;
    throw error;
  });
  if (run === undefined) return [];
  const { results = [], error } = await run.result;
  if (error !== undefined) throw error as Error;
  return results.map((message) => backendOf<C, M>(chat).message(chat, message));
}

/** The run's events, one at a time. */
export async function* eventsOf(run: LiveRun): AsyncGenerator<RunEvent, void, undefined> {
  for await (const batch of run.follow()) yield* batch.events;
}

/** What the caller said, checked, as the run wants it. */
function runInput(chat: { id: string }, content: string | null, options: AskOptions): Omit<StartRun, 'settings'> {
  const { model, params, instructions, maxSteps, signal, requestId } = options;
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
  };
}

/** The roles of messages that come from outside: what tools say belongs to their calls. */
const addable: ReadonlySet<string> = new Set<NewMessage['role']>(['user', 'assistant', 'system']);

/**
 * The parts of what is said, checked before anything is stored: what the models cannot read would block the chat.
 * @throws ValidationError when it is empty, or a file is none that the models read
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

async function eachChunk(run: LiveRun, onChunk: OnChunk): Promise<void> {
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
