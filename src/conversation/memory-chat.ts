import { newId } from '../messages/new-id.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type RunService } from '../runs/run.service.js';
import { type ConversationMessage } from './ask-options.interface.js';
import { contentParts } from './start-run.js';
import { bindChat } from './chat-backend.js';
import { BaseChat } from './base-chat.js';
import { MemoryRunStore } from './memory-run-store.js';
import { runPage } from './page.js';
import { setParked } from './parked-chats.js';

/**
 * A chat in memory, made by `DuoService.chat()`; it is gone with the last reference to it.
 * @publicApi
 */
export class MemoryChat extends BaseChat<ConversationMessage> {
  readonly id: string;
  readonly #store: MemoryRunStore;

  constructor(runs: RunService, model: string, params?: ModelParams, ownerId?: string | null) {
    super();
    this.id = newId();
    const store = new MemoryRunStore(this.id, model, params, ownerId);
    this.#store = store;
    setParked(this, false);
    bindChat<MemoryChat, ConversationMessage>(this, {
      toolNames: (tools) => runs.toolNames(tools),
      start: (_chat, start) => runs.start(store, start),
      run: (_chat, runId) => runs.handle(store, this.id, runId),
      activeRun: async () => {
        const active = await store.active();
        return active && runs.handle(store, this.id, active.id);
      },
      runs: (_chat, options) => runPage(store, options),
      cancel: async (_chat, runId) => {
        const cancelled = runId ?? (await store.active())?.id;
        if (cancelled !== undefined) await runs.cancel({ store, chat: this }, cancelled);
        return cancelled;
      },
      abandon: (_chat, runId) => {
        runs.abandon({ store, chat: this }, runId);
      },
      message: (_chat, record, usage) => ({ ...record, ...(usage && { usage }) }),
      isComplete: () => Promise.resolve(store.isComplete),
      pendingApprovals: () => Promise.resolve(store.toolCalls.pending()),
      decide: (_chat, decision) =>
        new Promise((resolve) => {
          resolve(store.toolCalls.decide(decision));
        }),
      deleteMessage: (_chat, messageId) =>
        new Promise((resolve) => {
          store.deleteMessage(messageId);
          resolve();
        }),
      addMessage: (_chat, message) =>
        Promise.resolve(store.addByHand({ role: message.role, parts: contentParts(message) })),
      usage: () => Promise.resolve({ chatId: this.id, ...store.usage }),
    });
  }

  /** The messages so far, in order, except superseded ones. */
  get messages(): readonly ConversationMessage[] {
    return this.#store.messages;
  }

  /** The messages so far, in order; superseded ones have `supersededAt`. */
  get allMessages(): readonly ConversationMessage[] {
    return this.#store.allMessages;
  }

  get model(): string {
    return this.#store.model;
  }
}
