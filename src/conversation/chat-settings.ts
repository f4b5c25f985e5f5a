import { mergeChanges } from '../messages/merge-params.js';
import { type ChatSettings } from '../runs/run-store.interface.js';
import { type Schema } from '../schemas/schema.interface.js';
import { type ToolClass } from './ask-options.interface.js';

/** Settings as the host gives them. */
export type StagedSettings = Omit<ChatSettings, 'tools'> & { tools?: readonly ToolClass[] };

// What `with…` set since the last ask, beside the chats for the same reason as their backends.
const staged = new WeakMap<object, StagedSettings>();
const schemas = new WeakMap<object, Schema | null>();

/** Sets what the chat keeps from its next ask on. */
export function stageSettings(chat: object, settings: StagedSettings): void {
  const before = staged.get(chat);
  const params = settings.params && mergeChanges(before?.params, settings.params);
  staged.set(chat, { ...before, ...settings, ...(params && { params }) });
}

/** The settings that wait for the next ask. */
export function stagedSettings(chat: object): StagedSettings {
  return staged.get(chat) ?? {};
}

/** Forgets settings that an ask has stored, unless others were set meanwhile. */
export function settingsStored(chat: object, settings: StagedSettings): void {
  if (staged.get(chat) === settings) staged.delete(chat);
}

/** Sets what the answers to this chat object have to be from its next ask on; `null` lets them be plain text. */
export function setChatSchema(chat: object, schema: Schema | null): void {
  schemas.set(chat, schema);
}

/** What the answers to this chat object have to be; undefined where nobody has said. */
export function chatSchema(chat: object): Schema | null | undefined {
  return schemas.get(chat);
}
