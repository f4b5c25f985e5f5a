import { type Server } from 'node:http';
import { type INestApplication } from '@nestjs/common';

/** How long answers that are under way may take to leave. */
const LINGER_MS = 3_000;

/**
 * Closes the application. A connection that was opened and never used counts as busy for Node, and would hold up the end
 * for a minute; so all that is left after a while is cut.
 */
export async function closeApp(app: INestApplication): Promise<void> {
  const server = app.getHttpServer() as Server;
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, LINGER_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
