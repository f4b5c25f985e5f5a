import { type Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { problem, toProblem } from '../errors/problem.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
const MAX_PARAM_LENGTH = 4_096;
const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/**
 * Fastify for the server: errors that come before any route are problems too, an empty body is none whatever its
 * content type, and JSON is the only body, since a form could be sent from any web page.
 */
export function createFastifyAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const body = frameworkProblem(error);
      void reply.status(body.status).header('content-type', PROBLEM_JSON).send(JSON.stringify(body));
    },
    clientErrorHandler: refuseConnection,
  });
  const fastify = adapter.getInstance();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body, done);
  });
  return adapter;
}

function frameworkProblem({ statusCode = 500, message }: FastifyError): ReturnType<typeof problem> {
  if (statusCode >= 500) return toProblem(undefined);
  const code: ErrorCode = statusCode === 404 ? 'not_found' : 'validation_failed';
  return { ...problem(code, message), status: statusCode };
}

/** Answers what is not HTTP, or too much of it, as far as the connection still takes an answer. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const isTooLong = error.code === 'HPE_HEADER_OVERFLOW';
    const body = JSON.stringify({
      ...problem('validation_failed', isTooLong ? 'The headers are too long.' : 'This is not an HTTP request.'),
      status: isTooLong ? 431 : 400,
    });
    socket.write(
      `HTTP/1.1 ${isTooLong ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\n` +
        `content-type: ${PROBLEM_JSON}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
