import { ValidationError } from '../errors/request.errors.js';
import { fileSource } from '../messages/file-source.js';
import { userParts, storable } from '../messages/text.js';
import { type Part } from '../messages/part.interface.js';
import { type LiveRun } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type StartRun } from '../runs/run-request.js';
import { type AskOptions, type NewMessage, type OnChunk } from './ask-options.interface.js';
import { driverOf } from './chat-driver.js';
import { settingsStored, stagedSettings } from './chat-settings.js';

/** Begins a run of the chat with the settings that wait for it; `null` asks for a completion. */
export async function askingRun(chat: object, content: string | null, options: AskOptions): Promise<LiveRun> {
  const settings = stagedSettings(chat);
  const run = await driverOf(chat).start(chat, startRun(content, options, settings));
  settingsStored(chat, settings);
  return run;
}

/** Waits for a run's answer, handing its pieces on as they come. */
export async function answerOf<C extends object, M>(
  chat: C,
  run: LiveRun,
  options: AskOptions,
  onChunk: OnChunk | undefined,
): Promise<M> {
  if (onChunk) await eachChunk(run, onChunk);
  const result = await run.result;
  if (result.error !== undefined) throw result.error as Error;
  if (result.status === 'cancelled') options.signal?.throwIfAborted();
  if (result.message === null) throw new Error(`Run ${run.id} ended as ${result.status} without a message`);
  return driverOf<C, M>(chat).answer(chat, result.message, result);
}

/** The run's events, one at a time. */
export async function* eventsOf(run: LiveRun): AsyncGenerator<RunEvent, void, undefined> {
  for await (const batch of run.follow()) yield* batch.events;
}

/** What the caller said, checked, as the run wants it. */
export function startRun(content: string | null, options: AskOptions, settings: StartRun['settings']): StartRun {
  const { model, params, instructions, signal } = options;
  const user = content === null ? null : contentParts({ role: 'user', content, attachments: options.attachments });
  return {
    user,
    settings,
    ...(model !== undefined && { model }),
    ...(params && { params }),
    ...(instructions !== undefined && { instructions }),
    ...(signal && { signal }),
  };
}

/**
 * The parts of what is said, checked before anything is stored: what the models cannot read would block the chat.
 * @throws ValidationError when it is empty, or a file is none that the models read
 */
export function contentParts(message: NewMessage): Part[] {
  if (typeof message.content !== 'string') throw new ValidationError('content must be a string.');
  const content = storable(message.content);
  const files = message.attachments ?? [];
  for (const file of files) fileSource(file);
  if (content.trim() === '' && files.length === 0) {
    const name = message.role === 'system' ? 'instructions' : 'content';
    throw new ValidationError(`${name} must not be empty: the models refuse an empty message.`);
  }
  return userParts(content, files);
}

async function eachChunk(run: LiveRun, onChunk: OnChunk): Promise<void> {
  for await (const event of eventsOf(run)) {
    if (event.type === 'text-delta') await onChunk({ text: event.text, reasoning: '' });
    else if (event.type === 'reasoning-delta') await onChunk({ text: '', reasoning: event.text });
    else if (event.type === 'reset') await onChunk({ text: '', reasoning: '', reset: event.reason });
  }
}
