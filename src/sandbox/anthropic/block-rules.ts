import { isJsonObject, type JsonObject, listOf, stringOf } from '../json.js';
import { refuse } from './errors.js';
import { checkRedacted, checkThinking } from './thinking-blocks.js';
import { TOOL_NAME } from './tool-rules.js';

const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const MAX_CACHE_MARKS = 4;

type BlockRule = (block: JsonObject, place: string) => void;

/** What each type of content block must hold, by the role of its message. */
const USER_BLOCKS = new Map(
  Object.entries<BlockRule>({
    text: checkText,
    image: checkSource,
    document: checkSource,
    tool_result: checkResult,
  }),
);

const RESULT_BLOCKS = new Map(
  Object.entries<BlockRule>({ text: checkText, image: checkSource, document: checkSource }),
);

const ASSISTANT_BLOCKS = new Map(
  Object.entries<BlockRule>({
    text: checkText,
    tool_use: checkToolUse,
    thinking: checkThinking,
    redacted_thinking: checkRedacted,
    server_tool_use: checkToolUse,
    web_search_tool_result: () => undefined,
  }),
);

/** Refuses a content block that Anthropic does not take in a message of this role. */
export function checkBlock(block: unknown, role: string, place: string): void {
  checkByType(block, role === 'assistant' ? ASSISTANT_BLOCKS : USER_BLOCKS, place);
}

function checkByType(block: unknown, rules: ReadonlyMap<string, BlockRule>, place: string): void {
  const rule = isJsonObject(block) ? rules.get(stringOf(block.type)) : undefined;
  if (!isJsonObject(block) || !rule) {
    const expected = [...rules.keys()].map((type) => `'${type}'`).join(', ');
    refuse(`${place}: Input tag found using 'type' does not match any of the expected tags: ${expected}`);
  }
  rule(block, place);
}

/** Refuses more marks for the prompt cache than Anthropic takes. */
export function checkCacheMarks(blocks: readonly unknown[]): void {
  const given = blocks.flatMap((block) => (isJsonObject(block) ? (block.cache_control ?? []) : []));
  if (given.some((mark) => !isJsonObject(mark) || mark.type !== 'ephemeral')) {
    refuse("cache_control.type: Input should be 'ephemeral'");
  }
  const marks = given.length;
  if (marks > MAX_CACHE_MARKS) {
    refuse(`A maximum of ${MAX_CACHE_MARKS} blocks with cache_control may be provided. Found ${marks}.`);
  }
}

function checkText(block: JsonObject): void {
  if (typeof block.text !== 'string' || block.text === '') refuse('messages: text content blocks must be non-empty');
  if (block.text.trim() === '') refuse('messages: text content blocks must contain non-whitespace text');
}

/** Content sources other than base64 and URL, accepted unchecked. */
const SOURCES = ['file', 'text', 'content'];

const MEDIA_TYPES: Record<string, readonly string[]> = {
  image: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
  document: ['application/pdf'],
};

function checkSource({ type, source }: JsonObject, place: string): void {
  const at = `${place}.${stringOf(type)}.source`;
  if (!isJsonObject(source)) refuse(`${at}: Field required`);
  if (source.type === 'url') {
    if (stringOf(source.url) === '') refuse(`${at}.url.url: Field required`);
    return;
  }
  if (source.type !== 'base64') {
    if (SOURCES.includes(stringOf(source.type))) return;
    const expected = ['base64', 'url', ...SOURCES].map((name) => `'${name}'`).join(', ');
    refuse(`${at}: Input tag found using 'type' does not match any of the expected tags: ${expected}`);
  }
  const taken = MEDIA_TYPES[stringOf(type)] ?? [];
  if (!taken.includes(stringOf(source.media_type))) {
    refuse(`${at}.base64.media_type: Input should be ${taken.map((name) => `'${name}'`).join(', ')}`);
  }
  if (stringOf(source.data) === '') refuse(`${at}.base64.data: Field required`);
}

function checkResult({ tool_use_id: id, content, is_error: isError }: JsonObject, place: string): void {
  const at = `${place}.tool_result`;
  if (typeof id !== 'string') refuse(`${at}.tool_use_id: Field required`);
  const blocks = listOf(content);
  const isBlank = typeof content === 'string' ? content.trim() === '' : blocks.length === 0;
  if (isError === true && isBlank) refuse(`${at}: content cannot be empty if \`is_error\` is true`);
  if (content != null && typeof content !== 'string' && !Array.isArray(content)) {
    refuse(`${at}.content: Input should be a valid string or list`);
  }
  for (const [index, block] of blocks.entries()) checkByType(block, RESULT_BLOCKS, `${at}.content.${index}`);
}

function checkToolUse(block: JsonObject, place: string): void {
  if (!CALL_ID.test(stringOf(block.id)))
    refuse(`${place}.tool_use.id: String should match pattern '${CALL_ID.source}'`);
  if (!TOOL_NAME.test(stringOf(block.name)))
    refuse(`${place}.tool_use.name: String should match pattern '${TOOL_NAME.source}'`);
  if (!isJsonObject(block.input)) refuse(`${place}.tool_use.input: Input should be a valid dictionary`);
}
