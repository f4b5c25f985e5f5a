import { ConfigurationError } from '../errors/request.errors.js';
import { type LiveRun, type RunResult } from '../runs/live-run.js';
import { type StartRun } from '../runs/run-request.js';
import { type NewMessage } from './ask-options.interface.js';

/** What stands behind the verbs of a chat: it knows where the chat's messages live. */
export interface ChatDriver<C extends object, M> {
  start(chat: C, start: StartRun): Promise<LiveRun>;
  /** The message that a caller gets for the run's answer. */
  answer(chat: C, message: NonNullable<RunResult['message']>, result: RunResult): M;
  addMessage(chat: C, message: NewMessage): Promise<M>;
}

// Beside the chats rather than in them, so that neither JSON nor equality nor a database column sees it.
const drivers = new WeakMap<object, ChatDriver<never, unknown>>();

/** Makes the verbs of this chat object work. */
export function bindChat<C extends object, M>(chat: C, driver: ChatDriver<C, M>): void {
  drivers.set(chat, driver);
}

/** @throws ConfigurationError for a chat object that no service has created, loaded or saved */
export function driverOf<C extends object, M>(chat: C): ChatDriver<C, M> {
  const driver = drivers.get(chat) as ChatDriver<C, M> | undefined;
  if (driver === undefined) {
    throw new ConfigurationError(
      `This ${chat.constructor.name} is not bound to its service. Create it with DuoChatService.create(), load it, or save it first, with listeners on, and register its class with GitlabDuoModule.forFeature([${chat.constructor.name}]).`,
    );
  }
  return driver;
}
