import { leftOutNote, refusedBecause } from '../messages/left-out-note.js';
import {
  type FilePart,
  type Part,
  type TextPart,
  type ToolResultPart,
  type Vendor,
} from '../messages/part.interface.js';
import { type LeftOut } from '../models/file-fit.js';
import { type ReplayedResult } from './replayed-result.interface.js';
import { madeOf } from './source.js';

/** The note that replaces a part that the vendor has refused before; undefined for any other part. */
export function refusalNote(part: Part, vendor: Vendor): TextPart | undefined {
  const words = part.rejected?.[vendor];
  return words === undefined ? undefined : leftOutNote(part, refusedBecause(words));
}

/** A file, or a note where the vendor has refused it or it does not fit. */
export function replayedFile(file: FilePart, vendor: Vendor, leftOut: LeftOut): TextPart | FilePart {
  const reason = leftOut.get(file);
  return refusalNote(file, vendor) ?? (reason === undefined ? file : leftOutNote(file, reason));
}

/** A result, with notes like those; one that the vendor has refused is a note, since its call keeps a result. */
export function replayedResult(result: ToolResultPart, vendor: Vendor, leftOut: LeftOut): ReplayedResult {
  const { files, ...rest } = result;
  const note = refusalNote(result, vendor);
  if (note) return madeOf(result, { ...rest, content: note.text });
  if (files === undefined) return result;
  return madeOf(result, { ...rest, files: files.map((file) => replayedFile(file, vendor, leftOut)) });
}
