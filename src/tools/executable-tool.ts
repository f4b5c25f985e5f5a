import { Logger } from '@nestjs/common';
import { DeadlineError, withDeadline } from '../async/deadline.js';
import { type Redact } from '../errors/redact.js';
import { safeError } from '../errors/safe-error.js';
import { shorten } from '../gateway/error-body.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ToolDefinition } from '../messages/model-request.interface.js';
import { sanitizeText } from '../messages/text.js';
import { type Schema, type Validated } from '../schemas/schema.interface.js';
import { type BoundTool, type ToolOutcome } from './bound-tool.interface.js';
import { type DuoTool, type ToolContext } from './duo-tool.interface.js';
import { toolContent } from './tool-content.js';
import { checkedFiles, ToolFiles } from './tool-files.js';
import { type ToolOptions } from './tool.decorator.js';

/** The parts of an `ExecutableTool`. */
export interface ToolParts {
  definition: ToolDefinition;
  schema: Schema;
  instance: DuoTool;
  requiresApproval: NonNullable<ToolOptions['requiresApproval']>;
  isIdempotent: boolean;
  timeoutMs: number;
  redact: Redact;
}

/** Runs a tool so that it cannot break the run: validates its input, limits its time and the size of its result. */
export class ExecutableTool implements BoundTool {
  readonly definition: ToolDefinition;
  readonly isIdempotent: boolean;
  private readonly logger = new Logger('DuoTools');

  constructor(private readonly parts: ToolParts) {
    this.definition = parts.definition;
    this.isIdempotent = parts.isIdempotent;
  }

  async validate(input: JsonObject): Promise<Validated> {
    const { schema, timeoutMs } = this.parts;
    try {
      return await withDeadline(() => schema.validate(input), { ms: timeoutMs });
    } catch (error) {
      this.log('could not validate its input', error);
      return { problem: 'The input could not be checked.' };
    }
  }

  async needsApproval(input: unknown, context: ToolContext): Promise<boolean> {
    const { requiresApproval, timeoutMs } = this.parts;
    if (typeof requiresApproval === 'boolean') return requiresApproval;
    const decide = (signal: AbortSignal): boolean | Promise<boolean> =>
      requiresApproval(input, { ...context, signal, emit: () => undefined });
    try {
      return await withDeadline(decide, { ms: timeoutMs, signal: context.signal });
    } catch (error) {
      this.log('could not decide whether it needs an approval, and so it does', error);
      return true;
    }
  }

  async execute(input: unknown, context: ToolContext): Promise<ToolOutcome> {
    const { instance, timeoutMs } = this.parts;
    const progress = new Progress(context);
    const work = (signal: AbortSignal): unknown => instance.execute(input, { ...context, signal, emit: progress.emit });
    try {
      const answer = await withDeadline(work, { ms: timeoutMs, signal: context.signal });
      if (answer instanceof Error) throw answer;
      return outcomeOf(answer);
    } catch (error) {
      return this.failure(error, context);
    } finally {
      progress.end();
    }
  }

  private failure(error: unknown, { signal }: ToolContext): ToolOutcome {
    if (signal.aborted)
      return { content: 'The call was cancelled; it may or may not have taken effect.', isError: true };
    this.log('failed', error);
    const message =
      error instanceof DeadlineError ? `${error.message} It may or may not have taken effect.` : errorMessage(error);
    return { content: sanitizeText(shorten(message, this.parts.redact)) || 'The tool failed.', isError: true };
  }

  private log(what: string, error: unknown): void {
    const { message, stack } = safeError(error, this.parts.redact);
    this.logger.error(`The tool ${this.definition.name} ${what}: ${message}`, stack);
  }
}

/** Emits the progress of a tool until the tool has ended. */
class Progress {
  private isOpen = true;

  constructor(private readonly context: ToolContext) {}

  readonly emit = (data: unknown): void => {
    if (this.isOpen) this.context.emit(toolContent(data));
  };

  end(): void {
    this.isOpen = false;
  }
}

function outcomeOf(answer: unknown): ToolOutcome {
  if (!(answer instanceof ToolFiles)) return { content: toolContent(answer), isError: false };
  const files = checkedFiles(answer.files);
  return { content: toolContent(answer.content), ...(files.length > 0 && { files }), isError: false };
}

/** Only a message is meant to be read; other thrown values may hold secrets. */
function errorMessage(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}
