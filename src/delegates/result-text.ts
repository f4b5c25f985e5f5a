import { type ToolResultPart } from '../messages/part.interface.js';

/** What a tool answered, as text: a string as it is, anything else as JSON. */
export function resultText({ content }: ToolResultPart): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** The same for vendors that have no mark for a failed call. */
export function markedResultText(result: ToolResultPart): string {
  return result.isError ? `Error: ${resultText(result)}` : resultText(result);
}
