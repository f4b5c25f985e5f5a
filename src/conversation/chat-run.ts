import { ValidationError } from '../errors/request.errors.js';
import { type LiveRun } from '../runs/live-run.js';
import { type RunStatus } from '../runs/run-event.interface.js';
import { type FollowOptions, type IndexedRunEvent, type Run } from '../runs/run.interface.js';
import { type AskOptions } from './ask-options.interface.js';
import { awaitAnswer } from './start-run.js';

/** A run that works in this process, as callers see it. */
export class ChatRun<C extends object, M> implements Run<M> {
  readonly #chat: C;
  readonly #run: LiveRun;
  readonly #options: Pick<AskOptions, 'signal'>;
  #answer: Promise<M> | undefined;

  constructor(chat: C, run: LiveRun, options: Pick<AskOptions, 'signal'>) {
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
    return this.#run.isEnded ? (await this.#run.result).status : 'running';
  }

  async *events({ after, signal }: FollowOptions = {}): AsyncGenerator<IndexedRunEvent, void, undefined> {
    if (after !== undefined && !(Number.isInteger(after) && after >= -1)) {
      throw new ValidationError('after must be the eventIndex of an event, or -1 for all of them.');
    }
    const first = Math.max(this.#run.firstIndex, (after ?? -1) + 1);
    for await (const { firstIndex, events } of this.#run.follow(signal, first)) {
      for (const [place, event] of events.entries()) {
        if (signal?.aborted) return;
        yield { ...event, eventIndex: firstIndex + place };
      }
    }
  }

  result(): Promise<M> {
    this.#answer ??= awaitAnswer<C, M>(this.#chat, this.#run, this.#options, undefined);
    return this.#answer;
  }

  async cancel(): Promise<void> {
    this.#run.stop('cancelled');
    await this.#run.result;
  }
}
