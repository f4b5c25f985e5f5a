import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type RunRecord } from './run-record.interface.js';

/** A run and what it has said, as it is stored. */
export interface StoredRun {
  record: RunRecord;
  /** The index of the last event of a run that has ended or is parked. */
  lastEventIndex: number | null;
  /** The messages of the run, in order, without the question; what another message replaced is left out. */
  messages: MessageRecord[];
  /** What the last request to the model cost. */
  answerUsage: Usage;
  /** The user's message that it answers; `null` where its ask had none. */
  userMessageId: string | null;
  /** The request to the model that is under way; its message has the same id, unless it is a retry. */
  openAttemptId?: string | null;
}
