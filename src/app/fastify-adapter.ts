import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { problem, toProblem } from '../errors/problem.js';
import { MESSAGE_BODY_LIMIT, TEXT_LIMIT } from '../http/body-limits.js';
import { REQUEST_ID_HEADER, requestId } from '../http/request-id.js';
import { openAiFailure } from '../openai/openai-error.js';
import { withoutQuery } from '../http/without-query.js';
import { isOpenAiPath } from './error-filter.js';
import { docsUrl } from './docs.js';
import { drain, type DrainBounds } from './discard-body.js';
import { PROBLEM_JSON, refuseConnection } from './client-error-handler.js';
import { BARE_SECURITY_HEADERS, SECURITY_HEADERS } from './security-headers.js';

const MAX_PARAM_LENGTH = 4_096;
/** How long a request may take to come, its body included. */
const REQUEST_TIMEOUT_MS = 300_000;
/** How much of a refused body is read before the answer. */
const DRAIN: DrainBounds = { bytes: 128 * 1024 * 1024, ms: 30_000 };

/** Options of the adapter. */
export interface FastifyAdapterOptions {
  /** The proxies whose word on the address of a client counts. */
  trustProxy?: string[];
}

/**
 * Fastify for the server: errors that come before any route are problems too, an empty body counts as no body whatever its
 * content type, and JSON is the only body, since a form could be sent from any web page. Each answer tells its request's
 * id, and messages may be larger than any other body, for the files that come with them.
 */
export function createFastifyAdapter({ trustProxy = [] }: FastifyAdapterOptions = {}): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: TEXT_LIMIT,
    trustProxy,
    requestTimeout: REQUEST_TIMEOUT_MS,
    rewriteUrl: docsUrl,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const id = requestId(request);
      const found = frameworkProblem(error, request, id);
      const [status, type, body] = isOpenAiPath(request.url)
        ? [found.status, 'application/json; charset=utf-8', { error: openAiFailure(found).error }]
        : [found.status, PROBLEM_JSON, found];
      const headers = { ...BARE_SECURITY_HEADERS, 'content-type': type, [REQUEST_ID_HEADER]: id };
      void reply.status(status).headers(headers).send(JSON.stringify(body));
    },
    clientErrorHandler: refuseConnection,
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRoute', (route) => {
    const takesFiles = route.method === 'POST' ? /\/(?:messages|chat\/completions)$/ : /\/messages\/:messageId$/;
    if (route.method !== 'DELETE' && takesFiles.test(route.url)) route.bodyLimit = MESSAGE_BODY_LIMIT;
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header(REQUEST_ID_HEADER, requestId(request));
    done();
  });
  // A body that is refused before its end is read to its end: closing on it would take the answer from its sender. Where
  // the sender wants the connection closed after the answer, that has to wait.
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (reply.raw.shouldKeepAlive) {
      if (!request.raw.complete) reply.removeHeader('connection');
      done();
    } else {
      void drain(request.raw, DRAIN).then(() => {
        done();
      });
    }
  });
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body, done);
  });
  return adapter;
}

function frameworkProblem(
  { statusCode = 500, message }: FastifyError,
  { url }: FastifyRequest,
  id: string,
): ReturnType<typeof problem> {
  if (statusCode >= 500) return toProblem(undefined, id);
  const code: ErrorCode = statusCode === 404 ? 'not_found' : 'validation_failed';
  return { ...problem(code, withoutQuery(message, url), id), status: statusCode };
}
