import { type Type } from '@nestjs/common';
import { ConfigurationError } from '../errors/request.errors.js';
import { type DuoTool } from './duo-tool.interface.js';

/** @throws ConfigurationError unless it is a list of classes; otherwise only the model would notice a missing tool */
export function mustBeTools(tools: unknown): asserts tools is readonly Type<DuoTool>[] {
  if (!Array.isArray(tools)) {
    throw new ConfigurationError(`tools must be a list, even of one, such as [Weather]; it is ${nameOf(tools)}.`);
  }
  const list: readonly unknown[] = tools;
  const index = list.findIndex((tool) => typeof tool !== 'function');
  if (index === -1) return;
  const advice =
    list[index] === undefined
      ? 'Most likely two files import each other, so that its class was not there yet: let only one of them import the other, or give @Agent() a function that makes the list.'
      : 'Give classes with @Tool().';
  throw new ConfigurationError(`Tool ${index + 1} of the list is ${nameOf(list[index])}. ${advice}`);
}

function nameOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return typeof value === 'function' ? 'a class or a function' : `of the type ${typeof value}`;
}
