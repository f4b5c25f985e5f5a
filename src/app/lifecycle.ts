import { type Server } from 'node:http';
import { type INestApplication, Logger } from '@nestjs/common';
import { within } from '../async/deadline.js';
import { safeError } from '../errors/safe-error.js';

/**
 * Calls `stop` once, at the first of: a signal to end (SIGINT, SIGTERM, SIGHUP), or the end of the launcher that
 * forked this process, even by SIGKILL. What comes later is ignored, so that it cannot cut the stop short: the
 * terminal and the launcher both pass on a Ctrl-C. Call it before anything that takes time.
 */
export function stopWhenAsked(stop: (reason: string) => void): void {
  let asked = false;
  const ask = (reason: string) => {
    if (asked) return;
    asked = true;
    stop(reason);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  if (process.send === undefined) return;
  const launcherEnded = () => {
    ask('the end of its launcher');
  };
  process.once('disconnect', launcherEnded);
  process.channel?.unref();
  if (!process.connected) launcherEnded();
}

/** No resource may hold up the end of the process for longer; the runs have some of it to end, or to be handed over. */
const CLOSE_TIMEOUT_MS = 14_000;

/** What the server has opened so far, to be closed in the reverse order. */
export class OpenResources {
  private readonly closers: (() => Promise<unknown>)[] = [];
  private closing: Promise<void> | undefined;

  get isClosing(): boolean {
    return this.closing !== undefined;
  }

  /**
   * Takes note of a resource that has just been opened.
   * @throws Error when everything is being closed; the resource then is closed at once
   */
  async add(close: () => Promise<unknown>): Promise<void> {
    if (this.isClosing) {
      await close();
      throw new Error('The server was stopped while it started.');
    }
    this.closers.push(close);
  }

  /** Closes everything, within a bound; safe to call again. */
  close(): Promise<void> {
    this.closing ??= within(this.closeAll(), CLOSE_TIMEOUT_MS).catch(() => undefined);
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) {
      await close().catch((error: unknown) => {
        new Logger('Server').error('Closing failed', safeError(error));
      });
    }
  }
}

/** How long answers that are under way may take to leave, once the server takes no more connections. */
const LINGER_MS = 3_000;
const LOOK_MS = 50;

/**
 * Closes the application. A connection that was opened and never used counts as busy for Node, and would hold up the end
 * for a minute; so all that is left after a while is cut. Before that the runs have their time.
 */
export async function closeApp(app: INestApplication): Promise<void> {
  const server = app.getHttpServer() as Server;
  let waitedMs = 0;
  const timer = setInterval(() => {
    if (server.listening) return;
    waitedMs += LOOK_MS;
    if (waitedMs >= LINGER_MS) server.closeAllConnections();
  }, LOOK_MS);
  try {
    await app.close();
  } finally {
    clearInterval(timer);
  }
}
