import { type JsonObject, stringOf } from '../json.js';
import { refuse } from './errors.js';
import { type Turn } from './turns.js';

/** The tool that the vendor runs itself; its turn may be paused meanwhile. */
const SERVER_TOOL = 'web_search';

/** A call of the vendor's own tool; a paused turn ends with one. */
export function serverCall(hash: string): JsonObject {
  return { type: 'server_tool_use', id: `srvtoolu_${hash}`, name: SERVER_TOOL, input: { query: hash } };
}

/** The result of such a call, with which the turn continues. */
export function serverResult(id: string): JsonObject {
  return { type: 'web_search_tool_result', tool_use_id: id, content: [] };
}

/** The id of the pending server call of the last turn, if the client sends a paused turn back to continue it. */
export function pausedCall(turns: readonly Turn[]): string | undefined {
  const last = turns.at(-1);
  return last?.role === 'assistant' ? openCalls(last)[0]?.id : undefined;
}

/** Refuses anything after a paused turn: only the vendor's own result can follow its call. */
export function checkServerCalls(turns: readonly Turn[]): void {
  for (const [index, turn] of turns.entries()) {
    const [open] = index === turns.length - 1 ? [] : openCalls(turn);
    if (open === undefined) continue;
    refuse(
      `messages.${index}: \`${open.name}\` tool use with id \`${open.id}\` was found without a corresponding \`${open.name}_tool_result\` block`,
    );
  }
}

function openCalls({ blocks }: Turn): { id: string; name: string }[] {
  const answered = new Set(blocks.map((block) => block.tool_use_id));
  return blocks
    .filter(({ type, id }) => type === 'server_tool_use' && !answered.has(id))
    .map(({ id, name }) => ({ id: stringOf(id), name: stringOf(name) }));
}
