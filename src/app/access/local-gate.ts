import { ForbiddenException } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type Gate } from './gate.interface.js';
import { isLoopback } from './loopback.js';

/**
 * Without keys everybody on this machine is the owner `local`. Web pages are not: a browser runs them on this machine
 * too, and they may have given their own name the address of this machine.
 */
export class LocalGate implements Gate {
  /** Of the addresses that came last: a client sends the same with each request. */
  private readonly known = new LRUCache<string, boolean>({ max: 100 });

  ownerOf({ headers }: FastifyRequest): string {
    if (!this.isLocal(`http://${headers.host ?? ''}`)) {
      throw new ForbiddenException(
        'Without API_KEYS the server answers to the names of its own machine only: use localhost or 127.0.0.1 in the address, or set API_KEYS.',
      );
    }
    if (headers.origin !== undefined && !this.isLocal(headers.origin)) {
      throw new ForbiddenException(
        'Without API_KEYS the server answers no web page of another machine: set API_KEYS, and let the page ask its own server.',
      );
    }
    return 'local';
  }

  private isLocal(url: string): boolean {
    const isLocal = this.known.get(url) ?? isLoopback(hostnameOf(url));
    this.known.set(url, isLocal);
    return isLocal;
  }
}

/** An address of IPv6 without its brackets; empty for what is no URL. */
function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}
