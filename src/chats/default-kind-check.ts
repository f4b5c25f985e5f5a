import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from '../errors/request.errors.js';
import { type ChatKind } from './chat-kind.js';
import { ChatServices } from './chat-services.js';
import { DuoChatService } from './duo-chat.service.js';

type InstanceWrapper =
  NonNullable<ReturnType<ModulesContainer['get']>>['providers'] extends Map<unknown, infer W> ? W : never;

/** Checks at the start that every injected plain `DuoChatService` is the only kind's, or the default kind's. */
@Injectable()
export class DefaultKindCheck implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly services: ChatServices,
  ) {}

  /** @throws ConfigurationError when several kinds are the default, or a class injects a service that could be another kind's */
  onModuleInit(): void {
    const { served } = this.services;
    const kinds = served.map(({ kind }) => kind);
    mustHaveOneDefault(kinds);
    const candidates = this.services.candidates();
    const plain = candidates.length === 1 ? candidates[0]?.service : undefined;
    for (const { injector, service } of this.injections()) {
      const isOurs = served.some((one) => one.service === service);
      if (isOurs && service !== plain) throw ambiguousService(kinds, injector);
    }
  }

  /** The classes that inject a plain `DuoChatService`, with the service that each received. */
  private *injections(): Generator<{ injector: string; service: unknown }> {
    for (const { providers, controllers, injectables } of this.modules.values()) {
      for (const wrapper of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
        for (const dependency of dependencies(wrapper)) {
          if (dependency?.token === DuoChatService) {
            yield { injector: String(wrapper.name), service: dependency.instance };
          }
        }
      }
    }
  }
}

/** The error of a plain `DuoChatService` that could be the service of several kinds. */
export function ambiguousService(kinds: ChatKind[], injector = 'Something'): ConfigurationError {
  return new ConfigurationError(
    `${injector} injects a plain DuoChatService, and there are several kinds of chat: ${names(kinds)}. Inject one by @InjectDuoChat(${kinds[0]?.chat.name ?? ''}) or the like, or mark one by ActsAsChat({ default: true }) and import the forFeature() that names it.`,
  );
}

/** @throws ConfigurationError when more than one kind is marked as default */
export function mustHaveOneDefault(kinds: ChatKind[]): void {
  const defaults = kinds.filter(({ isDefault }) => isDefault);
  if (new Set(defaults.map(({ chat }) => chat)).size <= 1) return;
  throw new ConfigurationError(
    `Several kinds of chat are marked as default: ${names(defaults)}. Keep default: true on one of them.`,
  );
}

function names(kinds: ChatKind[]): string {
  return [...new Set(kinds.map(({ chat }) => chat.name))].join(', ');
}

/** Nest leaves both unset where a class has none, contrary to its types. */
function dependencies(wrapper: InstanceWrapper): (InstanceWrapper | undefined)[] {
  const parameters = wrapper.getCtorMetadata() as InstanceWrapper[] | undefined;
  const properties = wrapper.getPropertiesMetadata() as { wrapper: InstanceWrapper }[] | undefined;
  return [...(parameters ?? []), ...(properties ?? []).map((property) => property.wrapper)];
}
