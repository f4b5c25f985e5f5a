import { type Answer, type Finish, type Usage } from '../conversation/answer.js';
import { parseJson, type JsonObject } from '../json.js';
import { serverCall } from './server-tools.js';
import { redactedBlock, thinkingBlock } from './thinking-blocks.js';
import { type ThinkingBinding } from './thinking-binding.js';

const STOP_REASONS: Record<Finish, string> = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  refusal: 'refusal',
  pause: 'pause_turn',
  'context-window': 'model_context_window_exceeded',
};

/**
 * The details of a refusal, in the form of `RefusalStopDetails` of the API reference. The explanation is our own text:
 * the vendor publishes the categories but no explanations.
 */
const REFUSAL_DETAILS = {
  type: 'refusal',
  category: 'cyber',
  explanation: 'The request could enable cyber harm.',
};

/** How a request wants its answer. */
export interface MessageStyle {
  model: string;
  /** Whether thinking shows its text, or only its signature. */
  isThinkingShown: boolean;
  /** Whether thinking comes encrypted, as it does when the vendor's safety systems flag it. */
  isThinkingRedacted: boolean;
  /** What thinking is bound to, where the model binds it. */
  binding: ThinkingBinding | undefined;
  /** The blocks that the answer begins with: the result of a server tool when it continues a paused turn. */
  begun: readonly JsonObject[];
}

/** The stop fields of a message and of its `message_delta`. */
export function stopFields({ finish }: Answer): JsonObject {
  return {
    stop_reason: STOP_REASONS[finish],
    stop_sequence: null,
    stop_details: finish === 'refusal' ? REFUSAL_DETAILS : null,
  };
}

/** The content blocks of an answer, in order. */
export function contentBlocks(answer: Answer, style: MessageStyle): JsonObject[] {
  const blocks: JsonObject[] = [...style.begun];
  if (answer.reasoning !== null) blocks.push(thoughtOf(answer.hash, answer.reasoning, style));
  if (answer.text !== '') blocks.push({ type: 'text', text: answer.text });
  if (answer.finish === 'pause') blocks.push(serverCall(answer.hash));
  return [...blocks, ...answer.calls.map((call, index) => toolBlock(answer, index, call.name, call.arguments))];
}

/** The message without its content, as a stream starts with it. */
export function messageHead(answer: Answer, style: MessageStyle, outputTokens: number): JsonObject {
  return {
    id: `msg_${answer.hash}`,
    type: 'message',
    role: 'assistant',
    model: style.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: { ...usageOf({ ...answer.usage, output: outputTokens }), service_tier: 'standard' },
  };
}

/** The whole message, as it answers a request that does not stream. */
export function renderMessage(answer: Answer, style: MessageStyle): JsonObject {
  return {
    ...messageHead(answer, style, answer.usage.output),
    content: contentBlocks(answer, style),
    ...stopFields(answer),
  };
}

export function usageOf(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input - usage.cacheRead - usage.cacheWrite,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: usage.output,
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
  };
}

function thoughtOf(hash: string, reasoning: string, style: MessageStyle): JsonObject {
  if (style.isThinkingRedacted) return redactedBlock(hash, style.binding);
  return thinkingBlock(style.isThinkingShown ? reasoning : '', style.binding);
}

function toolBlock(answer: Answer, index: number, name: string, json: string): JsonObject {
  return { type: 'tool_use', id: `toolu_${answer.hash}${index}`, name, input: parseJson(json) ?? {} };
}
