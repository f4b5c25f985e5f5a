import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { safeError } from '../errors/safe-error.js';
import { InstanceLeases } from './instance-leases.service.js';
import { type LeaseStore, type OrphanRun, type Sweep } from './lease-store.interface.js';
import { type RunKind } from './run-kinds.js';
import { RunFollowers } from './run-followers.service.js';
import { RunLogs } from './run-logs.service.js';
import { RunService } from './run.service.js';
import { type RunLog } from './run-log.interface.js';
import { type OnFound, StoreSweep } from './store-sweep.js';

/** What the runs of all kinds in one database share. */
export interface SweptStore {
  leases: LeaseStore;
  log: RunLog;
}

/** Looks for the work that waits for an instance: runs that have lost theirs, queued runs, and what others want of its runs. */
@Injectable()
export class RunSweeper implements OnModuleDestroy {
  private readonly logger = new Logger(RunSweeper.name);
  private readonly sweeps = new Map<LeaseStore, StoreSweep>();

  constructor(
    private readonly runs: RunService,
    private readonly leases: InstanceLeases,
    private readonly logs: RunLogs,
    private readonly followers: RunFollowers,
  ) {}

  /** Works the runs of a kind from now on. */
  serve({ leases, log }: SweptStore, kind: RunKind): void {
    let sweep = this.sweeps.get(leases);
    if (sweep === undefined) {
      const { runs, logger } = this;
      this.leases.open(leases);
      const handle: OnFound = (found, kinds) => {
        this.logs.setFollowed(log, new Set(found.followed));
        // Where askers on other instances may leave, they must know that those here stay.
        for (const runId of found.followed) {
          this.warnOf(this.followers.markFollowed(runId, log), `Run ${runId} was not marked as followed`);
        }
        this.handle(found, kinds);
      };
      sweep = new StoreSweep(leases, runs.instanceId, () => runs.runsIn(leases), handle, logger);
      this.sweeps.set(leases, sweep);
    }
    sweep.kinds.set(kind.name, kind);
  }

  onModuleDestroy(): void {
    for (const sweep of this.sweeps.values()) sweep.stop();
  }

  private handle({ orphans, queued, cancelled, lost }: Sweep, kinds: ReadonlyMap<string, RunKind>): void {
    for (const runId of cancelled) this.runs.stopRun(runId, 'cancelled');
    for (const runId of lost) this.runs.stopRun(runId, 'released');
    for (const orphan of orphans) this.handleOrphan(orphan, kinds.get(orphan.chatKind));
    for (const { chatKind, chatId, ownerId } of queued) {
      const context = kinds.get(chatKind)?.context(chatId, ownerId);
      if (context) this.warnOf(this.runs.beginNext(context), `The queued run of chat ${chatId} did not begin`);
    }
  }

  private handleOrphan(orphan: OrphanRun, kind: RunKind | undefined): void {
    if (kind === undefined) return;
    const { id, chatId, ownerId, isOwn } = orphan;
    const mayContinue = !isOwn && kind.recovery === 'takeover';
    const continuing = this.runs.continueRun(kind.context(chatId, ownerId), orphan, mayContinue);
    this.warnOf(continuing, `Run ${id} was not taken over`);
  }

  /** The next sweep tries again. */
  private warnOf(work: Promise<unknown>, what: string): void {
    work.catch((error: unknown) => {
      this.logger.warn(`${what}: ${safeError(error).message}`);
    });
  }
}
