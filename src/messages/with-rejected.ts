import { type ModelMessage } from './message.interface.js';
import { type Part, type Vendor } from './part.interface.js';

/** A part of a row of messages that a vendor refuses. */
export interface RejectedPlace {
  /** Among the messages. */
  message: number;
  /** Among the parts of the message. */
  part: number;
  /** Among the files of a tool's result, where it is one of these. */
  file?: number;
  vendor: Vendor;
  /** In the vendor's words. */
  reason: string;
}

/** The messages with parts that a vendor refuses marked as such; the given ones stay as they are. */
export function withRejected<M extends ModelMessage>(messages: readonly M[], rejected: readonly RejectedPlace[]): M[] {
  const marked = [...messages];
  for (const { message: at, part: index, file, vendor, reason } of rejected) {
    const message = marked[at];
    const part = message?.parts[index];
    if (message === undefined || part === undefined) continue;
    marked[at] = withParts(message, message.parts.with(index, withMark(part, file, { [vendor]: reason })));
  }
  return marked;
}

/** Another message, which has these parts. */
export function withParts<M extends ModelMessage>(message: M, parts: readonly Part[]): M {
  // One in memory does not show its digest.
  return { ...message, prefixDigest: message.prefixDigest, parts };
}

function withMark(part: Part, file: number | undefined, mark: Part['rejected']): Part {
  if (file === undefined || part.type !== 'tool-result') return { ...part, rejected: { ...part.rejected, ...mark } };
  const files = part.files?.map((given, index) =>
    index === file ? { ...given, rejected: { ...given.rejected, ...mark } } : given,
  );
  return { ...part, files };
}
