import { checkParamChanges } from '../messages/params.js';
import { sanitizeText, sanitizeJson } from '../messages/text.js';
import { type ChatUsage } from '../messages/usage-report.js';
import { type ParamChanges, type Thinking, type ToolChoice } from '../messages/model-request.interface.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type SchemaSource } from '../schemas/schema.interface.js';
import { type ToolCallRecord } from '../messages/tool-call.interface.js';
import {
  type AskOptions,
  type CompleteOptions,
  type DecisionOptions,
  type NewMessage,
  type OnChunk,
  type ToolClass,
  type ToolUse,
} from './ask-options.interface.js';
import { mustBeTools } from '../tools/tool-list.js';
import { toolName } from '../tools/tool.decorator.js';
import { ValidationError } from '../errors/request.errors.js';
import { answerSchema } from './answer-schema.js';
import { startRun, awaitAnswer, contentParts, eventsOf, awaitToolResults } from './start-run.js';
import { backendOf } from './chat-backend.js';
import { setChatSchema, stagedSettings, stageSettings } from './chat-settings.js';
import { type ParsedAnswer, type ParsingVerbs, type SchemaOption } from './parsed-answer.interface.js';
import { decision } from './tool-call-decision.js';

/**
 * What every chat can do, whether it lives in memory or in a database. All `with…` are synchronous and chain; they take
 * effect, and are stored, with the next ask.
 * @publicApi
 */
export abstract class BaseChat<M> {
  abstract readonly id: string;

  /**
   * Sets the instructions (system prompt) in place of those before.
   * @throws ValidationError when they are empty
   */
  withInstructions(instructions: string): this {
    contentParts({ role: 'system', content: instructions });
    stageSettings(this, { instructions: sanitizeText(instructions) });
    return this;
  }

  /** Sets the model, by its Duo id. */
  withModel(model: string): this {
    stageSettings(this, { model });
    return this;
  }

  /** @throws ValidationError unless it is from 0 to 2 */
  withTemperature(temperature: number): this {
    return this.withParams({ temperature });
  }

  /**
   * Sets how much the model may think, by effort or by a budget of tokens: each model gets the nearest that it takes.
   * `false` is `{ effort: 'none' }`: no thinking, or the least that the model can do.
   * @throws ValidationError unless it is one of these
   */
  withThinking(thinking: Thinking | false): this {
    return this.withParams({ thinking: thinking === false ? { effort: 'none' } : thinking });
  }

  /**
   * Merges parameters into the chat's own; a `null` unsets one.
   * @throws ValidationError when one cannot be what it is; keys of the vendors' own are not looked at
   */
  withParams(params: ParamChanges): this {
    checkParamChanges(params);
    stageSettings(this, { params: sanitizeJson(params) });
    return this;
  }

  /** Adds a tool to those that `withTools` has set since the last ask, or sets it as the only one, as `withTools` does. */
  withTool(tool: ToolClass): this {
    const { tools } = stagedSettings(this);
    if (tools === undefined) return this.withTools(tool);
    mustBeTools([tool]);
    stageSettings(this, { tools: [...tools, tool] });
    return this;
  }

  /**
   * Sets the tools that the model may call, and how they are to be used, in place of those before and of what was said of
   * their use; `null` takes all of them away.
   * @param tools classes with `@Tool`, and last, if need be, how they are to be used
   * @throws ConfigurationError for what is no class, such as one that a circular import has left undefined; ValidationError for a
   *   choice that is none of the tools
   * @example
   * chat.withTools(Weather, Calendar, { choice: 'required', calls: 'one' });
   */
  withTools(tools: null): this;
  withTools(...tools: (ToolClass | ToolUse)[]): this;
  withTools(...given: (ToolClass | ToolUse | null)[]): this {
    const use = given.find(isToolUse);
    const tools = given.length === 1 && given[0] === null ? [] : given.filter((tool) => !isToolUse(tool));
    mustBeTools(tools);
    mustOffer(use?.choice, tools);
    stageSettings(this, { tools });
    return this.withParams({ toolChoice: use?.choice ?? null, toolCalls: use?.calls ?? null });
  }

  /**
   * Asks for answers that are JSON of a schema, from the next ask of this chat object on: they are checked, and have the
   * value that they stand for as `parsed`. The schema is not stored with the chat. `null` goes back to plain text.
   *
   * Where the vendor takes the schema for its grammar, only such answers can come: all objects are closed
   * (`additionalProperties: false`) and, for GPT, all properties required. Else it is a wish, or the input of a tool that
   * Claude has to call. Either way a wrong answer is asked for once more.
   * @param schema of an object: a Standard Schema, a DTO class or a JSON Schema, which is not to be changed any more
   * @throws ValidationError when it is none
   * @example
   * const { parsed } = await chat.withSchema(z.strictObject({ city: z.string() })).ask('Where is the Colosseum?');
   */
  withSchema(schema: null): ParsingVerbs<M, undefined> & this;
  withSchema<Value>(schema: SchemaSource<Value>): ParsingVerbs<M, Value> & this;
  withSchema(schema: SchemaSource | null): this {
    setChatSchema(this, schema === null ? null : answerSchema(schema));
    return this;
  }

  /**
   * Asks the model and waits for the answer, running the tools that it calls. Where calls need approval, it returns the
   * message that has them: see `pendingApprovals`. `onChunk` gets each piece as it comes; a piece with `reset` takes back those
   * before it, since an answer that breaks off begins anew while `retries` allow.
   * @example
   * const answer = await chat.ask('Tell me a story', (chunk) => process.stdout.write(chunk.text));
   * @throws ChatBusyError while another ask is under way, SchemaMismatchError when the answer is none of its schema's, and
   * what the upstream fails with; the user's message is kept
   */
  ask(content: string, onChunk?: OnChunk): Promise<M>;
  ask<Value>(
    content: string,
    options: AskOptions & SchemaOption<Value>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Value>>;
  ask(content: string, options?: AskOptions, onChunk?: OnChunk): Promise<M>;
  async ask(content: string, optionsOrOnChunk?: AskOptions | OnChunk, onChunk?: OnChunk): Promise<M> {
    const [options, callback] =
      typeof optionsOrOnChunk === 'function' ? [{}, optionsOrOnChunk] : [optionsOrOnChunk ?? {}, onChunk];
    return awaitAnswer<this, M>(this, await startRun(this, content, options), options, callback);
  }

  /**
   * Asks the model and yields the run's events. What fails before the run begins is thrown; what fails later is an
   * `error` event, and `run-end` tells the status. Leaving the loop cancels nothing: abort `options.signal` for that.
   */
  async *stream(content: string, options: AskOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    yield* eventsOf(await startRun(this, content, options));
  }

  /**
   * Goes on where the chat stands: runs the tool calls that have no result, once they are decided on, and answers the
   * last user message, after a failure or after `addMessage` as well.
   * @throws PendingToolCallsError while calls wait for approval
   */
  complete(onChunk?: OnChunk): Promise<M>;
  complete<Value>(options: CompleteOptions & SchemaOption<Value>, onChunk?: OnChunk): Promise<ParsedAnswer<M, Value>>;
  complete(options?: CompleteOptions, onChunk?: OnChunk): Promise<M>;
  async complete(optionsOrOnChunk?: CompleteOptions | OnChunk, onChunk?: OnChunk): Promise<M> {
    const [options, callback] =
      typeof optionsOrOnChunk === 'function' ? [{}, optionsOrOnChunk] : [optionsOrOnChunk ?? {}, onChunk];
    return awaitAnswer<this, M>(this, await startRun(this, null, options), options, callback);
  }

  /**
   * Asks the model once, and runs no tool: the message may have calls, which `runTools` works.
   * @throws ValidationError while there are calls without a result
   */
  step<Value>(options: CompleteOptions & SchemaOption<Value>): Promise<ParsedAnswer<M, Value>>;
  step(options?: CompleteOptions): Promise<M>;
  async step(options: CompleteOptions = {}): Promise<M> {
    return awaitAnswer<this, M>(this, await startRun(this, null, options, 'step'), options, undefined);
  }

  /**
   * Runs the tool calls that have no result, and asks no model. Where some wait for approval, the run waits with them, as
   * that of an ask does; where there are none, there is no run, and the settings that wait stay for the next one.
   * @throws PendingToolCallsError while such a run waits
   */
  async runTools(options: Pick<AskOptions, 'tools' | 'signal'> = {}): Promise<M[]> {
    return awaitToolResults<this, M>(this, options);
  }

  /** Whether the last thing that was said is a whole answer of the model, without calls. */
  isComplete(): Promise<boolean> {
    return backendOf<this, M>(this).isComplete(this);
  }

  /** The tool calls that wait for somebody's approval, in order; `complete()` goes on once each is decided on. */
  pendingApprovals(): Promise<ToolCallRecord[]> {
    return backendOf<this, M>(this).pendingApprovals(this);
  }

  /**
   * Lets a tool call run with the next `complete()`; approving it again is fine.
   * @param id of the call as `pendingApprovals` has it
   * @throws ToolCallNotFoundError, ToolCallDecidedError when somebody has denied it
   */
  approve(id: string, options: Pick<DecisionOptions, 'by'> = {}): Promise<ToolCallRecord> {
    return backendOf<this, M>(this).decide(this, decision(id, 'approved', options));
  }

  /**
   * Keeps a tool call from running: the model is told that it was denied, and why.
   * @throws ToolCallNotFoundError, ToolCallDecidedError when somebody has approved it
   */
  deny(id: string, options: DecisionOptions = {}): Promise<ToolCallRecord> {
    return backendOf<this, M>(this).decide(this, decision(id, 'denied', options));
  }

  /**
   * Adds a message without asking the model; a system message replaces the instructions.
   * @throws PendingToolCallsError for a message of the assistant while calls wait for approval
   */
  async addMessage(message: NewMessage): Promise<M> {
    return backendOf<this, M>(this).addMessage(this, message);
  }

  /** What the chat has cost so far, by model and kind of token, retries and failures included. */
  async usage(): Promise<ChatUsage> {
    return backendOf<this, M>(this).usage(this);
  }
}

function isToolUse(given: unknown): given is ToolUse {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/** @throws ValidationError when the model would have to call a tool that is not among them */
function mustOffer(choice: ToolChoice | undefined, tools: readonly ToolClass[]): void {
  if (typeof choice !== 'object') return;
  const names = tools.map(toolName);
  // What is no tool of the application is refused later.
  if (names.includes(choice.tool) || names.includes(undefined)) return;
  throw new ValidationError(
    `The choice is the tool ${JSON.stringify(choice.tool)}, which is not among those of withTools(): ${names.join(', ') || 'there are none'}.`,
  );
}
