import { isJsonObject, type JsonObject, listOf, objectOf, objectsOf, stringOf } from '../json.js';
import { refuse } from '../openai/errors.js';
import { checkFileData, checkImageCount, checkImageUrl, type ImageWords } from '../openai/file-rules.js';
import { readsPdf } from '../openai/pdf-models.js';
import { checkLength, checkToolName } from '../openai/parameter-rules.js';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'];
const MAX_CALL_ID_LENGTH = 40;

/** Reads the messages of a request, and refuses a transcript that OpenAI would not continue. */
export function readMessages(value: unknown, model: string): JsonObject[] {
  if (!Array.isArray(value))
    refuse("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter');
  if (value.length === 0)
    refuse("Invalid 'messages': empty array. Expected an array with minimum length 1.", 'messages', 'empty_array');
  const messages = listOf(value).map((message, index) => checkMessage(message, index, partTypes(model)));
  checkAnswered(messages);
  const parts = messages.flatMap(({ content }) => objectsOf(content));
  checkImageCount(parts.filter(({ type }) => type === 'image_url').length);
  return messages;
}

function checkMessage(message: unknown, index: number, types: PartTypes): JsonObject {
  const place = `messages[${index}]`;
  if (!isJsonObject(message)) refuse(`Invalid type for '${place}': expected an object.`, place, 'invalid_type');
  const role = stringOf(message.role);
  if (!ROLES.includes(role)) {
    const supported = ROLES.map((name) => `'${name}'`).join(', ');
    refuse(`Invalid value: '${role}'. Supported values are: ${supported}.`, `${place}.role`, 'invalid_value');
  }
  const hasCalls = role === 'assistant' && message.tool_calls != null;
  if (hasCalls) checkCalls(message.tool_calls, place);
  if (role === 'tool') checkLength(stringOf(message.tool_call_id), MAX_CALL_ID_LENGTH, `${place}.tool_call_id`);
  checkContent(message.content, place, role, hasCalls, types[role] ?? ['text']);
  return message;
}

function checkContent(
  content: unknown,
  place: string,
  role: string,
  hasCalls: boolean,
  types: readonly string[],
): void {
  const param = `${place}.content`;
  if (content == null) {
    if (!hasCalls) refuse("Invalid value for 'content': expected a string, got null.", param);
  } else if (content === '') {
    if (role !== 'tool')
      refuse(`Invalid '${param}': empty string. Expected a string with minimum length 1.`, param, 'empty_string');
  } else if (Array.isArray(content)) {
    if (content.length === 0)
      refuse(`Invalid '${param}': empty array. Expected an array with minimum length 1.`, param, 'empty_array');
    for (const [at, part] of objectsOf(content).entries()) checkPart(part, types, `${param}[${at}]`);
  } else if (typeof content !== 'string') {
    refuse(`Invalid type for '${param}': expected one of a string or array of objects.`, param, 'invalid_type');
  }
}

/** The content part types that each role may use, if it may use more than text. */
type PartTypes = Partial<Record<string, readonly string[]>>;

function partTypes(model: string): PartTypes {
  return {
    user: ['text', 'image_url', 'input_audio', ...(readsPdf(model) ? ['file'] : [])],
    assistant: ['text', 'refusal'],
  };
}

function checkPart(part: JsonObject, types: readonly string[], place: string): void {
  if (!types.includes(stringOf(part.type))) {
    const supported = types.map((name) => `'${name}'`).join(', ');
    refuse(`Invalid value: '${stringOf(part.type)}'. Supported values are: ${supported}.`, place, 'invalid_value');
  }
  if (part.type === 'text' && stringOf(part.text) === '') {
    refuse(
      `Invalid '${place}.text': empty string. Expected a string with minimum length 1.`,
      `${place}.text`,
      'empty_string',
    );
  }
  if (part.type === 'image_url') checkImage(stringOf(objectOf(part.image_url).url), `${place}.image_url`);
  if (part.type === 'file') checkFile(objectOf(part.file), `${place}.file`);
}

function checkImage(url: string, place: string): void {
  if (!/^(https?|data):/.test(url)) refuse(`Invalid '${place}'. Expected a valid URL.`, place, 'invalid_image_url');
  checkImageUrl(url, `${place}.url`, IMAGE_WORDS);
}

const IMAGE_WORDS: ImageWords = {
  title: 'Invalid image URL:',
  refuseUnreadable: () =>
    refuse('You uploaded an unsupported image. Please make sure your image is valid.', null, 'invalid_image_format'),
};

function checkFile({ file_data: data, file_id: id }: JsonObject, place: string): void {
  if (/^data:/.test(stringOf(data))) checkFileData(stringOf(data), `${place}.file_data`);
  else if (stringOf(id) === '') {
    refuse(`Missing required parameter: '${place}.file_id'.`, place, 'missing_required_parameter');
  }
}

function checkCalls(calls: unknown, place: string): void {
  const param = `${place}.tool_calls`;
  if (listOf(calls).length === 0) {
    refuse(`Invalid '${param}': empty array. Expected an array with minimum length 1.`, param, 'empty_array');
  }
  for (const [index, call] of objectsOf(calls).entries()) {
    const target = objectOf(call.function);
    if (typeof call.id !== 'string' || call.type !== 'function' || typeof target.arguments !== 'string') {
      refuse(`Missing required parameter: '${param}[${index}]'.`, `${param}[${index}]`, 'missing_required_parameter');
    }
    checkLength(call.id, MAX_CALL_ID_LENGTH, `${param}[${index}].id`);
    checkToolName(stringOf(target.name), `${param}[${index}].function.name`);
  }
  const ids = objectsOf(calls).map((call) => call.id);
  const repeated = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (repeated >= 0) {
    refuse(
      `Invalid parameter: Duplicate value for 'id' of '${stringOf(ids[repeated])}', in ${param}.`,
      `${param}[${repeated}].id`,
    );
  }
}

/** Refuses calls that the tool messages right after them do not answer, and tool messages that answer no such call. */
function checkAnswered(messages: readonly JsonObject[]): void {
  let open = new Set<string>();
  for (const [index, message] of [...messages, { role: 'end' }].entries()) {
    const id = 'tool_call_id' in message ? stringOf(message.tool_call_id) : '';
    if (message.role === 'tool') {
      if (open.delete(id)) continue;
      refuse(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${index}].role`,
      );
    }
    if (open.size > 0) {
      refuse(
        `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
        `messages.[${index}].role`,
      );
    }
    open = new Set('tool_calls' in message ? objectsOf(message.tool_calls).map((call) => stringOf(call.id)) : []);
  }
}
