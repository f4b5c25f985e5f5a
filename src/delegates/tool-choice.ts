import { ValidationError } from '../errors/request.errors.js';
import { type ModelRequest, type ToolChoice } from '../messages/model-request.interface.js';

/** How the model may use the tools that it is offered. */
export interface OfferedUse {
  choice: ToolChoice | undefined;
  /** Whether it may call several at once; the vendor's own default where undefined. */
  isParallel: boolean | undefined;
}

/**
 * How the model may use its tools; undefined without tools, where the vendors refuse to hear of it.
 * @throws ValidationError when it must call a tool that it is not offered
 */
export function offeredUse({ params = {}, tools = [] }: ModelRequest): OfferedUse | undefined {
  const { toolChoice: choice, toolCalls } = params;
  if (typeof choice === 'object' && tools.every(({ name }) => name !== choice.tool)) {
    throw new ValidationError(
      `The model must call the tool "${choice.tool}" by toolChoice, and is not offered it. Add it by withTools(), or give that another choice.`,
    );
  }
  if (tools.length === 0) return undefined;
  return { choice, isParallel: toolCalls === undefined ? undefined : toolCalls === 'many' };
}

/** Whether the model has to call a tool. */
export function isForced(use: OfferedUse | undefined): boolean {
  return use?.choice === 'required' || typeof use?.choice === 'object';
}
