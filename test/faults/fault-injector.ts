import { setTimeout } from 'node:timers/promises';
import { type Client as DatabaseClient } from 'pg';
import { type Sandbox } from '../../src/sandbox/index.js';
import { type Choice } from './choice.js';
import { type Instance } from './cluster.js';
import { type History } from './history.js';

const WEIGHTS = { kill: 4, terminate: 3, stop: 3, sessions: 3, upstream: 2 };
type Fault = keyof typeof WEIGHTS;

export const FAULTS = Object.keys(WEIGHTS) as Fault[];

/** Does harm to the servers, to their database sessions and to the upstream; one fault a server at a time. */
export class FaultInjector {
  private readonly harmed = new Map<Instance, Promise<void>>();

  constructor(
    private readonly history: History,
    private readonly instances: readonly Instance[],
    private readonly database: DatabaseClient,
    private readonly sandbox: Sandbox,
    private readonly choice: Choice,
    /** Which faults there are; none by an empty list. */
    private readonly faults: readonly string[],
  ) {}

  /** Harms until told to stop; then every server runs again. */
  async work(signal: AbortSignal): Promise<void> {
    while (await this.isPausing(signal)) await this.harm();
    await Promise.all(this.harmed.values());
  }

  /** Waits a while; false once it is told to stop. */
  private async isPausing(signal: AbortSignal): Promise<boolean> {
    await setTimeout(this.choice.number(500, 4_000), undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }

  private async harm(): Promise<void> {
    const instance = this.choice.one(this.instances);
    const fault = this.choice.weighted(WEIGHTS);
    if (!this.faults.includes(fault)) return;
    if (fault === 'sessions' || fault === 'upstream') this.history.faults.push(fault);
    if (fault === 'sessions') return this.endSessions();
    if (fault === 'upstream') {
      this.disturbUpstream();
      return;
    }
    if (this.harmed.has(instance)) return;
    this.history.faults.push(fault);
    const harm = (fault === 'stop' ? this.stop(instance) : this.end(instance, fault)).finally(() =>
      this.harmed.delete(instance),
    );
    this.harmed.set(instance, harm);
  }

  private async end(instance: Instance, how: 'kill' | 'terminate'): Promise<void> {
    const name = `server ${instance.number}`;
    const pauseMs = this.choice.number(0, 4_000);
    this.history.note(undefined, `${how === 'kill' ? 'SIGKILL' : 'SIGTERM'} to ${name}`);
    if (how === 'kill') await instance.kill();
    else if (!(await instance.terminate())) this.history.unstoppable.push(instance.number);
    this.history.note(undefined, `${name} has ended`);
    await setTimeout(pauseMs);
    await instance.start();
    this.history.note(undefined, `${name} is up again`);
  }

  private async stop(instance: Instance): Promise<void> {
    const ms = this.choice.number(3_000, 8_000);
    this.history.note(undefined, `SIGSTOP to server ${instance.number} for ${ms} ms`);
    instance.signal('SIGSTOP');
    await setTimeout(ms);
    instance.signal('SIGCONT');
    this.history.note(undefined, `SIGCONT to server ${instance.number}`);
  }

  private disturbUpstream(): void {
    const fault = this.choice.one(['stream-reset', 'stream-cut', 'gateway-overloaded'] as const);
    this.history.note(undefined, `the upstream will do ${fault}`);
    this.sandbox.fault({ fault, afterChunks: this.choice.number(1, 8) });
  }

  private async endSessions(): Promise<void> {
    const percent = this.choice.number(5, 60);
    const { rows } = await this.database.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid',
    );
    const pids = rows.map(({ pid }) => pid).filter(() => this.choice.isLucky(percent));
    await this.database.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid', [pids]);
    this.history.note(undefined, `${pids.length} of ${rows.length} sessions of the database ended`);
  }
}
