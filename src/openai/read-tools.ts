import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams, type ToolChoice, type ToolDefinition } from '../messages/model-request.interface.js';
import { flagAt, listAt, objectAt, oneOf, optional, textAt } from './fields.js';
import { ParamError } from './param.error.js';

/** What a request says of tools. */
export interface OfferedTools {
  tools: ToolDefinition[];
  params: Pick<ModelParams, 'toolChoice' | 'toolCalls'>;
}

/**
 * The tools that the client runs, and how the model may use them.
 * @throws ParamError
 */
export function readTools(body: Record<string, unknown>, ignored: Set<string>): OfferedTools {
  const offered = optional(body.tools, 'tools', listAt) ?? [];
  const tools = offered.map((item, index) => readTool(item, `tools[${index}]`, ignored));
  const parallel = optional(body.parallel_tool_calls, 'parallel_tool_calls', flagAt);
  const chosen = optional(body.tool_choice, 'tool_choice', readChoice);
  const allowed = chosen?.only === undefined ? tools : tools.filter(({ name }) => chosen.only?.includes(name));
  const named = typeof chosen?.choice === 'object' ? [chosen.choice.tool] : (chosen?.only ?? []);
  const unknown = named.find((name) => tools.every((tool) => tool.name !== name));
  if (unknown !== undefined) {
    throw new ParamError('tool_choice', `tool_choice names the tool "${unknown}", which is not among the tools.`);
  }
  if (chosen?.choice === 'required' && tools.length === 0) {
    throw new ParamError('tool_choice', 'tool_choice is "required", and there are no tools.');
  }
  return {
    tools: allowed,
    params: {
      ...(chosen && { toolChoice: chosen.choice }),
      ...(parallel !== undefined && { toolCalls: parallel ? 'many' : 'one' }),
    },
  };
}

function readTool(item: unknown, param: string, ignored: Set<string>): ToolDefinition {
  const tool = objectAt(item, param);
  if (tool.type !== 'function') {
    throw new ParamError(`${param}.type`, `${param}.type must be function.`, 'unsupported_value');
  }
  const { name, description, parameters, strict } = objectAt(tool.function, `${param}.function`);
  if (strict === true) ignored.add('tools.function.strict');
  const said = optional(description, `${param}.function.description`, textAt);
  const toolName = textAt(name, `${param}.function.name`);
  return {
    name: toolName,
    // The models need one, and many tools have none.
    description: said === undefined || said.trim() === '' ? toolName : said,
    parameters: (optional(parameters, `${param}.function.parameters`, objectAt) ?? {
      type: 'object',
      properties: {},
    }) as JsonObject,
  };
}

/** What the model has to do, and the tools that it is offered where those are not all. */
interface Chosen {
  choice: ToolChoice;
  only?: string[];
}

function readChoice(value: unknown, param: string): Chosen {
  if (typeof value === 'string') return { choice: oneOf(['auto', 'none', 'required'])(value, param) };
  const choice = objectAt(value, param);
  if (choice.type === 'allowed_tools') {
    const at = `${param}.allowed_tools`;
    const { mode, tools } = objectAt(choice.allowed_tools, at);
    const only = listAt(tools, `${at}.tools`).map((tool, index) => functionName(tool, `${at}.tools[${index}]`));
    return { choice: oneOf(['auto', 'required'])(mode, `${at}.mode`), only };
  }
  return { choice: { tool: functionName(choice, param) } };
}

function functionName(value: unknown, param: string): string {
  const tool = objectAt(value, param);
  if (tool.type !== 'function') {
    throw new ParamError(`${param}.type`, `${param}.type must be function.`, 'unsupported_value');
  }
  return textAt(objectAt(tool.function, `${param}.function`).name, `${param}.function.name`);
}
