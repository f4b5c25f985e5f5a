import { ValidationError } from '../errors/request.errors.js';
import { type RunHandle } from '../runs/run-handle.js';
import { type RunStatus } from '../runs/run-event.interface.js';
import { type FollowOptions, type IndexedRunEvent, MAX_EVENT_INDEX, type Run } from '../runs/run.interface.js';
import { type AskOptions } from './ask-options.interface.js';
import { backendOf } from './chat-backend.js';
import { awaitAnswer } from './start-run.js';

/** A run of a chat, as callers see it. */
export class ChatRun<C extends object, M> implements Run<M> {
  readonly #chat: C;
  readonly #run: RunHandle;
  readonly #options: Pick<AskOptions, 'signal'>;
  #answer: Promise<M> | undefined;

  constructor(chat: C, run: RunHandle, options: Pick<AskOptions, 'signal'> = {}) {
    this.#chat = chat;
    this.#run = run;
    this.#options = options;
  }

  get id(): string {
    return this.#run.id;
  }

  get chatId(): string {
    return this.#run.chatId;
  }

  async status(): Promise<RunStatus> {
    return (await this.#run.record()).status;
  }

  async *events({ after, signal }: FollowOptions = {}): AsyncGenerator<IndexedRunEvent, void, undefined> {
    if (after !== undefined && !(Number.isInteger(after) && after >= -1 && after <= MAX_EVENT_INDEX)) {
      throw new ValidationError('after must be the eventIndex of an event, or -1 for all of them.');
    }
    for await (const { firstIndex, events, isCorrection } of this.#run.follow({ after, signal })) {
      for (const [place, event] of events.entries()) {
        if (signal?.aborted) return;
        yield { ...event, eventIndex: isCorrection ? firstIndex : firstIndex + place };
      }
    }
  }

  result(): Promise<M> {
    this.#answer ??= this.#awaitAnswer();
    return this.#answer;
  }

  async #awaitAnswer(): Promise<M> {
    try {
      return await awaitAnswer<C, M>(this.#chat, this.#run, this.#options, undefined);
    } finally {
      // A parked run may continue, and then has another answer.
      if (this.#run.isParked) this.#answer = undefined;
    }
  }

  async cancel(): Promise<void> {
    await backendOf<C, M>(this.#chat).cancel(this.#chat, this.#run.id);
    await this.#run.result();
  }
}
