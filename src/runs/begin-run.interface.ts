import { type JsonObject } from '../messages/json.interface.js';
import {
  type FinishReason,
  type MessageStatus,
  type ModelMessage,
  type Role,
  type Usage,
} from '../messages/message.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type ChatSettings, type NewUserMessage } from './chat-settings.interface.js';
import { type RunEvent } from './run-event.interface.js';
import { type RequestKey } from './request-key.interface.js';
import { type Revision } from './revision.interface.js';
import { type RunInput } from './run-options.js';
import { type StoredToolCall } from './run-progress.interface.js';

/** A run that is about to begin. */
export interface BeginRun {
  runId: string;
  /** Stored with the run that the request begins or continues. */
  requestKey: RequestKey | null;
  /** Whether the run is queued, and begins now; its row is there already. */
  isQueued: boolean;
  /** The first attempt; `null` where the model may not be asked. */
  attemptId: string | null;
  /** The instance whose lease holds the run; `null` where runs die with the process. */
  instanceId: string | null;
  /** Of the request that asked, for the ledger. */
  requestId: string | null;
  /** What the user says; `null` answers the last user message again. */
  user: NewUserMessage | null;
  /** What the run takes back of what was said before; such a run resumes no parked one. */
  revision?: Revision;
  /** The model of this run alone. */
  model: string | null;
  /** The names of the tools of this run alone. */
  tools: readonly string[] | null;
  /** What else holds for this run alone; of a parked one it is kept. */
  options: RunInput | null;
  settings: ChatSettings;
  /** How many running and queued runs the owner may have, this one included. */
  maxOwnerRuns: number;
  /**
   * Looks at the history of a run in which the user says nothing new, before anything is written of it: rejects with a
   * ValidationError where there is nothing for the run to do. `null` where any history will do.
   */
  check: ((history: readonly HistoryMessage[]) => Promise<void>) | null;
  /** Claims a parked run that continues instead of a new run; `false` if this process has claimed it already. */
  claim(runId: string): boolean;
}

/** A message of the history, as far as a run needs it. */
export interface HistoryMessage extends ModelMessage {
  id: string;
  seq: number;
  role: Role;
  status: MessageStatus;
  finishReason?: FinishReason | null;
}

/** What a run did before it was parked. */
export interface ResumeState {
  /** The index of its next event. */
  nextIndex: number;
  /** How many requests to the model it has made. */
  steps: number;
  /** What they cost. */
  spent: Usage;
  /** What it was asked with, and over that what this begin gives. */
  options: RunInput | null;
  /** The calls of its last message that have no result, where the begin has read them. */
  openCalls?: readonly StoredToolCall[];
  /** What its followers are told first; that it starts, by default. */
  events?: readonly RunEvent[];
  /** The message that it says next, where its followers have been told of that. */
  messageId?: string | null;
  /** Of the request that asked. */
  requestId?: string | null;
  /** The attempt that is in the ledger for its next request, and not counted in `steps`. */
  attemptId?: string | null;
}

/** A run that has begun, with what it works on. */
export interface BegunRun {
  /** The id of the new run, or of the parked run that continues. */
  runId: string;
  chatId: string;
  /** Whose chat it is, and whose credential pays. */
  ownerId: string | null;
  /** Grows when another instance takes the run over, whose end is then the only one that counts. */
  fence: number;
  model: string;
  params: ModelParams;
  /** The names of the tools that the run, or else the chat, offers; `null` where neither says so. */
  tools: readonly string[] | null;
  /** The name of the agent that the chat belongs to, where it does to one, and what that was given. */
  agent: string | null;
  agentInputs: JsonObject | null;
  /** The whole history in order, the new messages included. */
  history: HistoryMessage[];
  /** Set for a parked run that continues: it has no attempt yet, and the settings of this begin are not stored. */
  resumed?: ResumeState;
}
