import { Injectable } from '@nestjs/common';
import { HeldRuns } from './held-runs.js';
import { InstanceLeases } from './instance-leases.service.js';
import { type OrphanRun } from './lease-store.interface.js';
import { OpenWork } from './open-work.js';
import { type RunContext } from './run-kinds.js';
import { resumedRun, RunLauncher } from './run-launcher.js';
import { RunQueue } from './run-queue.js';

/** Continues runs that lost their instance. */
@Injectable()
export class RunTakeover {
  constructor(
    private readonly leases: InstanceLeases,
    private readonly runs: HeldRuns,
    private readonly openWork: OpenWork,
    private readonly launcher: RunLauncher,
    private readonly queue: RunQueue,
  ) {}

  /** Continues a run, or ends it where it may not continue, unless another instance is faster. */
  async continueRun(context: RunContext, orphan: OrphanRun, mayContinue: boolean): Promise<void> {
    if (this.openWork.isStopping || (this.runs.isFull && mayContinue) || !this.runs.hold(orphan.id)) return;
    const taking = this.takeOver(context, orphan, mayContinue);
    this.openWork.track(taking);
    await taking;
  }

  private async takeOver(context: RunContext, { id: runId, fence }: OrphanRun, mayContinue: boolean): Promise<void> {
    const { store, chat, defaults } = context;
    this.runs.reclaim(runId);
    let isWorking = false;
    try {
      if (store.leases) await this.leases.hold(store.leases);
      const { instanceId } = this.leases;
      const begun = await store.takeOver({ runId, fence, instanceId, mayContinue });
      if (begun !== undefined) {
        const { options, requestId } = begun.resumed ?? {};
        const start = { chat, defaults, user: null, settings: {}, scope: options?.scope };
        const named = { ...start, requestId: requestId ?? undefined };
        this.launcher.launch({ store, begun, start: named, userMessageId: null, ...resumedRun(begun) }, [runId]);
        isWorking = true;
      }
    } catch (error) {
      if (mayContinue) this.runs.giveUp(runId);
      throw error;
    } finally {
      if (!isWorking) this.runs.release([runId]);
    }
    if (!isWorking) await this.queue.beginNext(context);
  }
}
