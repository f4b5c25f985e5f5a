import { type UpstreamModel } from '../gateway/upstream-model.js';
import { type JsonObject, stringOf } from '../json.js';
import { checkBlock } from './block-rules.js';
import { refuse } from './errors.js';
import { isThought } from './neutral-block.js';
import { checkServerCalls, pausedCall } from './server-tools.js';
import { hasBudget, isThinking } from './thinking-rules.js';
import { type Turn } from './turns.js';

/** Refuses a transcript that Anthropic would not continue. */
export function checkTurns(turns: readonly Turn[], model: UpstreamModel, body: JsonObject): void {
  if (turns[0]?.role !== 'user') refuse('messages: first message must use the "user" role');
  for (const [index, turn] of turns.entries()) {
    for (const [at, block] of turn.blocks.entries()) checkBlock(block, turn.role, `messages.${index}.content.${at}`);
    checkEnd(turn, index);
    checkResults(turn, turns[index - 1], index);
    checkCalls(turn, turns[index + 1], index);
  }
  checkUniqueCalls(turns);
  checkServerCalls(turns);
  checkLast(turns, model);
  if (model.thinking.includes('enabled')) checkThoughts(turns, body);
}

function idsOf(turn: Turn | undefined, type: string, field: string): string[] {
  return (turn?.blocks ?? []).filter((block) => block.type === type).map((block) => stringOf(block[field]));
}

function checkEnd({ role, blocks }: Turn, index: number): void {
  if (role !== 'assistant' || !isThought(blocks.at(-1))) return;
  refuse(`messages.${index}: The final block in an assistant message cannot be \`thinking\`.`);
}

function checkResults(turn: Turn, previous: Turn | undefined, index: number): void {
  const calls = new Set(idsOf(previous, 'tool_use', 'id'));
  for (const [at, block] of turn.blocks.entries()) {
    const id = block.tool_use_id;
    if (block.type !== 'tool_result' || calls.has(stringOf(id))) continue;
    refuse(
      `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stringOf(id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    );
  }
}

/** Each call has its result at the very start of the next turn, and only one. */
function checkCalls(turn: Turn, next: Turn | undefined, index: number): void {
  const calls = idsOf(turn, 'tool_use', 'id');
  if (calls.length === 0) return;
  const results = leadingResults(next);
  const unanswered = calls.filter((id) => !results.includes(id));
  if (unanswered.length > 0) {
    refuse(
      `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
  const all = idsOf(next, 'tool_result', 'tool_use_id');
  const repeated = all.find((id, at) => all.indexOf(id) !== at);
  if (repeated !== undefined) {
    refuse(
      `messages.${index + 1}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${repeated}`,
    );
  }
}

function leadingResults(turn: Turn | undefined): string[] {
  const blocks = turn?.blocks ?? [];
  const end = blocks.findIndex((block) => block.type !== 'tool_result');
  return idsOf({ role: 'user', blocks: end < 0 ? blocks : blocks.slice(0, end) }, 'tool_result', 'tool_use_id');
}

function checkUniqueCalls(turns: readonly Turn[]): void {
  const ids = turns.flatMap((turn) => idsOf(turn, 'tool_use', 'id'));
  if (new Set(ids).size !== ids.length) refuse('messages: `tool_use` ids must be unique');
}

function checkLast(turns: readonly Turn[], model: UpstreamModel): void {
  const last = turns.at(-1);
  if (last?.role !== 'assistant' || pausedCall(turns) !== undefined) return;
  if (!model.hasPrefill) {
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.');
  }
  const end = last.blocks.at(-1);
  if (end?.type === 'text' && /\s$/.test(stringOf(end.text))) {
    refuse('messages: final assistant content cannot end with trailing whitespace');
  }
}

/**
 * Checks the thinking of the assistant's turn, which is all it says between two texts of the user, tool rounds included.
 * With a thinking budget the turn must start with thinking. If the request disables thinking, the last message of the
 * turn must not contain any. Adaptive thinking allows both. The vendor checks only an unfinished turn: one whose last
 * message, or the results of that message's calls, ends the request.
 */
function checkThoughts(turns: readonly Turn[], body: JsonObject): void {
  const last = turns.findLastIndex((turn) => turn.role === 'assistant');
  if (last < 0 || (last < turns.length - 1 && !bringsResults(turns[last + 1]))) return;
  const thought = turns[last]?.blocks.findIndex(isThought) ?? -1;
  if (!isThinking(body) && thought >= 0) {
    refuse(
      `messages.${last}.content.${thought}: When thinking is disabled, an \`assistant\` message in the final position cannot contain \`thinking\`. To use thinking blocks, enable \`thinking\` in your request.`,
    );
  }
  let first = last;
  while (bringsResults(turns[first - 1])) first -= 2;
  const [block] = turns[first]?.blocks ?? [];
  if (!hasBudget(body) || isThought(block)) return;
  refuse(
    `messages.${first}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${stringOf(block?.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
  );
}

function bringsResults(turn: Turn | undefined): boolean {
  return turn?.blocks[0]?.type === 'tool_result';
}
