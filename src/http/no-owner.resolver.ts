import { Injectable } from '@nestjs/common';
import { type OwnerResolver } from './owner-resolver.interface.js';

/** The default: chats without an owner, which every caller that the guards let in can reach. */
@Injectable()
export class NoOwnerResolver implements OwnerResolver {
  resolve(): null {
    return null;
  }
}
