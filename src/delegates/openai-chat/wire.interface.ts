/** A chunk of the Chat Completions stream: what the parser reads of it, none of it taken for granted. */
export interface WireChunk {
  choices?: (WireChoice | null | undefined)[] | null;
  usage?: WireUsage | null;
  error?: unknown;
}

export interface WireChoice {
  index?: unknown;
  delta?: WireDelta | null;
  finish_reason?: unknown;
  /** Of the Azure service, and of what stands in between. */
  content_filter_results?: unknown;
}

export interface WireDelta {
  content?: unknown;
  refusal?: unknown;
  tool_calls?: unknown;
}

export interface WireToolCall {
  index?: unknown;
  id?: unknown;
  function?: { name?: unknown; arguments?: unknown } | null;
}

export interface WireUsage {
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
  prompt_tokens_details?: { cached_tokens?: unknown; cache_write_tokens?: unknown } | null;
  completion_tokens_details?: { reasoning_tokens?: unknown } | null;
}
