import { type ExistingProvider, type FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { type DataSource } from 'typeorm';
import { type ChatKind } from './chat-kind.js';
import { ChatServices } from './chat-services.js';
import { DuoChatService } from './duo-chat.service.js';
import { getDuoChatToken } from './inject-duo-chat.decorator.js';

/** The services of the kinds; a plain `DuoChatService` is the only kind's, or the one marked as default. */
export function chatProviders(kinds: ChatKind[], dataSource?: string): (FactoryProvider | ExistingProvider)[] {
  const services = kinds.map((kind): FactoryProvider => ({
    provide: getDuoChatToken(kind.chat, dataSource),
    useFactory: (services: ChatServices, source: DataSource) => services.of(kind, source),
    inject: [ChatServices, getDataSourceToken(dataSource)],
  }));
  const plain = kinds.length === 1 ? kinds[0] : kinds.find(({ isDefault }) => isDefault);
  if (plain === undefined) return services;
  return [...services, { provide: DuoChatService, useExisting: getDuoChatToken(plain.chat, dataSource) }];
}
