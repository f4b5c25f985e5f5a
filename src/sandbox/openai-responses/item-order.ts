import { type JsonObject, stringOf } from '../json.js';
import { refuse } from '../openai/errors.js';

/** Refuses duplicate items, calls without output, outputs without call, and reasoning that nothing follows. */
export function checkItemOrder(items: readonly JsonObject[]): void {
  checkUnique(items);
  checkOutputs(items);
  checkCalls(items);
  for (const [index, item] of items.entries()) {
    if (item.type === 'reasoning' && !isProduct(items[index + 1])) {
      refuse(
        `Item '${stringOf(item.id)}' of type 'reasoning' was provided without its required following item.`,
        'input',
      );
    }
  }
}

function checkUnique(items: readonly JsonObject[]): void {
  const ids = items.map(({ id }) => stringOf(id));
  const repeated = ids.find((id, index) => id !== '' && ids.indexOf(id) !== index);
  if (repeated === undefined) return;
  refuse(`Duplicate item found with id ${repeated}. Remove duplicate items from your input and try again.`, 'input');
}

function checkOutputs(items: readonly JsonObject[]): void {
  const called = new Set<string>();
  for (const item of items) {
    const id = stringOf(item.call_id);
    if (item.type === 'function_call') called.add(id);
    if (item.type !== 'function_call_output' || called.has(id)) continue;
    refuse(`No tool call found for function call output with call_id ${id}.`, 'input');
  }
}

function checkCalls(items: readonly JsonObject[]): void {
  const answered = new Set(items.filter((item) => item.type === 'function_call_output').map((item) => item.call_id));
  const open = items.find((item) => item.type === 'function_call' && !answered.has(item.call_id));
  if (open) refuse(`No tool output found for function call ${stringOf(open.call_id)}.`, 'input');
}

/** Whether the item can follow reasoning. */
function isProduct(item: JsonObject | undefined): boolean {
  if (!item) return false;
  return (
    item.type === 'function_call' || item.type === 'reasoning' || (item.type === 'message' && item.role === 'assistant')
  );
}
