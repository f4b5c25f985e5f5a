import { type FilePart, type TextPart } from '../messages/part.interface.js';
import { type ReplayedResult } from './replayed-result.interface.js';
import { madeOf } from './source.js';

const NO_REASON = 'The tool failed and did not say why.';

/** What a tool answered, as text: a string as it is, anything else as JSON. A failure is never blank, which Anthropic refuses. */
export function resultText({ content, isError }: ReplayedResult): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return isError && isBlank(text) ? NO_REASON : text;
}

/** The same for vendors that have no mark for a failed call. */
export function markedResultText(result: ReplayedResult): string {
  return result.isError ? `Error: ${resultText(result)}` : resultText(result);
}

/** The files of a result; a failed call has none that a vendor takes. */
export function resultFiles({ files = [], isError }: ReplayedResult): readonly (TextPart | FilePart)[] {
  return isError ? [] : files;
}

/** A result with files: its text, and the files after it; a blank text is left out, since not every vendor takes one. */
export function textAndFiles(result: ReplayedResult, text: string): (TextPart | FilePart)[] {
  const files = resultFiles(result);
  return isBlank(text) ? [...files] : [madeOf(result, { type: 'text' as const, text }), ...files];
}

function isBlank(text: string): boolean {
  return !/\S/.test(text);
}
