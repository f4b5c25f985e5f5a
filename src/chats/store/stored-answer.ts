import { type MessageRecord } from '../../messages/message.interface.js';
import { type FinishRun } from '../../runs/run-store.interface.js';

/** A run's answer as a message, its `seq` first: see `logValues`. `null` when there was none to store. */
export function storedAnswer(
  { answer, chatId, runId }: Pick<FinishRun, 'answer' | 'chatId' | 'runId'>,
  seq: number | null,
): MessageRecord | null {
  return answer === null || seq === null ? null : { seq, ...answer, chatId, runId, role: 'assistant' };
}
