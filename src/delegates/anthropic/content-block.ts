import { type JsonObject, type JsonValue } from '../../messages/json.interface.js';
import { jsonOfPart } from '../../messages/json-text.js';
import { type Part } from '../../messages/part.interface.js';
import { textDelta } from '../stream-event.js';
import { completeArguments, type GivenArguments, unnamedCall } from '../tool-arguments.js';

export interface TextBlock {
  type: 'text';
  text: string;
}

export interface ThinkingBlock {
  type: 'thinking';
  text: string;
  signature: string;
  start: JsonObject;
  isComplete: boolean;
}

export interface RedactedBlock {
  type: 'redacted_thinking';
  raw: JsonObject;
}

export interface ToolBlock {
  type: 'tool_use';
  id: string;
  name: string;
  /** The pieces of the input's JSON, joined once the block ends; they replace what the block began with. */
  pieces: string[];
  /** The JSON of the input that the block began with; empty for none. */
  initial: string;
  /** Set when the input is whole. */
  given: GivenArguments | undefined;
}

/** The input of the answer tool, which is the answer as JSON. */
export interface AnswerBlock {
  type: 'answer';
  text: string;
  /** The JSON of the input that the block began with; empty for none. */
  initial: string;
}

/** A block of a kind that only the vendor knows, which it takes back as it is. */
export interface VendorBlock {
  type: 'vendor';
  start: JsonObject;
  /** The pieces of its input's JSON, where it has one. */
  pieces: string[];
  /** The raw block once it has ended; undefined if it has pieces of an unknown kind, and so is not known completely. */
  isWhole: boolean | undefined;
}

/** A block of content while it grows. */
export type ContentBlock = TextBlock | AnswerBlock | ThinkingBlock | RedactedBlock | ToolBlock | VendorBlock;

/**
 * The block that a `content_block_start` begins, before anything is said in it.
 * @param answerTool the name of the tool whose input is the answer, where there is one
 * @param data the JSON of the event, whose numbers `start` may have changed
 */
export function startBlock(start: JsonObject, answerTool: string | undefined, data: string): ContentBlock {
  switch (start.type) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', text: '', signature: textDelta(start.signature), start, isComplete: false };
    case 'redacted_thinking':
      return { type: 'redacted_thinking', raw: start };
    case 'tool_use': {
      const { id, name, input } = start;
      if (typeof id !== 'string' || typeof name !== 'string' || id === '' || name === '') throw unnamedCall();
      const initial = isEmpty(input) ? '' : jsonOfPart(data, inputOf);
      if (name === answerTool) return { type: 'answer', text: '', initial };
      return { type: 'tool_use', id, name, pieces: [], initial, given: undefined };
    }
    default:
      return { type: 'vendor', start, pieces: [], isWhole: undefined };
  }
}

/** An input is announced as `{}`, and then comes in pieces; that of some proxies is whole at once. */
function isEmpty(input: JsonValue | undefined): boolean {
  return input === undefined || input === null || JSON.stringify(input) === '{}';
}

function inputOf(event: unknown): unknown {
  return (event as { content_block: JsonObject }).content_block.input;
}

/** The part that a block is so far; undefined if it says nothing, or is a call that is not whole. */
export function toPart(block: ContentBlock): Part | undefined {
  switch (block.type) {
    case 'text':
    case 'answer':
      return block.text === '' ? undefined : { type: 'text', text: block.text };
    case 'thinking':
      return thinkingPart(block);
    case 'redacted_thinking':
      return { type: 'reasoning', text: '', api: 'anthropic-messages', raw: block.raw };
    case 'tool_use':
      return block.given && { type: 'tool-call', id: block.id, name: block.name, ...block.given };
    case 'vendor':
      return vendorPart(block);
  }
}

function vendorPart({ start, pieces, isWhole }: VendorBlock): Part | undefined {
  if (isWhole !== true) return undefined;
  if (pieces.length === 0) return { type: 'vendor', api: 'anthropic-messages', raw: start };
  const given = completeArguments(pieces.join(''));
  if (given === undefined || given.malformed !== undefined) return undefined;
  return { type: 'vendor', api: 'anthropic-messages', raw: { ...start, input: given.arguments } };
}

function thinkingPart({ text, signature, start, isComplete }: ThinkingBlock): Part | undefined {
  // Without its signature the API would refuse the block.
  if (isComplete && signature !== '') {
    const raw = { ...start, thinking: text, signature };
    return { type: 'reasoning', text, api: 'anthropic-messages', raw };
  }
  return text === '' ? undefined : { type: 'reasoning', text, api: 'anthropic-messages' };
}
