import { PendingToolCallsError } from '../errors/chat.errors.js';
import { type RunHandle } from '../runs/run-handle.js';

// Beside the chats rather than in them, so that neither JSON nor equality nor a database column sees it.
const parkedChats = new WeakMap<object, boolean>();

/** Whether the chat's run is parked; `undefined` where this chat object does not know. */
export function isParked(chat: object): boolean | undefined {
  return parkedChats.get(chat);
}

export function setParked(chat: object, parked: boolean): void {
  parkedChats.set(chat, parked);
}

/** Keeps in mind for the chat object whether the run that begins is parked at its end, or is refused by a parked one. */
export async function rememberParking(chat: object, beginning: Promise<RunHandle>): Promise<RunHandle> {
  try {
    const run = await beginning;
    setParked(chat, false);
    // A run that does not work here tells its chat nothing.
    void run.live?.result.then(({ status }) => {
      setParked(chat, status === 'awaiting_approval');
    });
    return run;
  } catch (error) {
    if (error instanceof PendingToolCallsError) setParked(chat, true);
    throw error;
  }
}
