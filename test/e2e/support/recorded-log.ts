import { type LoggerService } from '@nestjs/common';

/** A logger that keeps its warnings and errors, each with its level. */
export class RecordedLog implements LoggerService {
  readonly lines: [level: string, text: string, ...more: string[]][] = [];

  log = (): void => undefined;
  warn = (...told: unknown[]): void => {
    this.keep('warn', told);
  };
  error = (...told: unknown[]): void => {
    this.keep('error', told);
  };

  /** All that was logged, as text. */
  get text(): string {
    return this.lines.flat().join('\n');
  }

  private keep(level: string, [text, ...more]: unknown[]): void {
    this.lines.push([level, String(text), ...more.filter((value) => value !== undefined).map(String)]);
  }
}
