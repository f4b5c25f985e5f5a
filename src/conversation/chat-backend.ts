import { ConfigurationError } from '../errors/request.errors.js';
import { type ChatUsage } from '../messages/usage-report.js';
import { type AnswerRecord, type Usage } from '../messages/message.interface.js';
import { type ToolCallRecord } from '../messages/tool-call.interface.js';
import { type RunHandle } from '../runs/run-handle.js';
import { type RunListOptions, type RunRecord } from '../runs/run-record.interface.js';
import { type StartRun } from '../runs/run-request.js';
import { type NewMessage, type ToolClass } from './ask-options.interface.js';
import { type ToolCallDecision } from './tool-call-decision.js';

/** The port behind the verbs of a chat: it knows where the chat's messages are kept. */
export interface ChatBackend<C extends object, M> {
  /** @throws ConfigurationError when a class is not a tool of this application */
  toolNames(tools: readonly ToolClass[]): string[];
  start(chat: C, start: StartRun): Promise<RunHandle>;
  /** A run of the chat by its id, which is not checked yet. */
  run(chat: C, runId: string): RunHandle;
  /** The active run of the chat, else the first one that is queued. */
  activeRun(chat: C): Promise<RunHandle | undefined>;
  /** @throws ValidationError for a status, a limit or a cursor that a list does not take */
  runs(chat: C, options: RunListOptions): Promise<{ items: RunRecord[]; nextCursor: string | null }>;
  /**
   * Cancels a run of the chat; the active one, if there is one, where no id is given.
   * @returns the id of the run; `undefined` where there was none to cancel
   */
  cancel(chat: C, runId?: string): Promise<string | undefined>;
  /** Cancels a run whose asker has left, unless others follow it. */
  abandon(chat: C, runId: string): void;
  /** A stored message as a caller receives it; an answer with its cost. */
  message(chat: C, record: AnswerRecord, usage?: Usage): M;
  isComplete(chat: C): Promise<boolean>;
  pendingApprovals(chat: C): Promise<ToolCallRecord[]>;
  /** @throws ToolCallNotFoundError, ToolCallDecidedError */
  decide(chat: C, decision: ToolCallDecision): Promise<ToolCallRecord>;
  /**
   * Supersedes a message, with the calls and the results that belong to it.
   * @param messageId ours, or a client's own
   * @throws MessageNotFoundError, ChatBusyError while a run works, PendingToolCallsError while calls await approval
   */
  deleteMessage(chat: C, messageId: string): Promise<void>;
  addMessage(chat: C, message: NewMessage): Promise<M>;
  usage(chat: C): Promise<ChatUsage>;
}

// Beside the chats rather than in them, so that neither JSON nor equality nor a database column sees it.
const backends = new WeakMap<object, ChatBackend<never, unknown>>();

/** Makes the verbs of this chat object work. */
export function bindChat<C extends object, M>(chat: C, backend: ChatBackend<C, M>): void {
  backends.set(chat, backend);
}

/** @throws ConfigurationError for a chat object that was neither created, loaded nor saved by its service */
export function backendOf<C extends object, M>(chat: C): ChatBackend<C, M> {
  const backend = backends.get(chat) as ChatBackend<C, M> | undefined;
  if (backend === undefined) {
    throw new ConfigurationError(
      `This ${chat.constructor.name} is not bound to its service. Create it with DuoChatService.create(), load it, or save it first, with listeners on, and register its class with GitlabDuoModule.forFeature([${chat.constructor.name}]).`,
    );
  }
  return backend;
}
