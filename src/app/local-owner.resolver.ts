import { Injectable } from '@nestjs/common';
import { type OwnerResolver } from '../http/owner-resolver.interface.js';

/** Everything belongs to `local`: the server listens to its own machine. */
@Injectable()
export class LocalOwnerResolver implements OwnerResolver {
  resolve(): string {
    return 'local';
  }
}
