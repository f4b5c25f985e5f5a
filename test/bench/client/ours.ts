import { NestFactory } from '@nestjs/core';
import type * as Package from '../../../src/index.js';
import { type Contestant } from './contestant.interface.js';

/** The package as it was built, in the way of the server's bench: the bench's own loader adds to the cost of source. */
const built = new URL('../../../dist/index.js', import.meta.url).href;

/** Our client, from the request to its events. */
export async function ours(url: string, model: string): Promise<Contestant> {
  const { DuoRouterService, GitlabDuoModule } = (await import(built)) as typeof Package;
  const options = { apiKey: 'token', instanceUrl: url, gatewayUrl: url };
  const app = await NestFactory.createApplicationContext(GitlabDuoModule.forRoot(options), { logger: false });
  const router = app.get(DuoRouterService);
  return {
    async read(onChunks) {
      const { error } = await router.route(
        { model, messages: [{ role: 'user', parts: [{ type: 'text', text: 'Tell me a story' }] }] },
        {
          onEvents: (events) => {
            onChunks(events.length);
          },
        },
      );
      if (error !== undefined) throw error as Error;
    },
    close: () => app.close(),
  };
}
