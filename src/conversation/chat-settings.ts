import { type ChatSettings } from '../runs/run-store.interface.js';

// What `with…` set since the last ask, beside the chats for the same reason as their drivers.
const staged = new WeakMap<object, ChatSettings>();

/** Sets what the chat keeps from its next ask on. */
export function stageSettings(chat: object, settings: ChatSettings): void {
  const before = staged.get(chat);
  const params = settings.params && { ...before?.params, ...settings.params };
  staged.set(chat, { ...before, ...settings, ...(params && { params }) });
}

/** The settings that wait for the next ask. */
export function stagedSettings(chat: object): ChatSettings {
  return staged.get(chat) ?? {};
}

/** Forgets settings that an ask has stored, unless others were set meanwhile. */
export function settingsStored(chat: object, settings: ChatSettings): void {
  if (staged.get(chat) === settings) staged.delete(chat);
}
