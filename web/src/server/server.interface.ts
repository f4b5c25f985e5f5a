import { type CreateUIMessage, type UIMessage } from 'ai';

/** A page of a list of the server. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface ChatSummary {
  id: string;
  title: string | null;
  model: string;
  updatedAt: string;
}

/** What the page shows of a model. */
export interface ModelSummary {
  id: string;
  vendor: 'anthropic' | 'openai';
  status: 'active' | 'deprecated' | 'retired' | 'alpha';
  inputs: readonly ('text' | 'image' | 'pdf')[];
  contextWindow: number | null;
  maxOutputTokens: number | null;
  thinksByDefault: boolean;
}

/** In tokens. The three kinds of input are disjoint; reasoning is a share of the output. */
export interface ChatUsage {
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** What the server says about an answer beside its parts. */
export interface AnswerMetadata {
  runId?: string;
  model?: string;
}

export type ChatMessage = UIMessage<AnswerMetadata>;

/** A message that the server does not have yet. */
export type NewMessage = CreateUIMessage<ChatMessage>;
