import { type Recovery, type WhenBusy } from '../config/gitlab-duo-options.interface.js';
import { type ToolClass } from '../conversation/ask-options.interface.js';

/** The metadata key under which a chat class keeps the options of `ActsAsChat`. */
export const KIND_METADATA = Symbol('gitlab-duo:kind');

export interface KindMetadata {
  messages: () => unknown;
  model?: string;
  tools?: () => ToolClass[];
  kind?: string;
  whenBusy?: WhenBusy;
  recovery?: Recovery;
  default?: boolean;
}
