import { type ChatOf } from '../chats/acts-as-chat.mixin.js';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type CreateChat, type OwnerOption } from '../chats/duo-chat-service.interface.js';
import { bindChat, backendOf } from '../conversation/chat-backend.js';
import { type MemoryChat } from '../conversation/memory-chat.js';
import { type DuoService } from '../conversation/duo.service.js';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { ConfigurationError, ValidationError } from '../errors/request.errors.js';
import { mergeChanges } from '../messages/merge-params.js';
import { isAddition } from '../runs/chat-tools.js';
import { type BoundAgent } from './bound-agent.js';

/** Makes and finds the chats of one agent, in memory and persisted. */
export class AgentChats<C extends ChatOf<unknown>> {
  constructor(
    private readonly agent: BoundAgent,
    private readonly duo: DuoService,
    private readonly service: DuoChatService<C> | undefined,
  ) {}

  /** A chat in memory; its first run applies the agent's settings. */
  conversation(inputs: object | undefined, ownerId: string | null = null): MemoryChat {
    const { agent } = this;
    const chat = this.duo.chat({ model: agent.model, ownerId });
    const driver = backendOf<MemoryChat, unknown>(chat);
    let isNew = true;
    bindChat<MemoryChat, unknown>(chat, {
      ...driver,
      async start(_chat, start) {
        const scope = { chat, ownerId, inputs: inputs ?? null, signal: start.signal };
        const { instructions, ...settings } = isNew ? await agent.settings(scope) : {};
        // Instructions that the chat received since it was made win over the agent's.
        const isReplaced = instructions === undefined || chat.messages.some(({ role }) => role === 'system');
        const params = mergeChanges(settings.params, start.settings.params);
        const { tools } = start.settings;
        const base = isAddition(tools) && { tools: { ...tools, base: (await agent.defaults(scope)).tools ?? [] } };
        const run = await driver.start(chat, {
          ...start,
          settings: { ...settings, ...(!isReplaced && { instructions }), ...start.settings, params, ...base },
          defaults: (_begun, signal) => agent.defaults({ ...scope, signal }),
        });
        isNew = false;
        return run;
      },
    });
    return chat;
  }

  create(options: CreateChat<C>): Promise<C> {
    return this.persisted.create({ ...options, agent: this.agent.name });
  }

  async find(id: string, owner: OwnerOption): Promise<C> {
    const chat = await this.persisted.find(id, owner);
    if (chat.agent !== this.agent.name) throw new ChatNotFoundError(id);
    return chat;
  }

  async syncInstructions(chat: C): Promise<void> {
    const { id, ownerId, agentInputs } = chat;
    if (chat.agent !== this.agent.name) {
      throw new ValidationError(`Chat ${id} was not made by the agent "${this.agent.name}".`);
    }
    const { instructions } = await this.agent.settings({ chat, ownerId, inputs: agentInputs });
    if (instructions === undefined) return;
    await this.persisted.ref(id, { ownerId }).addMessage({ role: 'system', content: instructions });
  }

  private get persisted(): DuoChatService<C> {
    if (this.service) return this.service;
    throw new ConfigurationError(
      `The agent "${this.agent.name}" has no kind of chat to be persisted as: register one with GitlabDuoModule.forFeature([Chat]) or, where there are several, name one by @Agent({ chat: … }) or mark one by ActsAsChat({ default: true }).`,
    );
  }
}
