import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;
const STOP_MS = 10_000;

/** An application in a process of its own. */
export interface RunningApp {
  readonly url: string;
  /** Ends it as a platform does, by SIGTERM; it must have closed all that kept it alive. */
  stop(): Promise<void>;
  /** What it complained about so far. */
  complaints(): string;
  /** Ends it at once, if it still runs. */
  kill(): void;
}

/** Runs a program until it prints the address that it listens on. */
export async function startApp(
  executable: string,
  args: string[],
  cwd: string,
  environment: Record<string, string>,
): Promise<RunningApp> {
  const { PATH = '' } = process.env;
  const child = spawn(executable, args, {
    cwd,
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (complaints += String(chunk)));
  const kill = () => child.kill('SIGKILL');
  const end = Date.now() + START_MS;
  for (;;) {
    const url = /listen\w* on (http:\S+)/i.exec(printed)?.[1];
    if (url !== undefined) return { url, stop: () => stop(child), complaints: () => complaints, kill };
    if (hasEnded(child) || Date.now() > end) {
      kill();
      throw new Error(`${args.join(' ')} did not start:\n${printed}\n${complaints}`);
    }
    await sleep(50);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) throw new Error('The application has ended by itself.');
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS) });
  child.kill('SIGTERM');
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`The application ended with ${code ?? signal}.`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
