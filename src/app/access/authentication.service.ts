import { type IncomingMessage } from 'node:http';
import { Injectable, type OnModuleInit, UnauthorizedException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { type Gate } from './gate.interface.js';

/** Health, the description of the API, and the web page with its files contain no chat. */
const PUBLIC_ROUTES = /^\/(?:$|assets\/|(?:health|docs)(?:[/-]|$))/;

/**
 * Asks every request for its owner before its body is read, unknown routes included; what is public goes by the route
 * that the router has found, and not by the address.
 */
@Injectable()
export class Authentication implements OnModuleInit {
  private readonly owners = new WeakMap<IncomingMessage, string>();

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly gate: Gate,
  ) {}

  onModuleInit(): void {
    this.adapterHost.httpAdapter.getInstance().addHook('onRequest', (request, reply, done) => {
      try {
        if (!isPublic(request)) this.owners.set(request.raw, this.gate.ownerOf(request));
        done();
      } catch (error) {
        if (error instanceof UnauthorizedException) reply.header('www-authenticate', 'Bearer');
        done(error as Error);
      }
    });
  }

  /** The owner of a request that was let in; `undefined` on the routes that are public. */
  ownerOf({ raw }: FastifyRequest): string | undefined {
    return this.owners.get(raw);
  }
}

function isPublic({ is404, routeOptions }: FastifyRequest): boolean {
  return !is404 && PUBLIC_ROUTES.test(routeOptions.url ?? '');
}
