import { inspect } from 'node:util';
import { ConsoleLogger } from '@nestjs/common';

/** Nest's own logger, whose lines are kept. */
export class KeptLogger extends ConsoleLogger {
  readonly lines: string[] = [];

  protected override printMessages(messages: unknown[], ...rest: unknown[]): void {
    this.lines.push(...messages.map((message) => this.stringifyMessage(message, 'error')), inspect(rest));
  }

  protected override printStackTrace(stack: string): void {
    this.lines.push(stack);
  }
}
