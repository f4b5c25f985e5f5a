/** An error as the vendors tell it, in a body or inside a stream. */
export interface VendorError {
  type?: string;
  code?: string | number | null;
  message?: string;
  /** What OpenAI complains about, as a path in the request. */
  param?: string;
}
