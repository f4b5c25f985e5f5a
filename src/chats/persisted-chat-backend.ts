import { type FindOptionsWhere, IsNull, type Repository } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { contentParts } from '../conversation/start-run.js';
import { type ChatBackend } from '../conversation/chat-backend.js';
import { runPage } from '../conversation/page.js';
import { isAnswer } from '../conversation/memory-messages.js';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { ValidationError } from '../errors/request.errors.js';
import { mergeParams } from '../messages/merge-params.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { isAddition, toolsAfter } from '../runs/chat-tools.js';
import { type RunContext } from '../runs/run-kinds.js';
import { type RunDefaults, type StartRun } from '../runs/run-request.js';
import { type ChatSettings } from '../runs/chat-settings.interface.js';
import { type BeginRun, type BegunRun } from '../runs/begin-run.interface.js';
import { type RunService } from '../runs/run.service.js';
import { type RunStore } from '../runs/run-store.interface.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { ownerOf } from './chat-arguments.js';
import { type ChatAgents } from './chat-agents.js';
import { type ChatKind } from './chat-kind.js';
import { messageEntity } from './message-entity.js';
import { onDatabase } from './store/database-error.js';
import { type KindStore } from './store/kind-store.js';

/** As much of a chat as its verbs need. */
export interface ChatKey {
  id: string;
  ownerId: string | null;
}

/** The dependencies of the verbs of the chats of one kind. */
export interface PersistedChats<C extends ChatOf<unknown>> {
  kind: ChatKind<C>;
  store: KindStore;
  runs: RunService;
  agents: ChatAgents;
  chats: Repository<C>;
}

/** The backend of the chats of one kind. */
export function persistedChatBackend<C extends ChatOf<unknown>, M>(
  persisted: PersistedChats<C>,
): ChatBackend<ChatKey, M> {
  const { kind, store, runs } = persisted;
  return {
    toolNames: (tools) => runs.toolNames(tools),
    async start(chat, start) {
      const { id, ownerId } = requireIdAndOwner(chat);
      const { store: runStore, defaults } = runContext(persisted, chat);
      const settings = await withBaseTools(persisted, { chat, id, ownerId }, start);
      const begin = { ...start, settings, defaults, whenBusyOfKind: kind.whenBusy };
      if (!(chat instanceof kind.chat)) return runs.start(runStore, begin);
      const stored: StoredParams = {};
      const run = await runs.start(noting(runStore, stored), begin);
      if (run.hasBegunHere) keepSettings(chat, settings, stored.params ?? {});
      return run;
    },
    run(chat, runId) {
      const { id, ownerId } = requireIdAndOwner(chat);
      return runs.handle(store.runsOf(id, ownerId), id, runId);
    },
    async activeRun(chat) {
      const { id, ownerId } = requireIdAndOwner(chat);
      const runStore = store.runsOf(id, ownerId);
      const active = await runStore.active();
      return active && runs.handle(runStore, id, active.id);
    },
    async runs(chat, options) {
      const { id, ownerId } = requireIdAndOwner(chat);
      return runPage(store.runsOf(id, ownerId), options);
    },
    async cancel(chat, runId) {
      const context = runContext(persisted, chat);
      const cancelled = runId ?? (await context.store.active())?.id;
      if (cancelled !== undefined) await runs.cancel(context, cancelled);
      return cancelled;
    },
    abandon(chat, runId) {
      runs.abandon(runContext(persisted, chat), runId);
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
    async deleteMessage(chat, messageId) {
      const { id, ownerId } = requireIdAndOwner(chat);
      await store.deleteMessage(id, ownerId, messageId);
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

/** The parameters of a chat after a begin. */
interface StoredParams {
  params?: ModelParams;
}

/** The same store, which notes what a begin has stored. */
function noting(store: RunStore, stored: StoredParams): RunStore {
  const begin = async (run: BeginRun): Promise<BegunRun> => {
    const begun = await store.begin(run);
    stored.params = begun.params;
    return begun;
  };
  return Object.assign(Object.create(store) as RunStore, { begin });
}

/** What the runs of a chat need that their rows do not have. */
function runContext<C extends ChatOf<unknown>>(persisted: PersistedChats<C>, chat: ChatKey): Required<RunContext> {
  const { id, ownerId } = requireIdAndOwner(chat);
  const defaults: RunContext['defaults'] = (begun, signal) => runDefaults(persisted, begun, signal);
  return { store: persisted.store.runsOf(id, ownerId), chat, defaults };
}

/** The defaults by the chat's agent or, without one, by its kind. */
export async function runDefaults<C extends ChatOf<unknown>>(
  { kind, runs, agents, chats }: PersistedChats<C>,
  {
    chatId: id,
    ownerId,
    agent: name,
    agentInputs: inputs,
  }: Pick<BegunRun, 'chatId' | 'ownerId' | 'agent' | 'agentInputs'>,
  signal?: AbortSignal,
): Promise<RunDefaults> {
  if (name === null) return kind.tools ? { tools: runs.toolNames(kind.tools()) } : {};
  const agent = agents.named(name);
  const where = { id } as FindOptionsWhere<C>;
  const chat = agent.needsChat ? await onDatabase(() => chats.findOneByOrFail(where), id) : { id };
  return agent.defaults({ chat, ownerId, inputs, signal });
}

/** The settings of a begin, with the tools that added ones join where the chat stores none. */
async function withBaseTools<C extends ChatOf<unknown>>(
  persisted: PersistedChats<C>,
  { chat, id, ownerId }: { chat: object } & ChatKey,
  { settings, signal }: StartRun,
): Promise<ChatSettings> {
  const { tools } = settings;
  if (!isAddition(tools)) return settings;
  const { kind, chats } = persisted;
  const where = { id, ownerId: ownerId ?? IsNull() } as FindOptionsWhere<C>;
  const known = chat instanceof kind.chat ? chat : await onDatabase(() => chats.findOneBy(where), id);
  if (!known || known.tools) return settings;
  const { agent, agentInputs } = known;
  const { tools: base = [] } = await runDefaults(persisted, { chatId: id, ownerId, agent, agentInputs }, signal);
  return { ...settings, tools: { ...tools, base } };
}

/**
 * A query that selects some columns leaves the others unset.
 * @throws ValidationError, ChatNotFoundError for an id that no chat can have
 */
function requireIdAndOwner(chat: Partial<ChatKey>): ChatKey {
  const { id, ownerId } = chat;
  if (id !== undefined && ownerId !== undefined) {
    if (!isUuid(id)) throw new ChatNotFoundError(id);
    return { id, ownerId: ownerOf({ ownerId }) };
  }
  throw new ValidationError(
    `This ${chat.constructor.name} was loaded without its id or its ownerId: select both, or ask by DuoChatService.ref(id, { ownerId }).`,
  );
}

/** Sets on the entity what its ask has stored; `stored` are the parameters of its row, which may have been newer. */
function keepSettings(chat: ChatOf<unknown>, { model, params, tools }: ChatSettings, stored: ModelParams): void {
  if (model !== undefined) chat.model = model;
  if (tools !== undefined) chat.tools = [...(toolsAfter(chat.tools, tools) ?? [])];
  if (params !== undefined) chat.params = mergeParams(stored);
}
