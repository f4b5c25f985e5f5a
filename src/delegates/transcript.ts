import { ValidationError } from '../errors/request.errors.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ModelMessage, type Role } from '../messages/message.interface.js';
import {
  type Api,
  type FilePart,
  type Part,
  type PromptPart,
  type ReasoningPart,
  type TextPart,
  type ToolCallPart,
  type Vendor,
  type VendorPart,
} from '../messages/part.interface.js';
import { vendorOf } from '../messages/vendor-of.js';
import { type LeftOut } from '../models/file-fit.js';
import { OpenCalls } from './unanswered-calls.js';
import { refusalNote, replayedFile, replayedResult } from './replayed-parts.js';
import { type ReplayedResult } from './replayed-result.interface.js';
import { madeOf } from './source.js';

/**
 * Reasoning that the API which made it takes back. It is detached where a part before it in its own message is not sent as
 * the model said it.
 */
export type ReplayedReasoning = ReasoningPart & { raw: JsonObject; isDetached?: boolean };

export type AssistantPart = TextPart | ReplayedReasoning | ToolCallPart | VendorPart;

export type TranscriptMessage =
  | { role: 'user'; parts: (TextPart | FilePart)[] }
  | { role: 'assistant'; parts: AssistantPart[]; prefixDigest: ModelMessage['prefixDigest'] }
  | { role: 'tool'; parts: ReplayedResult[] };

/** A history in the form that every vendor accepts; see `toTranscript`. */
export interface Transcript {
  /** The last system message: it replaces those before it. */
  instructions: string | undefined;
  messages: TranscriptMessage[];
}

/** What came before the history: its calls keep their ids, and its instructions hold until others come. */
export interface TranscriptStart {
  calls?: OpenCalls;
  instructions?: string;
}

/** The prompt for a model whose last results are left out together with their calls. */
const CONTINUE: TextPart = { type: 'text', text: '[The call was left out with its result. Continue without it.]' };

/** Nothing is left out. */
const NONE: LeftOut = new Map();

/**
 * Makes a history valid for every vendor: no empty text or message; right after each message with tool calls one message
 * with all their results, in the order of the calls; ids that are safe and occur once, and safe names; reasoning only of `api` itself,
 * and only in front of what it led to; a note instead of each part that the vendor has refused before and of each file that
 * is left out.
 * @throws ValidationError for a part that cannot be in a message of its role, or if nothing is left to answer
 */
export function toTranscript(
  history: readonly ModelMessage[],
  api: Api,
  { calls = new OpenCalls(), instructions }: TranscriptStart = {},
  leftOut = NONE,
): Transcript {
  const messages: TranscriptMessage[] = [];
  const vendor = vendorOf(api);

  for (const message of history) {
    switch (message.role) {
      case 'system':
        instructions = systemText(message.parts);
        break;
      case 'user': {
        const parts = userParts(message.parts, vendor, leftOut);
        if (parts.length > 0) messages.push({ role: 'user', parts });
        break;
      }
      case 'assistant':
        for (const said of betweenPrompts(message.parts)) {
          const results: ReplayedResult[] = [];
          const parts = assistantParts(said.parts, api, (call) => calls.add(call, results));
          if (parts.length > 0) messages.push({ role: 'assistant', parts, prefixDigest: message.prefixDigest });
          if (results.length > 0) messages.push({ role: 'tool', parts: results });
          if (said.prompt) {
            const text = refusalNote(said.prompt, vendor) ?? { type: 'text' as const, text: said.prompt.text };
            messages.push({ role: 'user', parts: [text] });
          }
        }
        break;
      case 'tool':
        for (const part of message.parts) {
          if (part.type !== 'tool-result') throw misplaced('tool', part);
          calls.answer(replayedResult(part, vendor, leftOut));
        }
    }
  }
  if (endsInRefusedCall(history, messages, vendor)) messages.push({ role: 'user', parts: [CONTINUE] });
  if (messages.length === 0) {
    throw new ValidationError(
      'There is nothing to answer: the history has no text or file. Add a message of the user.',
    );
  }
  return { instructions, messages };
}

/** Whether the last results went with the call that the vendor has refused, so that nothing is left to answer. */
function endsInRefusedCall(
  history: readonly ModelMessage[],
  messages: readonly TranscriptMessage[],
  vendor: Vendor,
): boolean {
  if (history.findLast(({ role }) => role !== 'system')?.role !== 'tool') return false;
  const asked = history.findLast(({ role }) => role === 'assistant');
  const isRefused = asked?.parts.some((part) => part.type === 'tool-call' && refusalNote(part, vendor)) === true;
  return isRefused && messages.at(-1)?.role === 'assistant';
}

/** The instructions of a history, as its transcript has them. */
export function instructionsOf(history: readonly ModelMessage[]): string | undefined {
  const last = history.findLast(({ role }) => role === 'system');
  return last && systemText(last.parts);
}

function systemText(parts: readonly Part[]): string | undefined {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.type !== 'text') throw misplaced('system', part);
    if (isSpoken(part)) texts.push(part.text);
  }
  return texts.length > 0 ? texts.join('\n\n') : undefined;
}

function userParts(parts: readonly Part[], vendor: Vendor, leftOut: LeftOut): (TextPart | FilePart)[] {
  const kept: (TextPart | FilePart)[] = [];
  for (const part of parts) {
    if (part.type !== 'text' && part.type !== 'file') throw misplaced('user', part);
    if (part.type === 'file') kept.push(replayedFile(part, vendor, leftOut));
    else if (isSpoken(part)) kept.push(refusalNote(part, vendor) ?? part);
  }
  return kept;
}

/** The assistant's parts, split at each prompt. */
function betweenPrompts(parts: readonly Part[]): { parts: readonly Part[]; prompt?: PromptPart }[] {
  if (!parts.some(({ type }) => type === 'prompt')) return [{ parts }];
  const pieces: { parts: readonly Part[]; prompt?: PromptPart }[] = [];
  let start = 0;
  for (const [index, part] of parts.entries()) {
    if (part.type !== 'prompt') continue;
    pieces.push({ parts: parts.slice(start, index), prompt: part });
    start = index + 1;
  }
  return [...pieces, { parts: parts.slice(start) }];
}

function assistantParts(parts: readonly Part[], api: Api, open: (call: ToolCallPart) => ToolCallPart): AssistantPart[] {
  const kept: AssistantPart[] = [];
  let isDetached = false;
  for (const part of parts) {
    const note = refusalNote(part, vendorOf(api));
    if (note) {
      if (part.type !== 'reasoning' && part.type !== 'vendor') kept.push(note);
      isDetached = true;
      continue;
    }
    switch (part.type) {
      case 'text':
        if (isSpoken(part)) kept.push(part);
        else isDetached = true;
        break;
      case 'reasoning':
        if (part.api === api && isReplayable(part))
          kept.push(isDetached ? madeOf(part, { ...part, isDetached }) : part);
        break;
      case 'tool-call': {
        const call = open(part);
        kept.push(call);
        isDetached ||= part.malformed !== undefined || call.id !== part.id || call.name !== part.name;
        break;
      }
      case 'vendor':
        if (part.api === api) kept.push(part);
        break;
      default:
        throw misplaced('assistant', part);
    }
  }
  while (kept.at(-1)?.type === 'reasoning') kept.pop();
  return kept;
}

/** Anthropic refuses a text of white space alone just as it refuses an empty one. */
export function isSpoken(part: TextPart): boolean {
  return /\S/.test(part.text);
}

function isReplayable(part: ReasoningPart): part is ReasoningPart & { raw: JsonObject } {
  return part.raw !== undefined;
}

function misplaced(role: Role, part: Part): ValidationError {
  return new ValidationError(
    `A message of the role "${role}" cannot hold a part of the type "${part.type}". Put it into a message of the role that it belongs to.`,
  );
}
