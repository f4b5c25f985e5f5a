import { type EntityManager, type Repository } from 'typeorm';
import { newId } from '../messages/new-id.js';
import { contentParts } from '../conversation/start-run.js';
import { ValidationError } from '../errors/request.errors.js';
import { mergeParams } from '../messages/merge-params.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { sanitizeText, sanitizeJson } from '../messages/text.js';
import { type ModelRegistry } from '../models/model-registry.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { externalIdOf, ownerOf } from './chat-arguments.js';
import { type ChatAgents, storedInputs } from './chat-agents.js';
import { type ChatKind } from './chat-kind.js';
import { type CreateChat } from './duo-chat-service.interface.js';
import { type KindStore } from './store/kind-store.js';

/** What creating chats needs. */
export interface ChatFactoryParts<C extends ChatOf<unknown>> {
  kind: ChatKind<C>;
  store: KindStore;
  models: ModelRegistry;
  agents: ChatAgents;
  defaultModel: string;
}

/** Creates chats, with the settings of an agent where one is named. */
export class ChatFactory<C extends ChatOf<unknown>> {
  constructor(
    private readonly parts: ChatFactoryParts<C>,
    private readonly chats: Repository<C>,
  ) {}

  /** @throws UnknownModelError, ValidationError */
  async create(options: CreateChat<C>): Promise<C> {
    const { store, models } = this.parts;
    const chat = this.empty(options);
    const { model, params, instructions } = await this.settings(chat, options);
    models.get(model);
    Object.assign(chat, { model, params: sanitizeJson(params) });
    await store.transaction(chat.id, async (manager) => {
      await manager.save(chat);
      if (instructions !== undefined) await addInstructions(store, chat, instructions, manager);
    });
    return chat;
  }

  private empty(options: CreateChat<C>): C {
    const columns: Partial<ChatOf<unknown>> = {
      id: newId(),
      ownerId: ownerOf(options),
      externalId: externalIdOf(options.externalId ?? options.entity?.externalId),
      title: options.title == null ? null : sanitizeText(options.title),
      metadata: sanitizeJson(options.metadata ?? {}),
      tools: null,
      agent: options.agent ?? null,
      agentInputs: sanitizeJson(storedInputs(options.inputs)),
    };
    return Object.assign(options.entity ? this.chats.create(options.entity) : this.chats.create(), columns);
  }

  private async settings(
    chat: C,
    options: CreateChat<C>,
  ): Promise<{ model: string; params: ModelParams; instructions: string | undefined }> {
    const { agents, kind, defaultModel } = this.parts;
    const { agent, ownerId, agentInputs: inputs } = chat;
    if (agent === null && inputs !== null) {
      throw new ValidationError('inputs are for an agent: name one as agent, or leave them out.');
    }
    const own = agent === null ? undefined : agents.ofKind(agent, kind.chat);
    chat.agent = own?.name ?? null;
    const settings = (await own?.settings({ chat, ownerId, inputs })) ?? {};
    return {
      model: options.model ?? settings.model ?? defaultModel,
      params: mergeParams(settings.params ?? {}, options.params),
      instructions: options.instructions ?? settings.instructions,
    };
  }
}

/** Adds a system message, which replaces the instructions before it, in the transaction of the manager. */
export async function addInstructions(
  store: KindStore,
  { id: chatId, ownerId }: ChatOf<unknown>,
  instructions: string,
  manager: EntityManager,
): Promise<void> {
  const parts = contentParts({ role: 'system', content: instructions });
  await store.addMessage({ chatId, ownerId, role: 'system', parts }, manager);
}
