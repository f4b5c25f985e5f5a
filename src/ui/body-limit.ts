import { type IncomingMessage } from 'node:http';
import { BadRequestException, PayloadTooLargeException } from '@nestjs/common';
import { type HttpAdapterHost } from '@nestjs/core';
import { unsupportedBody } from '../http/json-body.js';

/** As much of Fastify as its routes need here. */
interface FastifyRoutes {
  addHook(name: 'onRoute', hook: (route: { method: string | string[]; url: string; bodyLimit?: number }) => void): void;
}

type ExpressRequest = IncomingMessage & { originalUrl: string; body?: unknown; _body?: boolean };

/** Lets the platform take bodies up to `limit` bytes on `POST /…/{path}`, whatever it takes elsewhere. */
export function raiseBodyLimit(host: HttpAdapterHost, path: string, limit: number): void {
  const suffix = `/${path.replaceAll(/^\/+|\/+$/g, '')}`;
  host.init$.subscribe(() => {
    const { httpAdapter } = host;
    if (httpAdapter.getType() === 'fastify') {
      httpAdapter.getInstance<FastifyRoutes>().addHook('onRoute', (route) => {
        if (route.url.endsWith(suffix) && [route.method].flat().includes('POST')) route.bodyLimit = limit;
      });
      return;
    }
    httpAdapter.use((request: ExpressRequest, _response: unknown, next: (error?: unknown) => void) => {
      const isOurs = request.method === 'POST' && (request.originalUrl.split('?')[0] ?? '').endsWith(suffix);
      if (!isOurs || unsupportedBody(request.headers) !== undefined) {
        next();
        return;
      }
      readJson(request, limit).then((body) => {
        // A parser of the host passes by what has been read.
        Object.assign(request, { body, _body: true });
        next();
      }, next);
    });
  });
}

/** @throws PayloadTooLargeException, BadRequestException */
async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new PayloadTooLargeException();
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch (error) {
    throw new BadRequestException('The body is not JSON.', { cause: error });
  }
}
