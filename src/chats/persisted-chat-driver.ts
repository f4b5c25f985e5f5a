import { contentParts } from '../conversation/asking.js';
import { type ChatDriver } from '../conversation/chat-driver.js';
import { type ChatSettings } from '../runs/run-store.interface.js';
import { type RunService } from '../runs/run.service.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { type ChatKind } from './chat-kind.js';
import { messageEntity } from './message-entity.js';
import { type KindStore } from './store/kind-store.js';

/** A chat of which no more is needed than who asks for it. */
export interface ChatHandle {
  id: string;
  ownerId: string | null;
}

/** What stands behind the verbs of the chats of one kind. */
export function persistedChatDriver<C extends ChatOf<unknown>, M>(
  kind: ChatKind<C>,
  store: KindStore,
  runs: RunService,
): ChatDriver<ChatHandle, M> {
  return {
    async start(chat, start) {
      const run = await runs.start(store.runsOf(chat.id, chat.ownerId), start);
      if (chat instanceof kind.chat) keepSettings(chat, start.settings);
      return run;
    },
    answer: (_chat, message, { usage }) => messageEntity(kind.message, message, usage) as M,
    async addMessage(chat, message) {
      const parts = contentParts(message);
      const record = await store.addMessage({ chatId: chat.id, ownerId: chat.ownerId, role: message.role, parts });
      return messageEntity(kind.message, record) as M;
    },
  };
}

/** Shows on the entity what its ask has stored. */
function keepSettings(chat: ChatOf<unknown>, { model, params }: ChatSettings): void {
  if (model !== undefined) chat.model = model;
  if (params === undefined) return;
  chat.params = Object.fromEntries(Object.entries({ ...chat.params, ...params }).filter(([, value]) => value !== null));
}
