import { isJsonObject, type JsonObject, listOf, objectsOf, stringOf } from '../json.js';
import { refuse } from '../openai/errors.js';
import { checkFileData, checkImageCount, checkImageUrl, type ImageWords } from '../openai/file-rules.js';
import { readsPdf } from '../openai/pdf-models.js';
import { checkLength, checkToolName } from '../openai/parameter-rules.js';
import { PHASES } from './phases.js';
import { checkReasoning } from './reasoning.js';

const ROLES = ['assistant', 'system', 'developer', 'user'];
const INPUT_PARTS = ['input_text', 'input_image', 'input_file'];
const OUTPUT_PARTS = ['output_text', 'refusal'];
/** The fields of each part type: one of them must hold its content. */
const CONTENT: Record<string, readonly [string, ...string[]]> = {
  input_image: ['image_url', 'file_id'],
  input_file: ['file_data', 'file_url', 'file_id'],
};
const MAX_CALL_ID_LENGTH = 64;

type ItemRule = (item: JsonObject, place: string) => void;

const ITEM_RULES = new Map(
  Object.entries<ItemRule>({
    message: checkMessage,
    function_call: (item, place) => {
      checkIdPrefix(item, 'fc', place);
      checkCallId(item, place);
      checkToolName(stringOf(item.name), `${place}.name`);
      if (typeof item.arguments !== 'string') missing(`${place}.arguments`);
    },
    function_call_output: (item, place) => {
      checkCallId(item, place);
      if (item.output == null) missing(`${place}.output`);
      if (typeof item.output !== 'string') checkParts(item.output, INPUT_PARTS, `${place}.output`);
    },
    reasoning: (item, place) => {
      checkIdPrefix(item, 'rs', place);
      if (!Array.isArray(item.summary)) missing(`${place}.summary`);
      checkReasoning(item);
    },
  }),
);

/** Reads the input of a request as items; a string is one user message. Refuses anything that is not an item. */
export function readItems(input: unknown, model: string): JsonObject[] {
  if (typeof input === 'string') return [readItem({ role: 'user', content: input }, 0)];
  if (!Array.isArray(input)) missing('input');
  const items = listOf(input).map(readItem);
  const parts = items.flatMap(partsOf);
  checkImageCount(parts.filter(({ part }) => part.type === 'input_image').length);
  const document = parts.find(({ part }) => part.type === 'input_file');
  if (document && !readsPdf(model)) refuseValue('input_file', ['input_text', 'input_image'], document.place);
  return items;
}

/** The parts of a message or tool output, and where they stand. */
function partsOf({ content, output }: JsonObject, index: number): { part: JsonObject; place: string }[] {
  const places = (list: unknown, name: string) =>
    objectsOf(list).map((part, at) => ({ part, place: `input[${index}].${name}[${at}]` }));
  return [...places(content, 'content'), ...places(output, 'output')];
}

function readItem(value: unknown, index: number): JsonObject {
  const place = `input[${index}]`;
  if (!isJsonObject(value)) refuse(`Invalid type for '${place}': expected an object.`, place, 'invalid_type');
  const item = value.type === undefined && value.role !== undefined ? { ...value, type: 'message' } : value;
  const rule = ITEM_RULES.get(stringOf(item.type));
  if (!rule) refuseValue(stringOf(item.type), [...ITEM_RULES.keys()], place);
  rule(item, place);
  return item;
}

function checkMessage(item: JsonObject, place: string): void {
  const role = stringOf(item.role);
  if (!ROLES.includes(role)) refuseValue(role, ROLES, `${place}.role`);
  checkIdPrefix(item, 'msg', place);
  checkPhase(item.phase, `${place}.phase`);
  const { content } = item;
  if (content === '') refuse(`Invalid '${place}.content': empty string.`, `${place}.content`, 'empty_string');
  if (typeof content === 'string') return;
  checkParts(content, role === 'assistant' ? OUTPUT_PARTS : INPUT_PARTS, `${place}.content`);
}

function checkPhase(phase: unknown, param: string): void {
  if (phase == null || PHASES.some((known) => known === phase)) return;
  refuseValue(stringOf(phase), PHASES, param);
}

function checkParts(parts: unknown, types: readonly string[], place: string): void {
  if (!Array.isArray(parts)) missing(place);
  if (parts.length === 0) refuse(`Invalid '${place}': empty array.`, place, 'empty_array');
  for (const [at, part] of listOf(parts).entries()) checkPart(part, types, `${place}[${at}]`);
}

function checkPart(part: unknown, types: readonly string[], place: string): void {
  const type = isJsonObject(part) ? stringOf(part.type) : '';
  if (!isJsonObject(part) || !types.includes(type)) refuseValue(type, types, place);
  if (type.endsWith('_text') && stringOf(part.text) === '') {
    refuse(`Invalid '${place}.text': empty string.`, `${place}.text`, 'empty_string');
  }
  const content = CONTENT[type];
  if (content?.every((field) => stringOf(part[field]) === '')) missing(`${place}.${content[0]}`);
  const { image_url: image, file_data: data } = part;
  if (typeof image === 'string') checkImageUrl(image, `${place}.image_url`, IMAGE_WORDS);
  if (typeof data === 'string') checkFileData(data, `${place}.file_data`);
}

const IMAGE_WORDS: ImageWords = {
  title: 'Invalid',
  refuseUnreadable: () =>
    refuse(
      "The image data you provided does not represent a valid image. Please check your input and try again with one of the supported image formats: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'].",
      'input',
      'invalid_value',
    ),
};

function checkCallId(item: JsonObject, place: string): void {
  const id = stringOf(item.call_id);
  if (id === '') missing(`${place}.call_id`);
  checkLength(id, MAX_CALL_ID_LENGTH, `${place}.call_id`);
}

function checkIdPrefix(item: JsonObject, prefix: string, place: string): void {
  if (item.id == null || stringOf(item.id).startsWith(`${prefix}_`)) return;
  refuse(
    `Invalid '${place}.id': '${stringOf(item.id)}'. Expected an ID that begins with '${prefix}'.`,
    `${place}.id`,
    'invalid_value',
  );
}

function missing(param: string): never {
  refuse(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
}

function refuseValue(value: string, supported: readonly string[], param: string): never {
  const list = supported.map((name) => `'${name}'`).join(', ');
  refuse(`Invalid value: '${value}'. Supported values are: ${list}.`, param, 'invalid_value');
}
