import { storableJson } from '../messages/text.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type AskOptions, type NewMessage, type OnChunk } from './ask-options.interface.js';
import { askingRun, answerOf, contentParts, eventsOf } from './asking.js';
import { driverOf } from './chat-driver.js';
import { stageSettings } from './chat-settings.js';

/**
 * What every chat can do, whether it lives in memory or in a database. All `with…` are synchronous and chain; they take
 * effect, and are stored, with the next ask.
 * @publicApi
 */
export abstract class ChatVerbs<M> {
  /**
   * Sets the instructions (system prompt) in place of those before.
   * @throws ValidationError when they are empty
   */
  withInstructions(instructions: string): this {
    contentParts({ role: 'system', content: instructions });
    stageSettings(this, { instructions });
    return this;
  }

  /** Sets the model, by its Duo id. */
  withModel(model: string): this {
    stageSettings(this, { model });
    return this;
  }

  withTemperature(temperature: number): this {
    return this.withParams({ temperature });
  }

  /** Merges parameters into the chat's own; a `null` unsets one. */
  withParams(params: ModelParams): this {
    stageSettings(this, { params: storableJson(params) });
    return this;
  }

  /**
   * Asks the model and waits for the answer. `onChunk` gets each piece as it comes; a piece with `reset` takes back those
   * before it, since an answer that breaks off begins anew while `retries` allow.
   * @example
   * const answer = await chat.ask('Tell me a story', (chunk) => process.stdout.write(chunk.text));
   * @throws ChatBusyError while another ask is under way, and what the upstream fails with; the user's message is kept
   */
  ask(content: string, onChunk?: OnChunk): Promise<M>;
  ask(content: string, options?: AskOptions, onChunk?: OnChunk): Promise<M>;
  async ask(content: string, optionsOrOnChunk?: AskOptions | OnChunk, onChunk?: OnChunk): Promise<M> {
    const [options, callback] =
      typeof optionsOrOnChunk === 'function' ? [{}, optionsOrOnChunk] : [optionsOrOnChunk ?? {}, onChunk];
    return answerOf<this, M>(this, await askingRun(this, content, options), options, callback);
  }

  /**
   * Asks the model and yields the run's events. What fails before the run begins is thrown; what fails later is an
   * `error` event, and `run-end` tells the status. Leaving the loop cancels nothing: abort `options.signal` for that.
   */
  async *stream(content: string, options: AskOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    yield* eventsOf(await askingRun(this, content, options));
  }

  /** Answers the last user message again, after a failure or after `addMessage`. */
  complete(onChunk?: OnChunk): Promise<M>;
  complete(options?: Omit<AskOptions, 'attachments'>, onChunk?: OnChunk): Promise<M>;
  async complete(optionsOrOnChunk?: AskOptions | OnChunk, onChunk?: OnChunk): Promise<M> {
    const [options, callback] =
      typeof optionsOrOnChunk === 'function' ? [{}, optionsOrOnChunk] : [optionsOrOnChunk ?? {}, onChunk];
    return answerOf<this, M>(this, await askingRun(this, null, options), options, callback);
  }

  /** Adds a message without asking the model; a system message replaces the instructions. */
  addMessage(message: NewMessage): Promise<M> {
    return driverOf<this, M>(this).addMessage(this, message);
  }
}
