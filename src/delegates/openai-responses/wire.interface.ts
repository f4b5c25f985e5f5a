import { type JsonObject } from '../../messages/json.interface.js';

/** An event of the Responses stream: what the parser reads of it, none of it taken for granted. */
export interface WireEvent {
  type?: unknown;
  output_index?: unknown;
  summary_index?: unknown;
  content_index?: unknown;
  delta?: unknown;
  text?: unknown;
  refusal?: unknown;
  item?: JsonObject | null;
  response?: WireResponse | null;
  error?: unknown;
  code?: unknown;
  message?: unknown;
}

export interface WireResponse {
  status?: unknown;
  error?: unknown;
  output?: unknown;
  incomplete_details?: { reason?: unknown } | null;
  usage?: WireUsage | null;
}

export interface WireUsage {
  input_tokens?: unknown;
  output_tokens?: unknown;
  input_tokens_details?: { cached_tokens?: unknown; cache_write_tokens?: unknown } | null;
  output_tokens_details?: { reasoning_tokens?: unknown } | null;
}
