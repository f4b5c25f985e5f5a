import { type ToolClass } from '../conversation/ask-options.interface.js';

/** Where a chat class keeps what it said of its kind. */
export const KIND_METADATA = Symbol('gitlab-duo:kind');

export interface KindMetadata {
  messages: () => unknown;
  model?: string;
  tools?: () => ToolClass[];
  kind?: string;
  default?: boolean;
}
