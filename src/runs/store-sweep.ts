import { type Logger } from '@nestjs/common';
import { safeError } from '../errors/safe-error.js';
import { type LeaseStore, type Sweep, type SweepRequest } from './lease-store.interface.js';
import { type RunKind } from './run-kinds.js';

/** How often a store is swept, and by how much each pause may be shorter, so that instances do not meet. */
const SWEEP_MS = 500;
const JITTER_MS = 100;

/** One sweep in so many checks whether the runs that the process works are still its own. */
const CHECK_EACH = 4;

/** How long an instance is missing, over consecutive sweeps, before it counts as dead: the time to reconnect. */
const DEAD_AFTER_MS = 2_000;

/** Handles what was found; must not throw. */
export type OnFound = (sweep: Sweep, kinds: ReadonlyMap<string, RunKind>) => void;

/** Sweeps one store again and again, and knows which instances of it are dead. */
export class StoreSweep {
  readonly kinds = new Map<string, RunKind>();
  private readonly missingSince = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private sweeps = 0;
  private isStopped = false;
  private isFailing = false;

  /** @param runs the runs of this process in the store */
  constructor(
    private readonly store: LeaseStore,
    private readonly instanceId: string,
    private readonly runs: () => Pick<SweepRequest, 'unstored' | 'working'>,
    private readonly onFound: OnFound,
    private readonly logger: Logger,
  ) {
    this.schedule();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.sweep(), SWEEP_MS - Math.random() * JITTER_MS).unref();
  }

  private async sweep(): Promise<void> {
    try {
      const { instanceId } = this;
      const now = performance.now();
      const dead = [...this.missingSince].flatMap(([id, since]) => (now - since >= DEAD_AFTER_MS ? [id] : []));
      const { unstored, working } = this.runs();
      const checked = this.sweeps++ % CHECK_EACH === 0 ? working : [];
      const request = { instanceId, kinds: [...this.kinds.keys()], dead, unstored, working: checked };
      const found = await this.store.sweep(request);
      this.isFailing = false;
      if (this.isStopped) return;
      this.note(found.missing);
      this.onFound(found, this.kinds);
    } catch (error) {
      // A database that was away must not make its instances look dead.
      this.missingSince.clear();
      if (!this.isFailing && !this.isStopped) {
        this.logger.warn(`Runs of dead instances were not looked for: ${safeError(error).message}`);
      }
      this.isFailing = true;
    } finally {
      this.schedule();
    }
  }

  private note(missing: readonly string[]): void {
    const now = performance.now();
    const before = new Map(this.missingSince);
    this.missingSince.clear();
    for (const id of missing) this.missingSince.set(id, before.get(id) ?? now);
  }
}
