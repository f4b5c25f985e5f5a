import { type JsonObject } from '../messages/json.interface.js';
import { type OfferedUse } from './tool-choice.js';

/** How OpenAI's APIs take the use of tools; they differ in how a tool is named. */
export function renderUse(use: OfferedUse | undefined, named: (tool: string) => JsonObject): JsonObject {
  const { choice, isParallel } = use ?? {};
  return {
    ...(choice !== undefined && { tool_choice: typeof choice === 'object' ? named(choice.tool) : choice }),
    ...(isParallel !== undefined && { parallel_tool_calls: isParallel }),
  };
}
