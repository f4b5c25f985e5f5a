import { type DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { decision } from '../../../src/conversation/tool-call-decision.js';
import { ChatBusyError, PendingToolCallsError } from '../../../src/errors/chat.errors.js';
import { RunLostError } from '../../../src/errors/run.errors.js';
import { type ToolCallPart } from '../../../src/messages/part.interface.js';
import { type KindStore } from '../../../src/chats/store/kind-store.js';
import { type BeginRun, type BegunRun } from '../../../src/runs/begin-run.interface.js';
import { type RunStore } from '../../../src/runs/run-store.interface.js';
import { type ChatSnapshot, readSnapshot, violations } from './chat-snapshot.js';
import { InterleavedRun, type PlannedStep } from './interleaved-run.js';

const LIMIT = 100;

/** A chat whose runs several instances begin, work, take over and end; after each operation the chat is looked at. */
export class InterleavedChat {
  readonly id = uuidv7();
  /** What happened, for the message of a failure. */
  readonly story: string[] = [];
  /** The runs that an instance works, also those that another one has taken over meanwhile. */
  private readonly working = new Set<InterleavedRun>();
  private readonly plans = new Map<string, readonly PlannedStep[]>();
  private readonly cancelled = new Set<string>();
  private readonly parts = new Map<string, ToolCallPart>();
  private readonly store: RunStore;
  private last: ChatSnapshot = { seqs: [], runs: [], calls: [] };

  /** @param instanceIds of instances that are alive */
  constructor(
    private readonly kindStore: KindStore,
    private readonly database: DataSource,
    private readonly instanceIds: readonly string[],
  ) {
    this.store = kindStore.runsOf(this.id, null);
  }

  async create(): Promise<void> {
    await this.database.query(`INSERT INTO chats (id, model) VALUES ($1, 'duo-chat-sonnet-4-6')`, [this.id]);
  }

  /** Asks, and queues the run where the chat is busy. */
  async ask(plan: readonly PlannedStep[], isFirst: boolean): Promise<void> {
    const user = { id: uuidv7(), parts: [{ type: 'text', text: 'Hello' } as const] };
    const run = this.beginning({ user });
    this.plans.set(run.runId, plan);
    const isBusy = this.last.runs.some(({ status }) => ['running', 'awaiting_approval', 'queued'].includes(status));
    if (await this.begin(run)) return this.look('an ask begins', isBusy ? 'it began beside another run' : undefined);
    await this.look('an ask finds the chat busy', isBusy ? undefined : 'the chat was not busy');
    const input = { queued: { user, model: null, settings: {}, requestId: null } };
    const bounds = { maxQueued: LIMIT, maxOwnerRuns: LIMIT };
    const { runId } = run;
    const queued = { runId, requestKey: null, model: null, tools: null, input, isFirst, ...bounds };
    const { activeRunId } = await this.store.enqueue(queued);
    await this.look(isFirst ? 'it is queued as the first' : 'it is queued');
    if (isFirst && activeRunId !== null) await this.cancelRun(activeRunId);
  }

  /** Begins the run that is next in the queue. */
  async beginNext(): Promise<void> {
    const queued = await this.store.firstQueued();
    if (queued === undefined) return;
    const user = queued.input.queued?.user ?? null;
    const hasBegun = await this.begin(this.beginning({ runId: queued.id, user, isQueued: true }));
    await this.look(hasBegun ? 'a queued run begins' : 'a queued run stays queued');
  }

  /** Lets one of the working runs do its next write: one that was taken over must be refused. */
  async work(choice: number): Promise<void> {
    const run = this.pick(choice);
    if (run === undefined) return;
    const { runId, fence } = run.key;
    const isOwner = this.last.runs.some((row) => row.id === runId && row.fence === fence && row.status === 'running');
    const name = `${runId} at fence ${fence}`;
    try {
      const did = await run.move(this.cancelled.has(runId));
      await this.look(`${name} ${did}`, isOwner ? undefined : 'it wrote without the run');
    } catch (error) {
      if (!(error instanceof RunLostError)) throw error;
      run.isOver = true;
      await this.look(`${name} is refused`, isOwner ? 'it was refused its own run' : undefined);
    }
    if (run.isOver) this.working.delete(run);
  }

  /** Cancels the active run, or the one that was cancelled or ended last. */
  async cancel(choice: number): Promise<void> {
    const run = this.last.runs[choice % Math.max(1, this.last.runs.length)];
    if (run) await this.cancelRun(run.id);
  }

  /** Decides on the calls that wait, and lets a parked run continue. */
  async decide(isApproved: boolean): Promise<void> {
    for (const { id } of await this.kindStore.pendingApprovals(this.id, null)) {
      await this.kindStore.decide(this.id, null, decision(id, isApproved ? 'approved' : 'denied', {}));
    }
    const isParked = this.last.runs.some(({ status }) => status === 'awaiting_approval');
    await this.look('calls are decided');
    if (isParked && (await this.begin(this.beginning({ user: null })))) await this.look('the parked run continues');
  }

  /** Another instance takes the running run over, whose own instance does not know that yet. */
  async takeOver(): Promise<void> {
    const row = this.last.runs.find(({ status }) => status === 'running');
    if (row === undefined) return;
    const [, instanceId = ''] = this.instanceIds;
    const begun = await this.store.takeOver({ runId: row.id, fence: row.fence, instanceId, mayContinue: true });
    if (begun) this.add(begun, null);
    const wrong = this.cancelled.has(row.id)
      ? 'it was cancelled'
      : row.takeovers >= 2
        ? 'that is one too many'
        : undefined;
    await this.look(begun ? 'the run is taken over' : 'the takeover ends the run', begun && wrong);
  }

  /** The instance of the running run gives it back, and another one continues it. */
  async handOver(): Promise<void> {
    const run = [...this.working].find(({ key }) =>
      this.last.runs.some(({ id, fence, status }) => id === key.runId && fence === key.fence && status === 'running'),
    );
    if (run === undefined) return;
    await run.release();
    this.working.delete(run);
    await this.look('the run is handed over');
    await this.takeOver();
  }

  /** Works everything to its end: no run may be left. */
  async drain(): Promise<void> {
    for (let moves = 0; moves < LIMIT; moves += 1) {
      const active = this.last.runs.filter(({ status }) => !['completed', 'cancelled', 'interrupted'].includes(status));
      if (active.length === 0) return;
      if (this.working.size > 0) await this.work(moves);
      else if (active.some(({ status }) => status === 'awaiting_approval')) await this.decide(true);
      else if (active.some(({ status }) => status === 'running')) await this.takeOver();
      else await this.beginNext();
    }
    throw new Error(`The runs do not end:\n${this.story.join('\n')}`);
  }

  private async cancelRun(runId: string): Promise<void> {
    const before = this.last.runs.find(({ id }) => id === runId)?.status;
    const { status, hasEnded } = await this.store.cancel(runId, 'Cancelled');
    if (!hasEnded) this.cancelled.add(runId);
    await this.look(
      `${runId} is cancelled while it is ${status}`,
      status === before ? undefined : `it was ${before ?? 'gone'}`,
    );
  }

  private async begin(run: BeginRun): Promise<boolean> {
    try {
      const begun = await this.store.begin(run);
      const worked = this.add(begun, run.attemptId, run.isQueued);
      await worked.log({ type: 'run-start', runId: begun.runId, chatId: this.id, userMessageId: run.user?.id ?? null });
      return true;
    } catch (error) {
      if (error instanceof ChatBusyError || error instanceof PendingToolCallsError) return false;
      throw error;
    }
  }

  private add(begun: BegunRun, attemptId: string | null, isQueued = false): InterleavedRun {
    const plan = this.plans.get(begun.runId) ?? [];
    const run = new InterleavedRun(this.store, begun, plan, this.parts, attemptId, isQueued);
    this.working.add(run);
    return run;
  }

  private beginning(run: Pick<BeginRun, 'user'> & Partial<BeginRun>): BeginRun {
    const [instanceId = ''] = this.instanceIds;
    const nothing = { requestKey: null, requestId: null, model: null, tools: null, options: null };
    // As a completion looks at the history first.
    const check = run.user === null ? () => Promise.resolve() : null;
    const ids = { runId: uuidv7(), attemptId: uuidv7(), instanceId };
    return { ...nothing, ...ids, check, isQueued: false, settings: {}, maxOwnerRuns: LIMIT, claim: () => true, ...run };
  }

  private pick(choice: number): InterleavedRun | undefined {
    return [...this.working][choice % Math.max(1, this.working.size)];
  }

  /** @throws Error with the story of the chat, where something is as it must not be */
  private async look(what: string, wrong?: string): Promise<void> {
    this.story.push(what);
    const next = await readSnapshot(this.database, this.id);
    const found = [...(wrong === undefined ? [] : [wrong]), ...violations(this.last, next)];
    this.last = next;
    if (found.length > 0) throw new Error(`${found.join('; ')}:\n${this.story.join('\n')}`);
  }
}
