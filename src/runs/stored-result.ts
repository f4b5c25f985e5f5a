import { StoredProblemError } from '../errors/problem.js';
import { type Schema } from '../schemas/schema.interface.js';
import { parsedAnswer } from '../turn/answer-check.js';
import { type RunResult } from './live-run.js';
import { type RunEndStatus } from './run-event.interface.js';
import { type StoredRun } from './stored-run.interface.js';

/** How a run ended, or that it is parked, by what is stored of it. */
export async function storedResult(stored: StoredRun, schema: Schema | undefined): Promise<RunResult> {
  const { record, messages, answerUsage: usage } = stored;
  const said = messages.findLastIndex(({ role }) => role === 'assistant');
  const message = messages[said] ?? null;
  const isAnswer = record.status === 'completed' && message !== null;
  return {
    status: record.status as RunEndStatus,
    message,
    results: messages.slice(said + 1),
    usage,
    ...(isAnswer && schema && { parsed: await parsedAnswer(message.text, schema) }),
    ...(record.error && { error: new StoredProblemError(record.error) }),
  };
}
