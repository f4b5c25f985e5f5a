import { type UpstreamModel } from '../gateway/upstream-model.js';
import { isJsonObject, stringOf } from '../json.js';
import { checkBlock } from './block-rules.js';
import { refuse } from './errors.js';
import { type Turn } from './turns.js';

/** Refuses a transcript that Anthropic would not go on from. */
export function checkTurns(turns: readonly Turn[], model: UpstreamModel, thinking: unknown): void {
  if (turns[0]?.role !== 'user') refuse('messages: first message must use the "user" role');
  for (const [index, turn] of turns.entries()) {
    for (const [at, block] of turn.blocks.entries()) checkBlock(block, turn.role, `messages.${index}.content.${at}`);
    checkResults(turn, turns[index - 1], index);
    checkCalls(turn, turns[index + 1], index);
  }
  checkUniqueCalls(turns);
  checkLast(turns, model);
  if (isJsonObject(thinking) && thinking.type === 'enabled') checkThoughtBeforeCalls(turns);
}

function idsOf(turn: Turn | undefined, type: string, field: string): string[] {
  return (turn?.blocks ?? []).filter((block) => block.type === type).map((block) => stringOf(block[field]));
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
  if (last?.role !== 'assistant') return;
  if (!model.hasPrefill) {
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.');
  }
  const end = last.blocks.at(-1);
  if (end?.type === 'text' && /\s$/.test(stringOf(end.text))) {
    refuse('messages: final assistant content cannot end with trailing whitespace');
  }
}

/** With a thinking budget, the assistant turn whose results are the last message starts with its thinking. */
function checkThoughtBeforeCalls(turns: readonly Turn[]): void {
  const index = turns.findLastIndex((turn) => turn.role === 'assistant');
  const isOpen = index === turns.length - 1 || turns[index + 1]?.blocks[0]?.type === 'tool_result';
  const first = turns[index]?.blocks[0];
  if (!first || !isOpen || first.type === 'thinking') return;
  refuse(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${stringOf(first.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
  );
}
