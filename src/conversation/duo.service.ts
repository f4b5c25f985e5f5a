import { Inject, Injectable } from '@nestjs/common';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { GatewayClient } from '../gateway/gateway-client.js';
import { type LastExchange } from '../gateway/last-exchange.interface.js';
import { TokenExchange } from '../gateway/token-exchange.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { mergeParams } from '../messages/merge-params.js';
import { checkParams } from '../messages/params.js';
import { sanitizeJson } from '../messages/text.js';
import { type Model } from '../models/model.interface.js';
import { ModelRegistry } from '../models/model-registry.js';
import { RunService } from '../runs/run.service.js';
import { MemoryChat } from './memory-chat.js';

/** A chat in memory before it is made. */
export interface NewConversation {
  /** By its Duo id; the `model` of the module when unset. */
  model?: string;
  params?: ModelParams;
  instructions?: string;
  /** Whose credential pays, where `credentials` tells owners apart. */
  ownerId?: string | null;
}

/**
 * Chats in memory, the catalogue, and a check of the connection.
 * @publicApi
 */
@Injectable()
export class DuoService {
  constructor(
    private readonly runs: RunService,
    private readonly registry: ModelRegistry,
    private readonly gateway: GatewayClient,
    private readonly exchange: TokenExchange,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * A new chat in memory.
   * @throws UnknownModelError, ValidationError
   * @example
   * const answer = await duo.chat({ model: 'duo-chat-opus-4-6' }).ask('Explain transactions');
   */
  chat(options: NewConversation = {}): MemoryChat {
    const model = this.registry.get(options.model ?? this.options.model);
    const { params } = options;
    if (params !== undefined) checkParams(params);
    const chat = new MemoryChat(this.runs, model.id, params && mergeParams(sanitizeJson(params)), options.ownerId);
    return options.instructions === undefined ? chat : chat.withInstructions(options.instructions);
  }

  /** All models that can be asked: the catalogue with what the `models` option adds or changes. */
  models(): readonly Model[] {
    return this.registry.list();
  }

  /** How the last exchange of a token ended, for your health checks; `undefined` before the first. */
  get lastExchange(): LastExchange | undefined {
    return this.exchange.last;
  }

  /**
   * Exchanges the token again and shows what it gets to the gateway; no model is asked.
   * @param options.ownerId whose token, where `credentials` tells owners apart
   * @throws GatewayAuthError and the like, whose message says what is wrong and what to do
   */
  async testConnection({
    ownerId = null,
    signal,
  }: { ownerId?: string | null; signal?: AbortSignal } = {}): Promise<void> {
    await this.gateway.check({ ownerId }, signal);
  }
}
