import { mergeChanges } from '../messages/merge-params.js';
import { type ChatSettings } from '../runs/chat-settings.interface.js';
import { type Schema } from '../schemas/schema.interface.js';
import { type ToolClass } from './ask-options.interface.js';

/** Settings as the host gives them. */
export interface StagedSettings extends Omit<ChatSettings, 'tools'> {
  /** Replace the chat's tools. */
  tools?: readonly ToolClass[];
  /** Are added to the chat's tools; unset where `tools` is set. */
  addedTools?: readonly ToolClass[];
}

// What `with…` set since the last ask, beside the chats for the same reason as their backends.
const staged = new WeakMap<object, StagedSettings>();
const schemas = new WeakMap<object, Schema | null>();

/** Sets what the chat stores with its next ask. */
export function stageSettings(chat: object, settings: StagedSettings): void {
  const before = staged.get(chat);
  const params = settings.params && mergeChanges(before?.params, settings.params);
  staged.set(chat, { ...before, ...settings, ...(params && { params }) });
}

/** The settings that wait for the next ask. */
export function stagedSettings(chat: object): StagedSettings {
  return staged.get(chat) ?? {};
}

/** Adds a tool to those that are to replace the chat's tools or, without any, to the chat's own. */
export function stageTool(chat: object, tool: ToolClass): void {
  const { tools, addedTools = [] } = stagedSettings(chat);
  stageSettings(chat, tools ? { tools: [...tools, tool] } : { addedTools: [...addedTools, tool] });
}

/** Forgets settings that an ask has stored, unless others were set meanwhile. */
export function settingsStored(chat: object, settings: StagedSettings): void {
  if (staged.get(chat) === settings) staged.delete(chat);
}

/** Sets the schema of the answers to this chat object, from its next ask on; `null` stands for plain text. */
export function setChatSchema(chat: object, schema: Schema | null): void {
  schemas.set(chat, schema);
}

/** The schema of the answers to this chat object; undefined where none was set. */
export function chatSchema(chat: object): Schema | null | undefined {
  return schemas.get(chat);
}
