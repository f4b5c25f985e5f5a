import { type JsonObject } from '../json.js';
import { type CachePoint } from './cache-points.js';

/** A piece of a chat in the neutral form: a text, a tool call or a tool result, in order. */
export interface NeutralMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  text: string;
}

/** A tool that the model may call; `parameters` is JSON Schema. */
export interface OfferedTool {
  name: string;
  parameters: unknown;
}

/** A request in the neutral form: everything that an answer depends on. */
export interface Prompt {
  messages: NeutralMessage[];
  tools: OfferedTool[];
  /** Whether the answer may or must call a tool; a name is the tool that it must call. */
  toolChoice: 'auto' | 'none' | 'required' | { name: string };
  isThinking: boolean;
  /** In tokens. */
  maxOutputTokens: number | undefined;
  inputTokens: number;
  /** The JSON Schema that the answer has to match. */
  outputSchema: JsonObject | undefined;
  /** The points up to which the vendor's cache may hold this prompt, in order. */
  cachePoints: CachePoint[];
}

/** How a tool call reads in a transcript; arguments keep their order of keys. */
export function callText(name: string, argumentsJson: unknown): string {
  return `${name} ${JSON.stringify(argumentsJson)}`;
}
