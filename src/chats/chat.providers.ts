import { type Provider, Scope } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { type DataSource } from 'typeorm';
import { type ChatKind } from './chat-kind.js';
import { ChatServices } from './chat-services.js';
import { DuoChatService } from './duo-chat.service.js';
import { getDuoChatToken } from './inject-duo-chat.decorator.js';
import { ambiguousService, mustHaveOneDefault } from './default-kind-check.js';
import { failWithoutCore, failWithoutDataSource, optional } from './wiring-errors.js';

type TokenProvider = Exclude<Provider, new (...args: never[]) => unknown>;

/** The services of the kinds; a plain `DuoChatService` is the only kind's, or the one marked as default. */
export function chatProviders(kinds: ChatKind[], dataSource?: string): TokenProvider[] {
  const services = kinds.map((kind): TokenProvider => ({
    provide: getDuoChatToken(kind.chat, dataSource),
    useFactory: (services: ChatServices | undefined, source: DataSource | undefined) => {
      if (services === undefined) return failWithoutCore(kind.chat.name);
      if (source === undefined) return failWithoutDataSource(kind.chat.name, dataSource);
      return services.of(kind, source);
    },
    inject: [optional(ChatServices), optional(getDataSourceToken(dataSource))],
  }));
  return [...services, plainProvider(kinds, dataSource)];
}

function plainProvider(kinds: ChatKind[], dataSource: string | undefined): TokenProvider {
  mustHaveOneDefault(kinds);
  const plain = kinds.length === 1 ? kinds[0] : kinds.find(({ isDefault }) => isDefault);
  if (plain !== undefined) {
    const token = getDuoChatToken(plain.chat, dataSource);
    // Not `useExisting`: it would hide which classes inject the service from `DefaultKindCheck`.
    return { provide: DuoChatService, useFactory: (service: DuoChatService) => service, inject: [token] };
  }
  return {
    provide: DuoChatService,
    // Created only where a class injects it.
    scope: Scope.TRANSIENT,
    useFactory: () => {
      throw ambiguousService(kinds);
    },
  };
}
