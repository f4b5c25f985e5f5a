import { type FindOptionsWhere, type Repository } from 'typeorm';
import { contentParts } from '../conversation/start-run.js';
import { type ChatBackend } from '../conversation/chat-backend.js';
import { isAnswer } from '../conversation/memory-run-store.js';
import { ValidationError } from '../errors/request.errors.js';
import { mergeParams } from '../messages/merge-params.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type RunDefaults } from '../runs/run-request.js';
import { type BeginRun, type BegunRun, type ChatSettings } from '../runs/run-store.interface.js';
import { type RunService } from '../runs/run.service.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { type ChatAgents } from './chat-agents.js';
import { type ChatKind } from './chat-kind.js';
import { messageEntity } from './message-entity.js';
import { onDatabase } from './store/database-error.js';
import { type KindStore } from './store/kind-store.js';

/** A chat of which no more is needed than who asks for it. */
export interface ChatHandle {
  id: string;
  ownerId: string | null;
}

/** What the verbs of the chats of one kind work with. */
export interface PersistedChats<C extends ChatOf<unknown>> {
  kind: ChatKind<C>;
  store: KindStore;
  runs: RunService;
  agents: ChatAgents;
  chats: Repository<C>;
}

/** What stands behind the verbs of the chats of one kind. */
export function persistedChatBackend<C extends ChatOf<unknown>, M>(
  persisted: PersistedChats<C>,
): ChatBackend<ChatHandle, M> {
  const { kind, store, runs } = persisted;
  return {
    toolNames: (tools) => runs.toolNames(tools),
    async start(chat, start) {
      const { id, ownerId } = requireIdAndOwner(chat);
      const runStore = store.runsOf(id, ownerId);
      let stored: ModelParams = {};
      const begin = async (run: BeginRun): Promise<BegunRun> => {
        const begun = await runStore.begin(run);
        stored = begun.params;
        return begun;
      };
      const run = await runs.start(
        { ...runStore, begin },
        { ...start, defaults: (begun, signal) => runDefaults(persisted, begun, signal) },
      );
      if (chat instanceof kind.chat && !run.isResumed) keepSettings(chat, start.settings, stored);
      return run;
    },
    message: (_chat, record, usage) => messageEntity(kind.message, record, usage) as M,
    async isComplete(chat) {
      const { id, ownerId } = requireIdAndOwner(chat);
      return isAnswer(await store.lastMessage(id, ownerId));
    },
    async pendingApprovals(chat) {
      const { id, ownerId } = requireIdAndOwner(chat);
      return store.pendingApprovals(id, ownerId);
    },
    async decide(chat, decision) {
      const { id, ownerId } = requireIdAndOwner(chat);
      return store.decide(id, ownerId, decision);
    },
    async addMessage(chat, message) {
      const parts = contentParts(message);
      const { id: chatId, ownerId } = requireIdAndOwner(chat);
      const record = await store.addMessage({ chatId, ownerId, role: message.role, parts });
      return messageEntity(kind.message, record) as M;
    },
    async usage(chat) {
      const { id, ownerId } = requireIdAndOwner(chat);
      return store.usageOfChat(id, ownerId);
    },
  };
}

/** What the chat's agent says or, where it has none, its kind. */
async function runDefaults<C extends ChatOf<unknown>>(
  { kind, runs, agents, chats }: PersistedChats<C>,
  { chatId: id, ownerId, agent: name, agentInputs: inputs }: BegunRun,
  signal: AbortSignal,
): Promise<RunDefaults> {
  if (name === null) return kind.tools ? { tools: runs.toolNames(kind.tools()) } : {};
  const agent = agents.named(name);
  const where = { id } as FindOptionsWhere<C>;
  const chat = agent.needsChat ? await onDatabase(() => chats.findOneByOrFail(where), id) : { id };
  return agent.defaults({ chat, ownerId, inputs, signal });
}

/** A query that selects some columns leaves the others unset. */
function requireIdAndOwner(chat: Partial<ChatHandle>): ChatHandle {
  const { id, ownerId } = chat;
  if (id !== undefined && ownerId !== undefined) return { id, ownerId };
  throw new ValidationError(
    `This ${chat.constructor.name} was loaded without its id or its ownerId: select both, or pass them to DuoChatService.`,
  );
}

/** Shows on the entity what its ask has stored; `stored` are the parameters of its row, which may have been newer. */
function keepSettings(chat: ChatOf<unknown>, { model, params, tools }: ChatSettings, stored: ModelParams): void {
  if (model !== undefined) chat.model = model;
  if (tools !== undefined) chat.tools = [...tools];
  if (params !== undefined) chat.params = mergeParams(stored);
}
