import { type ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from '../errors/request.errors.js';
import { ChatsController } from './chats.controller.js';

/** The metadata key of a controller's path in Nest. */
const PATH = 'path';

/** @throws ConfigurationError if two kinds of chat are mounted at one path, where one of them would be unreachable */
export function mustHaveOwnPaths(modules: ModulesContainer): void {
  const paths = new Set<string>();
  for (const { controllers } of modules.values()) {
    for (const { metatype } of controllers.values()) {
      if (!(metatype?.prototype instanceof ChatsController)) continue;
      const path = String(Reflect.getMetadata(PATH, metatype)).replaceAll(/^\/+|\/+$/g, '');
      if (paths.has(path)) {
        throw new ConfigurationError(
          `Two kinds of chat are mounted at /${path}. Give each a path of its own: GitlabDuoHttpModule.register({ chat, path }).`,
        );
      }
      paths.add(path);
    }
  }
}
