/** Where a chat class keeps what it said of its kind. */
export const KIND_METADATA = Symbol('gitlab-duo:kind');

export interface KindMetadata {
  messages: () => unknown;
  model?: string;
  kind?: string;
  default?: boolean;
}
