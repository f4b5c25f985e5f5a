import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { redact } from '../errors/redact.js';
import { requestId } from '../http/request-id.js';

/**
 * Logs every request once its answer has ended, a stream at its end, in one line: the path without its query, and nothing
 * of bodies, keys or owners. Where the client has left before the end, `aborted` is true.
 */
export function logAccess(server: Server): void {
  const logger = new Logger('AccessLog');
  // Before the platform's own listener, which may rewrite the URL.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '/' } = request;
    const startedAt = performance.now();
    response.once('close', () => {
      logger.log('Request', {
        method,
        path: redact(url.split('?', 1)[0] ?? '/'),
        status: response.headersSent ? response.statusCode : null,
        durationMs: Math.round(performance.now() - startedAt),
        requestId: requestId(request),
        ...(!response.writableFinished && { aborted: true }),
      });
    });
  });
}
