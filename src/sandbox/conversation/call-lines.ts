import { isJsonObject, parseJson } from '../json.js';

/** A tool call that the prompt asked for. */
export interface RequestedCall {
  name: string;
  /** A JSON object. */
  arguments: string;
}

const CALL_LINE = /^\s*call\s+([\w-]+)\s+(\{.*\})\s*$/gim;

/** The calls that a prompt asks for, one on each line `call NAME {json}`. */
export function findCallLines(text: string): RequestedCall[] {
  return [...text.matchAll(CALL_LINE)].flatMap(([, name = '', json = '']) => {
    const parsed = parseJson(json);
    return isJsonObject(parsed) ? [{ name, arguments: JSON.stringify(parsed) }] : [];
  });
}

const ASKED_TOOL = /\bcall (?:the tool|at least one of these tools)\b[^"\n]*"([\w-]+)"/i;

/** The first tool that a prompt asks for in a sentence, such as `Call the tool "clock" now`. */
export function findAskedTool(text: string): string | undefined {
  return ASKED_TOOL.exec(text)?.[1];
}

/** Whether a prompt has text other than its call lines. */
export function hasMoreThanCalls(text: string): boolean {
  return text.replace(CALL_LINE, '').trim() !== '';
}
