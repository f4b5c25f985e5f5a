import { type InjectionToken, Logger } from '@nestjs/common';
import { type ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from '../errors/request.errors.js';
import { DuoChatService } from './duo-chat.service.js';
import { chatOfToken } from './inject-duo-chat.decorator.js';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;

/** The metadata keys under which the compiler and Nest's decorators keep what a class injects. */
const PARAMETER_TYPES = 'design:paramtypes';
const PARAMETERS = 'self:paramtypes';
const PROPERTIES = 'self:properties_metadata';
const OPTIONAL_PARAMETERS = 'optional:paramtypes';
const OPTIONAL_PROPERTIES = 'optional:properties_metadata';

/**
 * Checks, before anything is created, that each class that injects a `DuoChatService` can reach it.
 * @throws ConfigurationError that names the class and the module to import
 */
export function checkInjections(modules: ModulesContainer): void {
  for (const module of modules.values()) {
    const { providers, controllers, injectables } = module;
    for (const { metatype, name } of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      for (const token of typeof metatype === 'function' ? injectedTokens(metatype) : []) {
        const chat = token === DuoChatService ? 'Chat' : chatOfToken(token);
        if (chat === undefined || isVisible(module, token)) continue;
        const error = missingFeature(String(name), module.metatype.name, chat, token);
        // Nest's own error, which only names what is missing, may be thrown first.
        new Logger('GitlabDuoModule').error(error.message);
        throw error;
      }
    }
  }
}

function missingFeature(injector: string, module: string, chat: string, token: InjectionToken): ConfigurationError {
  const injected = token === DuoChatService ? 'a DuoChatService' : `the DuoChatService of ${chat}`;
  return new ConfigurationError(
    `${injector} injects ${injected}, which ${module} does not import. Add GitlabDuoModule.forFeature([${chat}]) to the imports of ${module}.`,
  );
}

/** The tokens that a class injects, except the optional ones. */
function injectedTokens(metatype: object): InjectionToken[] {
  const types = (Reflect.getMetadata(PARAMETER_TYPES, metatype) ?? []) as (InjectionToken | undefined)[];
  const explicit = (Reflect.getMetadata(PARAMETERS, metatype) ?? []) as { index: number; param: InjectionToken }[];
  const properties = (Reflect.getMetadata(PROPERTIES, metatype) ?? []) as { key: string; type: InjectionToken }[];
  const optionalParameters = (Reflect.getMetadata(OPTIONAL_PARAMETERS, metatype) ?? []) as number[];
  const optionalProperties = (Reflect.getMetadata(OPTIONAL_PROPERTIES, metatype) ?? []) as string[];
  // Without emitted types, as in plain JavaScript, only the parameters with a decorator are known.
  const parameters = [...types];
  for (const { index, param } of explicit) parameters[index] = param;
  for (const index of optionalParameters) parameters[index] = undefined;
  const needed = properties.filter(({ key }) => !optionalProperties.includes(key)).map(({ type }) => type);
  return [...parameters, ...needed].filter((token) => token !== undefined);
}

/** Whether the module has the provider, or imports a module that exports it. */
function isVisible(module: NestModule, token: InjectionToken): boolean {
  return (
    module.providers.has(token) || [...module.imports].some((imported) => exportsToken(imported, token, new Set()))
  );
}

function exportsToken(module: NestModule, token: InjectionToken, seen: Set<NestModule>): boolean {
  if (seen.has(module)) return false;
  seen.add(module);
  if (module.exports.has(token) && module.providers.has(token)) return true;
  return [...module.imports].some(
    (imported) => module.exports.has(imported.metatype) && exportsToken(imported, token, seen),
  );
}
