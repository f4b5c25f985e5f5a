import { type Type } from '@nestjs/common';
import { type DiscoveryService } from '@nestjs/core';
import { ConfigurationError } from '../errors/request.errors.js';

export type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A provider whose class is decorated. */
export interface DecoratedProvider<Options> {
  target: Type;
  options: Options;
  wrapper: InstanceWrapper;
}

/** The providers whose class has options, as a decorator has left them. */
export function decoratedProviders<Options>(
  discovery: DiscoveryService,
  optionsOf: (target: unknown) => Options | undefined,
): DecoratedProvider<Options>[] {
  return discovery.getProviders().flatMap((wrapper) => {
    const target = classOf(wrapper, optionsOf);
    const options = optionsOf(target);
    return target === undefined || options === undefined ? [] : [{ target, options, wrapper }];
  });
}

/** The class that stands for the provider: what it is asked for by, or else what it is made of. */
function classOf(
  { token, metatype, inject }: InstanceWrapper,
  optionsOf: (target: unknown) => unknown,
): Type | undefined {
  if (optionsOf(token)) return token as Type;
  const isFactory = Array.isArray(inject);
  return !isFactory && optionsOf(metatype) ? (metatype as Type) : undefined;
}

/** @param instead what the class may use instead of a request */
export function mustBeSingleton(wrapper: InstanceWrapper, instead: string): void {
  if (wrapper.isTransient) {
    throw new ConfigurationError('it is transient, and a chat needs the one instance: take its scope away.');
  }
  if (!wrapper.isDependencyTreeStatic()) {
    throw new ConfigurationError(
      `it is request-scoped, or injects what is, and a run has no request: take the scope away, and use ${instead}.`,
    );
  }
}
