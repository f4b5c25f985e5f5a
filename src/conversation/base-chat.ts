import { checkParamChanges } from '../messages/params.js';
import { sanitizeText, sanitizeJson } from '../messages/text.js';
import { type ChatUsage } from '../messages/usage-report.js';
import { type ParamChanges, type Thinking, type ToolChoice } from '../messages/model-request.interface.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type RunListOptions, type RunRecord } from '../runs/run-record.interface.js';
import { type Run } from '../runs/run.interface.js';
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
import { awaitAnswer, contentParts, eventsOf, runPendingTools, startRun, takeStep } from './start-run.js';
import { backendOf } from './chat-backend.js';
import { ChatRun } from './chat-run.js';
import { isParked } from './parked-chats.js';
import { setChatSchema, stageSettings, stageTool } from './chat-settings.js';
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
   * Sets the instructions (system prompt); they replace the earlier ones.
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

  /**
   * Adds a tool to those of the chat, once: to its stored tools or, where it stores none, to those of its agent or kind. The
   * chat stores the list that this makes.
   * @throws ConfigurationError for a value that is not a class, such as one that a circular import has left undefined
   */
  withTool(tool: ToolClass): this {
    mustBeTools([tool]);
    stageTool(this, tool);
    return this;
  }

  /**
   * Replaces the tools that the model may call, and how they are to be used; `null` removes all of them.
   * @param tools classes with `@Tool`, and last, if need be, how they are to be used
   * @throws ConfigurationError for a value that is not a class, such as one that a circular import has left undefined;
   *   ValidationError for a choice that is not among the tools
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
    stageSettings(this, { tools, addedTools: undefined });
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
   * @throws ValidationError when it is not a schema
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
   * message that has them, with the status `awaiting_approval`: see `pendingApprovals()`. `onChunk` receives each piece as
   * it comes; a piece with `reset` takes back those before it, since an answer that breaks off starts again.
   * @example
   * const answer = await chat.ask('Tell me a story', (chunk) => process.stdout.write(chunk.text));
   * @throws ChatBusyError while another run is active, SchemaMismatchError when the answer does not match its schema, and
   *   errors of the upstream; the user's message is kept
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
   * Asks the model and yields the run's events. An error before the run begins is thrown; a later one is an `error`
   * event, and `run-end` has the status. Leaving the loop cancels nothing: abort `options.signal` for that.
   */
  async *stream(content: string, options: AskOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    const run = await startRun(this, content, options);
    yield* eventsOf(run);
    await run.result();
  }

  /**
   * Begins a run and returns it as soon as it is stored, while it works. The content `null` completes the chat, as
   * `complete()` does.
   * @example
   * const run = await chat.start('Tell me a story');
   * for await (const event of run.events()) if (event.type === 'text-delta') process.stdout.write(event.text);
   * const answer = await run.result();
   * @throws ChatBusyError while another run is active, and what `ask()` throws before its run begins
   */
  start<Value>(content: string | null, options: AskOptions & SchemaOption<Value>): Promise<Run<ParsedAnswer<M, Value>>>;
  start(content: string | null, options?: AskOptions): Promise<Run<M>>;
  async start(content: string | null, options: AskOptions = {}): Promise<Run<M>> {
    return new ChatRun<this, M>(this, await startRun(this, content, options), options);
  }

  /**
   * A run of this chat by its id, wherever it works or worked: nothing is read until it is used.
   * @example
   * for await (const event of chat.run(runId).events({ after: lastSeen })) show(event);
   */
  run(runId: string): Run<M> {
    return new ChatRun<this, M>(this, backendOf<this, M>(this).run(this, runId));
  }

  /** The runs of this chat, newest first. */
  async runs(options: RunListOptions = {}): Promise<{ items: RunRecord[]; nextCursor: string | null }> {
    return backendOf<this, M>(this).runs(this, options);
  }

  /**
   * Cancels the active run, if there is one, and resolves once it has ended; its text so far is kept. A run that begins
   * later is not affected.
   */
  async cancel(): Promise<void> {
    const runId = await backendOf<this, M>(this).cancel(this);
    if (runId !== undefined) await backendOf<this, M>(this).run(this, runId).result();
  }

  /**
   * Continues where the chat stands: runs the tool calls that have no result, once they are decided, and answers the last
   * user message, also after a failure or after `addMessage()`.
   * @throws PendingToolCallsError while calls await approval
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
   * Answers a message of the user again, in the place of what came after it: that is superseded, which means kept but no
   * longer replayed, also where the new answer fails. Instructions that were set since stay.
   * @param messageId of the message of the user or of any message of its answer; the last message of the user by default
   * @example
   * const better = await chat.regenerate(null, { model: 'duo-chat-opus-4-6' });
   * @throws MessageNotFoundError also for a superseded message, WrongMessageRoleError for instructions, ValidationError where
   *   the user has said nothing, and what `ask()` throws
   */
  regenerate<Value>(
    messageId: string | null | undefined,
    options: CompleteOptions & SchemaOption<Value>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Value>>;
  regenerate(messageId?: string | null, options?: CompleteOptions, onChunk?: OnChunk): Promise<M>;
  async regenerate(messageId: string | null = null, options: CompleteOptions = {}, onChunk?: OnChunk): Promise<M> {
    const revision = { type: 'regenerate', messageId } as const;
    return awaitAnswer<this, M>(this, await startRun(this, null, { ...options, revision }), options, onChunk);
  }

  /**
   * Asks with a new content in the place of a message of the user: that message and all that came after it is superseded, as
   * by `regenerate()`.
   * @throws MessageNotFoundError also for a superseded message, WrongMessageRoleError unless the message is one of the user,
   *   and what `ask()` throws
   */
  edit<Value>(
    messageId: string,
    content: string,
    options: AskOptions & SchemaOption<Value>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Value>>;
  edit(messageId: string, content: string, options?: AskOptions, onChunk?: OnChunk): Promise<M>;
  async edit(messageId: string, content: string, options: AskOptions = {}, onChunk?: OnChunk): Promise<M> {
    const revision = { type: 'edit', messageId } as const;
    return awaitAnswer<this, M>(this, await startRun(this, content, { ...options, revision }), options, onChunk);
  }

  /**
   * Takes a message out of the chat, and with a call of tools its results, or with a result its calls: they are superseded,
   * which means kept but no longer replayed. What came after stays.
   * @throws MessageNotFoundError also for a superseded message, ChatBusyError while a run is active, PendingToolCallsError
   *   while calls await approval
   */
  async deleteMessage(messageId: string): Promise<void> {
    await backendOf<this, M>(this).deleteMessage(this, messageId);
  }

  /**
   * Makes one request to the model and runs no tool. The message may have tool calls, which `runTools()` runs.
   * @throws ValidationError while there are calls without a result, or when no message waits for an answer
   */
  generate<Value>(options: CompleteOptions & SchemaOption<Value>): Promise<ParsedAnswer<M, Value>>;
  generate(options?: CompleteOptions): Promise<M>;
  async generate(options: CompleteOptions = {}): Promise<M> {
    return awaitAnswer<this, M>(this, await startRun(this, null, options, 'generate'), options, undefined);
  }

  /**
   * Advances the chat by one move: runs the tool calls that have no result, or else makes one request, as `generate()`
   * does. Returns the last message of that move, the answer or the result of the last call, with the status
   * `awaiting_approval` where other calls have to be decided first; `null` when the chat is complete.
   * @example
   * let message = await chat.step();
   * while (message !== null && message.status !== 'awaiting_approval') message = await chat.step();
   * @throws PendingToolCallsError while calls await approval
   */
  step<Value>(options: CompleteOptions & SchemaOption<Value>): Promise<ParsedAnswer<M, Value> | null>;
  step(options?: CompleteOptions): Promise<M | null>;
  async step(options: CompleteOptions = {}): Promise<M | null> {
    return takeStep<this, M>(this, options);
  }

  /**
   * Runs the tool calls that have no result, and makes no request to the model. Where calls need approval, the run is
   * parked, as that of an ask is. Without such calls there is no run, and settings that wait remain for the next one.
   * @returns the results, in the order of the calls
   * @throws PendingToolCallsError while a parked run awaits approval
   */
  async runTools(options: Pick<AskOptions, 'tools' | 'signal'> = {}): Promise<M[]> {
    return (await runPendingTools<this, M>(this, options)) ?? [];
  }

  /**
   * Whether a run of this chat is parked, because calls await approval: known without a query, as of the last verb of this
   * object or, for what `chats.find()` and `chats.list()` return, as of then. `undefined` where this object does not know.
   */
  get isAwaitingApproval(): boolean | undefined {
    return isParked(this);
  }

  /** Whether the last message, other than instructions, is a complete answer without tool calls. */
  isComplete(): Promise<boolean> {
    return backendOf<this, M>(this).isComplete(this);
  }

  /** The tool calls that await approval, in order. Once each is decided, `complete()` continues. */
  pendingApprovals(): Promise<ToolCallRecord[]> {
    return backendOf<this, M>(this).pendingApprovals(this);
  }

  /**
   * Approves a tool call, which runs with the next `complete()`. Approving it twice does no harm.
   * @param id of the call as `pendingApprovals()` returns it
   * @throws ToolCallNotFoundError, ToolCallDecidedError when it was denied before
   */
  approve(id: string, options: Pick<DecisionOptions, 'by'> = {}): Promise<ToolCallRecord> {
    return backendOf<this, M>(this).decide(this, decision(id, 'approved', options));
  }

  /**
   * Denies a tool call: it never runs, and the model receives the denial and its reason.
   * @throws ToolCallNotFoundError, ToolCallDecidedError when it was approved before
   */
  deny(id: string, options: DecisionOptions = {}): Promise<ToolCallRecord> {
    return backendOf<this, M>(this).decide(this, decision(id, 'denied', options));
  }

  /**
   * Adds a message without asking the model; a system message replaces the instructions.
   * @throws PendingToolCallsError for a message of the assistant while calls await approval
   */
  async addMessage(message: NewMessage): Promise<M> {
    return backendOf<this, M>(this).addMessage(this, message);
  }

  /** The cost of the chat so far, by model and kind of token, retries and failures included. */
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
