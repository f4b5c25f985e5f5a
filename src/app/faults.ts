import { ConfigurationError } from '../errors/request.errors.js';

/** Collects what is wrong with settings, so that one start names all of it. */
export class Faults {
  private readonly messages: string[] = [];

  add(message: string): void {
    this.messages.push(message);
  }

  /** Returns what `read` returns; keeps the error where it throws one of ours. */
  catch<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.add(error.message);
      return undefined;
    }
  }

  /** @throws ConfigurationError with all messages, where there is one */
  throwIfAny(): void {
    const { messages } = this;
    if (messages.length === 0) return;
    throw new ConfigurationError(
      messages.length === 1
        ? String(messages[0])
        : [`${messages.length} settings are wrong:`, ...messages.map((message) => `  - ${message}`)].join('\n'),
    );
  }
}
