import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../messages/new-id.js';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { PendingToolCallsError } from '../errors/chat.errors.js';
import { checkFilesFor } from '../models/file-fit.js';
import { ModelRegistry } from '../models/model-registry.js';
import { beginCheck } from './begin-check.js';
import { type NewUserMessage } from './chat-settings.interface.js';
import { HeldRuns } from './held-runs.js';
import { InstanceLeases } from './instance-leases.service.js';
import { LiveRun } from './live-run.js';
import { OpenWork, serverBusy } from './open-work.js';
import { type RequestKey } from './request-key.interface.js';
import { resumedRun, RunLauncher } from './run-launcher.js';
import { runInput } from './run-options.js';
import { newUserMessage, type StartRun } from './run-request.js';
import { type RunStore } from './run-store.interface.js';

/** A run that is about to begin, and how it came to that. */
export interface Beginning {
  store: RunStore;
  start: StartRun;
  requestKey?: RequestKey | null;
  /** Set for a run that was queued. */
  queued?: { id: string; user: NewUserMessage | null };
}

/** Begins runs in their store, and launches them. */
@Injectable()
export class RunBeginner {
  constructor(
    private readonly models: ModelRegistry,
    private readonly leases: InstanceLeases,
    private readonly runs: HeldRuns,
    private readonly openWork: OpenWork,
    private readonly launcher: RunLauncher,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Begins a run, or resumes the parked one.
   * @throws ServerBusyError, ValidationError for a file that the model does not take, and what `RunStore.begin` throws
   */
  async begin({ store, start, requestKey = null, queued }: Beginning): Promise<LiveRun> {
    this.mustTakeAsks();
    await this.checkFiles(store, start);
    if (store.leases) await this.leases.hold(store.leases);
    const held: string[] = [];
    const hold = (runId: string): boolean => {
      if (!this.runs.hold(runId)) return false;
      held.push(runId);
      return true;
    };
    const runId = queued?.id ?? newId();
    const attemptId = start.scope === 'tools' ? null : newId();
    const user = queued === undefined ? newUserMessage(start) : queued.user;
    hold(runId);
    try {
      const begun = await store.begin({
        runId,
        requestKey,
        isQueued: queued !== undefined,
        attemptId,
        instanceId: store.leases ? this.leases.instanceId : null,
        requestId: start.requestId ?? null,
        user,
        ...(start.revision && { revision: start.revision }),
        model: start.model ?? null,
        tools: start.tools ?? null,
        options: runInput(start),
        settings: start.settings,
        maxOwnerRuns: this.options.limits.ownerRuns,
        check: beginCheck(store, start),
        claim: (parkedId) => {
          if (start.scope !== 'generate') return hold(parkedId);
          throw new PendingToolCallsError(start.chat.id, 'Approve or deny each of them, and call runTools() first.');
        },
      });
      const userMessageId = user?.id ?? null;
      if (begun.resumed)
        return this.launcher.launch({ store, begun, start, userMessageId, ...resumedRun(begun) }, held);
      // A queued run has told its followers that it waits.
      const run = new LiveRun(begun.runId, begun.chatId, queued === undefined ? 0 : 1);
      return this.launcher.launch({ store, begun, start, attemptId, userMessageId, run }, held);
    } catch (error) {
      this.runs.release(held);
      throw error;
    }
  }

  /** @throws ServerBusyError */
  private mustTakeAsks(): void {
    this.openWork.mustNotStop();
    if (!this.runs.isFull) return;
    throw serverBusy(`The server works ${this.options.limits.liveRuns} runs, which is its limit.`);
  }

  /** @throws ValidationError for a file that the model of this run does not take */
  private async checkFiles(store: RunStore, { user, model, settings }: StartRun): Promise<void> {
    const files = user?.filter((part) => part.type === 'file') ?? [];
    if (files.length === 0) return;
    checkFilesFor(this.models.get(model ?? settings.model ?? (await store.chatModel())), files);
  }
}
