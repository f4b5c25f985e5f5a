import { type JsonValue } from '../messages/json.interface.js';
import { type FinishReason, type Usage } from '../messages/message.interface.js';

/**
 * What an answer tells beside its parts: `runId` from its start on, the rest from its end on. `usage` is that of the whole
 * run, `finishReason` that of its last message.
 * @publicApi
 */
export interface UiMetadata {
  runId: string;
  model?: string | null;
  finishReason?: FinishReason | null;
  usage?: Usage;
}

/** Why an answer ended, in the words of AI SDK. */
export type UiFinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other';

/** A piece of the text, or of the reasoning, of an answer. */
export interface UiDelta {
  type: 'text-delta' | 'reasoning-delta';
  id: string;
  delta: string;
}

/** The chunks of AI SDK's UI message stream that runs make. */
export type UiChunk =
  | { type: 'start'; messageId: string; messageMetadata: UiMetadata }
  | { type: 'start-step' | 'finish-step' | 'reset-step' }
  | { type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; id: string }
  | UiDelta
  | { type: 'tool-input-available'; toolCallId: string; toolName: string; input: JsonValue }
  | { type: 'tool-output-available'; toolCallId: string; output: JsonValue; preliminary?: true }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string }
  | { type: 'tool-output-denied'; toolCallId: string }
  | { type: 'tool-approval-request'; approvalId: string; toolCallId: string }
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean; reason?: string }
  | { type: 'message-metadata'; messageMetadata: UiMetadata }
  | { type: 'error'; errorText: string }
  | { type: 'abort'; reason?: string }
  | { type: 'finish'; finishReason?: UiFinishReason; messageMetadata: UiMetadata };

/** Adds a chunk; a piece of the part that the last one is a piece of joins that one. */
export function addChunk(chunks: UiChunk[], chunk: UiChunk): void {
  const last = chunks.at(-1);
  if (last !== undefined && isDelta(last) && isDelta(chunk) && last.id === chunk.id) {
    chunks[chunks.length - 1] = { ...last, delta: last.delta + chunk.delta };
  } else chunks.push(chunk);
}

function isDelta(chunk: UiChunk): chunk is UiDelta {
  return chunk.type === 'text-delta' || chunk.type === 'reasoning-delta';
}
