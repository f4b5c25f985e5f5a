import { type JsonObject } from '../../messages/json.interface.js';

/** An event of the Messages stream: what the parser reads of it, none of it taken for granted. */
export interface WireEvent {
  type?: unknown;
  index?: unknown;
  delta?: WireDelta | null;
  content_block?: JsonObject | null;
  message?: { usage?: WireUsage | null } | null;
  usage?: WireUsage | null;
  error?: unknown;
}

export interface WireDelta {
  type?: unknown;
  text?: unknown;
  thinking?: unknown;
  signature?: unknown;
  partial_json?: unknown;
  stop_reason?: unknown;
  stop_details?: unknown;
}

export interface WireUsage {
  input_tokens?: unknown;
  output_tokens?: unknown;
  cache_read_input_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
  output_tokens_details?: { thinking_tokens?: unknown } | null;
}
