import { UnauthorizedException } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type ApiKeys } from './api-keys.js';
import { FailedKeys } from './failed-keys.js';
import { type Gate } from './gate.interface.js';

/** Lets in who sends `Authorization: Bearer <key>` with a key of the server. */
export class KeyGate implements Gate {
  private readonly failed = new FailedKeys();

  constructor(private readonly keys: ApiKeys) {}

  ownerOf({ headers, ip }: FastifyRequest): string {
    const key = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
    if (key === undefined) {
      throw new UnauthorizedException('Send a key of this server in the header Authorization: Bearer <key>.');
    }
    const owner = this.keys.ownerOf(key);
    if (owner === undefined) {
      this.failed.add(ip);
      throw new UnauthorizedException('This is no key of this server: check the key in the header Authorization.');
    }
    this.failed.admit(ip, key);
    return owner;
  }
}
