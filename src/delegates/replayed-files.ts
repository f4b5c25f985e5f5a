import { type ModelMessage } from '../messages/message.interface.js';
import { type FilePart, type Vendor } from '../messages/part.interface.js';

/** The files that messages bring into a request to a vendor, in order. */
export function replayedFiles(messages: readonly ModelMessage[], vendor: Vendor): FilePart[] {
  const files: FilePart[] = [];
  for (const { parts } of messages) {
    for (const part of parts) {
      if (part.rejected?.[vendor] !== undefined) continue;
      if (part.type === 'file') files.push(part);
      // A failed call has none that a vendor takes.
      else if (part.type === 'tool-result' && part.files !== undefined && !part.isError) files.push(...part.files);
    }
  }
  return files.filter(({ rejected }) => rejected?.[vendor] === undefined);
}
