import { type Provider, type Type } from '@nestjs/common';
import { type OwnerResolver } from './owner-resolver.interface.js';
import { RequestOwner } from './request-owner.js';

/** The providers that name the owner of a request, by the host's resolver where there is one. */
export function ownerProviders(resolver: Type<OwnerResolver> | undefined): Provider[] {
  if (resolver === undefined) return [{ provide: RequestOwner, useValue: new RequestOwner() }];
  const useFactory = (owners: OwnerResolver): RequestOwner => new RequestOwner(owners);
  return [resolver, { provide: RequestOwner, useFactory, inject: [resolver] }];
}
