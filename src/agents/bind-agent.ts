import { type ChatClass } from '../chats/chat-kind.js';
import { type ToolClass } from '../conversation/ask-options.interface.js';
import { answerSchema } from '../conversation/answer-schema.js';
import { contentParts } from '../conversation/start-run.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { checkParams } from '../messages/params.js';
import { type ModelRegistry } from '../models/model-registry.js';
import { toValidator } from '../schemas/to-schema.js';
import { snakeCase } from '../tools/tool-definition.js';
import { toolOptions } from '../tools/tool.decorator.js';
import { type AgentMethods, type AgentSettings } from './agent-context.interface.js';
import { type AgentOptions } from './agent.decorator.js';
import { BoundAgent } from './bound-agent.js';

const sayings = ['model', 'instructions', 'params', 'tools'] as const;

/** What `bindAgent` needs of the application. */
export interface AgentDependencies {
  models: ModelRegistry;
  /** The kind of its persisted chats, if they can be persisted. */
  kind: ChatClass | undefined;
  toolNames: (tools: readonly ToolClass[]) => string[];
}

/**
 * Makes an agent ready to be asked.
 * @param className the default name of the agent, once in snake_case
 * @throws ConfigurationError, UnknownModelError, ValidationError when an option or the class is invalid
 */
export function bindAgent(
  className: string,
  options: AgentOptions,
  instance: AgentMethods,
  { models, kind, toolNames }: AgentDependencies,
): BoundAgent {
  const { name = snakeCase(className), maxSteps, inputs, schema } = options;
  if (name.trim() === '') throw new ConfigurationError('it has no name: set one, as it has no class name either.');
  const twice = sayings.find((key) => options[key] !== undefined && instance[key] !== undefined);
  if (twice) throw new ConfigurationError(`it says its ${twice} twice: by @Agent() and by a method. Keep one of them.`);
  if (maxSteps !== undefined && !(Number.isInteger(maxSteps) && maxSteps > 0)) {
    throw new ConfigurationError(`its maxSteps must be a whole number above 0; it is ${String(maxSteps)}.`);
  }
  const { settings, methods } = settingsOf(options, instance);
  const { model, instructions, params } = settings;
  // A tool class outside a list would pass as a function that returns the tools.
  if (toolOptions(options.tools)) throw new ConfigurationError('its tools must be a list, even of one: put it in [ ].');
  if (model !== undefined) models.get(model);
  if (instructions !== undefined) contentParts({ role: 'system', content: instructions });
  if (params) checkParams(params);
  return new BoundAgent({
    name,
    settings,
    methods,
    kind,
    toolNames,
    inputs: inputs && toValidator(inputs),
    run: { ...(maxSteps !== undefined && { maxSteps }), ...(schema && { answerSchema: answerSchema(schema) }) },
  });
}

/** Splits the options and methods of an agent into fixed settings and functions of the chat. */
function settingsOf(options: AgentOptions, instance: AgentMethods): { settings: AgentSettings; methods: AgentMethods } {
  const settings: Record<string, unknown> = {};
  const methods: Record<string, unknown> = {};
  for (const key of sayings) {
    const saying: unknown = Reflect.get(instance, key) ?? options[key];
    if (typeof saying === 'function') methods[key] = saying.bind(instance);
    else settings[key] = saying;
  }
  return { settings, methods };
}
