import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type ChatClass, chatKind } from './chats/chat-kind.js';
import { chatProviders } from './chats/chat.providers.js';
import { DUO_ENTITIES } from './chats/entities/duo-entities.js';
import { withDataSource } from './chats/wiring-errors.js';
import { type GitlabDuoModuleOptions } from './config/gitlab-duo-options.interface.js';
import { GitlabDuoCoreModule } from './gitlab-duo-core.module.js';
import { type ASYNC_OPTIONS_TYPE, type OPTIONS_TYPE } from './gitlab-duo.module-definition.js';

/**
 * Claude and GPT models through GitLab Duo.
 * @example
 * imports: [
 *   TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
 *   GitlabDuoModule.forRoot(),
 *   GitlabDuoModule.forFeature([Chat]),
 * ]
 * @publicApi
 */
@Module({})
export class GitlabDuoModule {
  /**
   * The models, the router and chats in memory; needs no database.
   * @throws ConfigurationError at startup when an option is missing or cannot work
   */
  static forRoot(options: typeof OPTIONS_TYPE = {} satisfies GitlabDuoModuleOptions): DynamicModule {
    return GitlabDuoModule.over(GitlabDuoCoreModule.forRoot(options));
  }

  /** The same with options that are made at startup: `useFactory`, `useClass` or `useExisting`. */
  static forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return GitlabDuoModule.over(GitlabDuoCoreModule.forRootAsync(options));
  }

  /**
   * Kinds of chat that live in a data source: registers their entities, their messages' and the `duo_*` entities with
   * TypeORM, and provides a `DuoChatService` for each.
   * @param dataSource the name of the data source, where it is not the default one
   * @throws ConfigurationError at startup when a class does not act as a chat, its data source cannot hold it, or it gets
   *   in the way of another kind
   */
  static forFeature(chats: ChatClass[], dataSource?: string): DynamicModule {
    const kinds = chats.map((chat) => chatKind(chat));
    const providers = chatProviders(kinds, dataSource);
    const entities = [...kinds.flatMap(({ chat, message }) => [chat, message]), ...DUO_ENTITIES];
    const names = kinds.map(({ chat }) => chat.name).join(', ');
    return {
      module: GitlabDuoModule,
      imports: [withDataSource(TypeOrmModule.forFeature(entities, dataSource), names, dataSource)],
      providers,
      exports: [TypeOrmModule, ...providers.map(({ provide }) => provide)],
    };
  }

  private static over(core: DynamicModule): DynamicModule {
    return { module: GitlabDuoModule, imports: [core], exports: [GitlabDuoCoreModule] };
  }
}
