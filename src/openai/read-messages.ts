import { isObject } from '../messages/is-object.js';
import { type JsonObject } from '../messages/json.interface.js';
import { jsonProblem } from '../messages/json-text.js';
import { type ModelMessage } from '../messages/message.interface.js';
import { type ToolCallPart } from '../messages/part.interface.js';
import { listAt, objectAt, optional, textAt } from './fields.js';
import { ParamError } from './param.error.js';
import { readContent, readText } from './read-content.js';

/** Fields that answers of other servers bring back, and that say nothing to a model. */
const SILENT = ['name', 'reasoning_content', 'annotations'];
const fieldsOf: Record<string, readonly string[]> = {
  assistant: ['role', 'content', 'refusal', 'tool_calls', 'audio', 'function_call'],
  tool: ['role', 'content', 'tool_call_id'],
};
const MAX_MALFORMED = 1_000;

/**
 * The history of a request.
 * @param ignored takes the names of fields that are left out
 * @throws ParamError
 */
export function readMessages(value: unknown, ignored: Set<string>): ModelMessage[] {
  const calls = new Map<string, string>();
  const messages = listAt(value, 'messages').map((item, index) =>
    readMessage(item, `messages[${index}]`, calls, ignored),
  );
  if (messages.every(({ role }) => role === 'system')) {
    throw new ParamError('messages', 'messages must have a message that is to be answered.');
  }
  return messages;
}

function readMessage(item: unknown, param: string, calls: Map<string, string>, ignored: Set<string>): ModelMessage {
  const message = objectAt(item, param);
  const { role, content } = message;
  checkFields(message, param, ignored);
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', parts: readText(content, `${param}.content`) };
    case 'user':
      return { role, parts: readContent(content, `${param}.content`, ignored) };
    case 'assistant': {
      const refusal = optional(message.refusal, `${param}.refusal`, readText) ?? [];
      const text = optional(content, `${param}.content`, readText) ?? [];
      const asked = optional(message.tool_calls, `${param}.tool_calls`, readCalls) ?? [];
      for (const { id, name } of asked) calls.set(id, name);
      return { role, parts: [...text, ...refusal, ...asked] };
    }
    case 'tool': {
      const id = textAt(message.tool_call_id, `${param}.tool_call_id`);
      const name = calls.get(id);
      if (name === undefined) {
        throw new ParamError(`${param}.tool_call_id`, `No message before it calls a tool by the id "${id}".`);
      }
      const text = readText(content, `${param}.content`)
        .map((part) => part.text)
        .join('');
      return { role, parts: [{ type: 'tool-result', id, name, content: text, isError: false }] };
    }
    default:
      throw new ParamError(
        `${param}.role`,
        `${param}.role is ${JSON.stringify(role)}; it must be developer, system, user, assistant or tool.`,
        'unsupported_value',
      );
  }
}

function checkFields(message: Record<string, unknown>, param: string, ignored: Set<string>): void {
  const known = fieldsOf[String(message.role)] ?? ['role', 'content'];
  for (const [field, value] of Object.entries(message)) {
    if (value === null || value === undefined) continue;
    if (SILENT.includes(field)) ignored.add(`messages.${field}`);
    else if (!known.includes(field) || field === 'audio' || field === 'function_call') {
      throw new ParamError(`${param}.${field}`, `${param}.${field} cannot be sent here.`, 'unsupported_parameter');
    }
  }
}

function readCalls(value: unknown, param: string): ToolCallPart[] {
  return listAt(value, param).map((item, index) => {
    const at = `${param}[${index}]`;
    const call = objectAt(item, at);
    if (call.type !== undefined && call.type !== 'function') {
      throw new ParamError(`${at}.type`, `${at}.type must be function.`, 'unsupported_value');
    }
    const { name, arguments: json } = objectAt(call.function, `${at}.function`);
    return {
      type: 'tool-call',
      id: textAt(call.id, `${at}.id`),
      name: textAt(name, `${at}.function.name`),
      ...readArguments(textAt(json, `${at}.function.arguments`)),
    };
  });
}

/** A model may have written something else than an object, and its client gives that back. */
function readArguments(json: string): Pick<ToolCallPart, 'arguments' | 'malformed'> {
  try {
    const value: unknown = jsonProblem(json) === undefined ? JSON.parse(json || '{}') : undefined;
    if (isObject(value)) return { arguments: value as JsonObject };
  } catch {
    // The model sees below how it begins.
  }
  return { arguments: {}, malformed: json.slice(0, MAX_MALFORMED) };
}
