import { type AddedTools, type ChatSettings } from './chat-settings.interface.js';

/** Whether the tools are added to those of the chat, instead of replacing them. */
export function isAddition(tools: ChatSettings['tools']): tools is AddedTools {
  return tools !== undefined && 'added' in tools;
}

/** The names of a chat's tools after a change; `null` where it stores none. The statement that begins a run does the same. */
export function toolsAfter(stored: readonly string[] | null, change: ChatSettings['tools']): readonly string[] | null {
  if (!isAddition(change)) return change ?? stored;
  return [...new Set([...(stored ?? change.base), ...change.added])];
}
