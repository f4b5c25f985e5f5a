import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { childEnvironment } from '../child-environment.js';
import { compiledProgram } from '../compiled-program.js';

const STOP_TIMEOUT_MS = 15_000;

/** A server that is killed, stopped and started again under the same number. */
export class Instance {
  url = '';
  private child: ChildProcess | undefined;

  constructor(
    readonly number: number,
    private readonly args: string[],
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  async start(): Promise<void> {
    const child = fork(await compiledProgram('test/faults/server-program.ts'), this.args, {
      execArgv: [],
      env: childEnvironment({ NODE_ENV: 'development' }),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child = child;
    const abort = new AbortController();
    const ended = once(child, 'exit', abort).then(([code, signal]) => {
      throw new Error(`Server ${this.number} did not start: it ended with ${String(signal ?? code)}.`);
    });
    const started = once(child, 'message', abort) as Promise<[string]>;
    [this.url] = await Promise.race([started, ended]).finally(() => {
      abort.abort();
    });
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.isRunning) this.child?.kill(name);
  }

  /** Ends it at once, without a word. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Asks it to end, and waits until it has; false if it had to be killed. */
  async terminate(): Promise<boolean> {
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.end('SIGTERM');
    clearTimeout(timer);
    return this.child?.signalCode !== 'SIGKILL';
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.child === undefined || !this.isRunning) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
