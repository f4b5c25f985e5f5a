import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';
import { safeError } from '../errors/safe-error.js';

const LEVELS: LogLevel[] = ['log', 'warn', 'error', 'fatal'];

/** How the server speaks: in production to a collector of logs, where every line is JSON, else to a person. */
export class Output {
  readonly logger: ConsoleLogger;

  constructor(readonly isJson: boolean) {
    // Nest's own start-up lines are for a collector; a person gets the welcome.
    const logLevels = isJson ? LEVELS : LEVELS.filter((level) => level !== 'log');
    this.logger = new ConsoleLogger({ json: isJson, flattenParams: true, logLevels });
    Logger.overrideLogger(this.logger);
  }

  /** Says what a person waits for; `fields` are for the collector alone. */
  say(text: string, fields: Record<string, unknown> = {}): void {
    if (this.isJson) this.logger.log(text, fields, 'Server');
    else console.log(text);
  }

  /** Turns all log levels on again after Nest's own start-up lines. */
  started(): void {
    this.logger.setLogLevels(LEVELS);
  }
}

/** Opens the output that the environment asks for. */
export function openOutput(): Output {
  return new Output(process.env.NODE_ENV?.trim() === 'production');
}

/** Logs as JSON what Node would print as text by itself: its warnings, and the error that ends the process. */
export function logForNode(): void {
  const logger = new Logger('Node');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    logger.warn(safeError(warning).message, { name: warning.name });
  });
  process.on('uncaughtException', (error) => {
    logger.fatal('The process ends by an error that nothing has caught', safeError(error));
    process.exit(1);
  });
}
