import { seal } from '../conversation/seal.js';
import { isJsonObject, type JsonObject, stringOf } from '../json.js';
import { refuse } from './errors.js';

const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const MOST_CACHE_MARKS = 4;

type BlockRule = (block: JsonObject, place: string) => void;

/** What each type of content block must hold, by the role of its message. */
const USER_BLOCKS = new Map(
  Object.entries<BlockRule>({
    text: checkText,
    image: checkSource,
    document: checkSource,
    tool_result: (block, place) => {
      if (typeof block.tool_use_id !== 'string') refuse(`${place}.tool_result.tool_use_id: Field required`);
    },
  }),
);

const ASSISTANT_BLOCKS = new Map(
  Object.entries<BlockRule>({
    text: checkText,
    tool_use: checkToolUse,
    thinking: checkThinking,
    redacted_thinking: (_block, place) => refuse(`${place}: Invalid \`data\` in \`redacted_thinking\` block`),
  }),
);

/** Refuses a content block that Anthropic does not take in a message of this role. */
export function checkBlock(block: unknown, role: string, place: string): void {
  const rules = role === 'assistant' ? ASSISTANT_BLOCKS : USER_BLOCKS;
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
  if (marks > MOST_CACHE_MARKS) {
    refuse(`A maximum of ${MOST_CACHE_MARKS} blocks with cache_control may be provided. Found ${marks}.`);
  }
}

function checkText(block: JsonObject): void {
  if (typeof block.text !== 'string' || block.text === '') refuse('messages: text content blocks must be non-empty');
  if (block.text.trim() === '') refuse('messages: text content blocks must contain non-whitespace text');
}

function checkSource(block: JsonObject, place: string): void {
  if (!isJsonObject(block.source)) refuse(`${place}.${stringOf(block.type)}.source: Field required`);
}

function checkToolUse(block: JsonObject, place: string): void {
  if (!CALL_ID.test(stringOf(block.id)))
    refuse(`${place}.tool_use.id: String should match pattern '${CALL_ID.source}'`);
  if (!isJsonObject(block.input)) refuse(`${place}.tool_use.input: Input should be a valid dictionary`);
}

function checkThinking(block: JsonObject, place: string): void {
  if (block.cache_control != null) refuse(`${place}.thinking.cache_control: Extra inputs are not permitted`);
  if (typeof block.thinking !== 'string') refuse(`${place}.thinking.thinking: Field required`);
  if (typeof block.signature !== 'string') refuse(`${place}.thinking.signature: Field required`);
  if (block.signature !== seal('thinking', block.thinking)) {
    refuse(`${place}: Invalid \`signature\` in \`thinking\` block`);
  }
}
