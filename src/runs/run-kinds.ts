import { type Recovery } from '../config/gitlab-duo-options.interface.js';
import { type StartRun } from './run-request.js';
import { type RunStore } from './run-store.interface.js';

/** What a run needs that its row does not have: made again by each process that works it. */
export interface RunContext extends Pick<StartRun, 'chat' | 'defaults'> {
  store: RunStore;
}

/** The runs of one kind of chat. */
export interface RunKind {
  /** The kind's stable name, as rows have it. */
  name: string;
  recovery: Recovery;
  context(chatId: string, ownerId: string | null): RunContext;
}
