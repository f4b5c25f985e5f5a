import { DeadlineError, withDeadline } from '../async/deadline.js';
import { type AgentScope, type ChatAgent } from '../chats/chat-agents.js';
import { type ChatClass } from '../chats/chat-kind.js';
import { type ToolClass } from '../conversation/ask-options.interface.js';
import { contentParts } from '../conversation/start-run.js';
import { ValidationError } from '../errors/request.errors.js';
import { checkParams } from '../messages/params.js';
import { sanitizeJson } from '../messages/text.js';
import { type RunDefaults } from '../runs/run-request.js';
import { type StartRun } from '../runs/run-request.js';
import { type Validator } from '../schemas/schema.interface.js';
import { type AgentContext, type AgentMethods, type AgentSettings } from './agent-context.interface.js';

const TIMEOUT_MS = 30_000;

/** The parts of a `BoundAgent`. */
export interface AgentParts {
  name: string;
  /** The settings that are the same for all its chats. */
  settings: AgentSettings;
  /** The settings that depend on the chat. */
  methods: AgentMethods;
  /** The defaults of every run of its chats. */
  run: RunDefaults;
  inputs: Validator | undefined;
  /** The kind of its persisted chats, if they can be persisted. */
  kind: ChatClass | undefined;
  toolNames: (tools: readonly ToolClass[]) => string[];
}

/** An agent of this application: computes the settings of its chats and the defaults of their runs. */
export class BoundAgent implements ChatAgent {
  constructor(private readonly parts: AgentParts) {}

  get name(): string {
    return this.parts.name;
  }

  /** The model, if it is the same for all chats. */
  get model(): string | undefined {
    return this.parts.settings.model;
  }

  get kind(): ChatClass | undefined {
    return this.parts.kind;
  }

  get needsChat(): boolean {
    return this.parts.methods.tools !== undefined;
  }

  settings(scope: AgentScope): Promise<Pick<StartRun, 'model' | 'params' | 'instructions'>> {
    const { settings, methods } = this.parts;
    return this.within(scope, async (context) => {
      const model = (await methods.model?.(context)) ?? settings.model;
      const params = (await methods.params?.(context)) ?? settings.params;
      const instructions = (await methods.instructions?.(context)) ?? settings.instructions;
      if (params) checkParams(params);
      if (instructions !== undefined) contentParts({ role: 'system', content: instructions });
      return {
        ...(model !== undefined && { model }),
        ...(params && { params: sanitizeJson(params) }),
        ...(instructions !== undefined && { instructions }),
      };
    });
  }

  async defaults(scope: AgentScope): Promise<RunDefaults> {
    const { settings, methods, run, toolNames } = this.parts;
    const offered = methods.tools
      ? await this.within(scope, async (context) => methods.tools?.(context))
      : (settings.tools ?? []);
    // toolNames throws for a value that is not a list.
    return { ...run, tools: toolNames(offered as readonly ToolClass[]) };
  }

  /** Calls a method of the agent with the validated inputs of a chat and a deadline. */
  private async within<T>(scope: AgentScope, work: (context: AgentContext) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(async (signal) => work({ ...scope, inputs: await this.inputs(scope), signal }), {
        ms: TIMEOUT_MS,
        signal: scope.signal,
      });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new Error(`The agent "${this.name}" did not say what it works with within ${TIMEOUT_MS / 1_000} s.`);
    }
  }

  private async inputs({ inputs }: AgentScope): Promise<object> {
    const { name, inputs: schema } = this.parts;
    if (schema === undefined) {
      if (inputs === null) return {};
      throw new ValidationError(
        `The agent "${name}" takes no inputs: declare them by @Agent({ inputs }), or give none.`,
      );
    }
    const validated = await schema.validate(inputs ?? {});
    if ('value' in validated) return validated.value as object;
    throw new ValidationError(`The inputs of the agent "${name}" are wrong: ${validated.problem}`);
  }
}
