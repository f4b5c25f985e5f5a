import { type Check, type Violation } from './checks.js';
import { type History } from './history.js';
import { type StoredState } from './stored-state.js';

const MAX_SHOWN = 5;

/** Prints what happened, and each check that failed with the history of its chat. Returns whether all passed. */
export function report(history: History, state: StoredState, checks: Record<string, Check>): boolean {
  console.log(`${history.chats.size} chats, ${history.asks.length} asks, ${history.readings.length} readers`);
  console.log(`faults: ${count(history.faults)}`);
  console.log(`runs: ${count([...state.runs.values()].map(({ status }) => status))}`);
  console.log(`takeovers: ${count([...state.runs.values()].map(({ takeovers }) => String(takeovers)))}`);
  console.log(`responses: ${count(history.asks.flatMap(({ responses }) => responses.map(nameOf)))}`);
  let failed = 0;
  const shown = new Set<string>();
  for (const [name, check] of Object.entries(checks)) {
    const violations = check(history, state);
    console.log(`${violations.length === 0 ? 'ok' : 'FAILED'}  ${name}`);
    if (violations.length === 0) continue;
    failed += 1;
    for (const violation of violations.slice(0, MAX_SHOWN)) show(violation, history, shown);
    if (violations.length > MAX_SHOWN) console.log(`    and ${violations.length - MAX_SHOWN} more`);
  }
  console.log(`${Object.keys(checks).length - failed} checks passed, ${failed} failed`);
  return failed === 0;
}

function show({ chatId, what }: Violation, history: History, shown: Set<string>): void {
  console.log(`  ${chatId}: ${what}`);
  if (shown.has(chatId)) return;
  shown.add(chatId);
  for (const line of history.linesOf(chatId)) console.log(`    | ${line}`);
}

function nameOf({ status, code }: { status: number; code: string | undefined }): string {
  return status === 0 ? 'none' : `${status}${code === undefined ? '' : ` ${code}`}`;
}

function count(values: readonly string[]): string {
  const names = [...new Set(values)].sort();
  return names.map((name) => `${name} ${values.filter((value) => value === name).length}`).join(', ');
}
