import { QueueFullError } from '../errors/chat.errors.js';
import { type Problem } from '../errors/problem.js';
import { KeyTakenError, RunNotFoundError } from '../errors/run.errors.js';
import { type Usage } from '../messages/message.interface.js';
import { noUsage } from '../messages/usage.js';
import { type RunEndStatus, type RunStatus } from '../runs/run-event.interface.js';
import { mergedInput, type RunInput } from '../runs/run-options.js';
import { type RunListOptions, type RunRecord } from '../runs/run-record.interface.js';
import { type BeginRun, type ResumeState } from '../runs/begin-run.interface.js';
import { type Enqueued, type EnqueueRun, type QueuedRun } from '../runs/queued-run.interface.js';
import { type KeyedRun, type RequestKey } from '../runs/request-key.interface.js';

/** How many ended runs a chat in memory remembers, with their keys. */
const MAX_ENDED = 100;

/** A run of a chat in memory. */
export interface MemoryRun {
  id: string;
  status: RunStatus;
  model: string;
  tools: readonly string[] | null;
  options: RunInput | null;
  /** The place in the queue, before the order of asks. */
  rank: number;
  steps: number;
  /** Where it continues, once it is parked. */
  parked?: Omit<ResumeState, 'options'>;
  userMessageId: string | null;
  answerMessageId: string | null;
  error: Problem | null;
  /** What its requests cost, and the last of them. */
  usage: Usage;
  answerUsage: Usage;
  lastEventIndex: number | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** The runs of one chat in memory, in the order of their asks, and their keys. */
export class MemoryRuns {
  private readonly runs = new Map<string, MemoryRun>();
  private readonly keys = new Map<string, KeyedRun>();

  constructor(private readonly chatId: string) {}

  /** The run that is under way, or parked. */
  get active(): MemoryRun | undefined {
    return [...this.runs.values()].find(({ status }) => status === 'running' || status === 'awaiting_approval');
  }

  /** Those that wait, in the order in which they begin. */
  get queued(): MemoryRun[] {
    const waiting = [...this.runs.values()].filter(({ status }) => status === 'queued');
    return waiting.sort((one, other) => one.rank - other.rank);
  }

  /** The queued run whose message has a client's own id. */
  queuedWith(externalId: string): MemoryRun | undefined {
    return this.queued.find(({ options }) => options?.queued?.user?.externalId === externalId);
  }

  get firstQueued(): QueuedRun | undefined {
    const [first] = this.queued;
    return first && { id: first.id, tools: first.tools, input: first.options ?? {} };
  }

  /** @throws RunNotFoundError */
  get(runId: string): MemoryRun {
    const run = this.runs.get(runId);
    if (run === undefined) throw new RunNotFoundError(this.chatId, runId);
    return run;
  }

  /**
   * The run that begins: a new one, or one that was queued.
   * @param model of the run
   * @throws RunNotFoundError for one that is not queued any more
   */
  begin(begin: BeginRun, model: string): MemoryRun {
    const { runId, isQueued, tools, options, user } = begin;
    const run = isQueued ? this.get(runId) : newRun(runId);
    if (run.status !== 'queued') throw new RunNotFoundError(this.chatId, runId);
    const startedAt = new Date().toISOString();
    Object.assign(run, { status: 'running', model, tools, options, userMessageId: user?.id ?? null, startedAt });
    this.runs.set(runId, run);
    return run;
  }

  /**
   * Parks a run until a person has decided on its calls.
   * @param nextIndex of its next event
   */
  park(run: MemoryRun, nextIndex: number, spent: Usage): void {
    Object.assign(run, { status: 'awaiting_approval', parked: { nextIndex, steps: run.steps, spent } });
  }

  /** Continues a parked run, with what its completion says. */
  resume(run: MemoryRun, parked: NonNullable<MemoryRun['parked']>, { model, tools, options }: BeginRun): ResumeState {
    run.parked = undefined;
    run.status = 'running';
    run.model = model ?? run.model;
    run.tools = tools ?? run.tools;
    run.options = mergedInput(run.options, options);
    return { ...parked, options: run.options };
  }

  /** @throws QueueFullError, KeyTakenError */
  enqueue(enqueue: EnqueueRun, model: string): Enqueued {
    const { runId, requestKey, tools, input, isFirst, maxQueued } = enqueue;
    this.mustBeFree(requestKey);
    const { queued } = this;
    if (!isFirst && queued.length >= maxQueued) throw new QueueFullError(this.chatId, maxQueued);
    const rank = isFirst ? (queued[0]?.rank ?? 0) - 1 : 0;
    this.runs.set(runId, { ...newRun(runId), model: enqueue.model ?? model, tools, options: input, rank });
    this.keep(requestKey, runId);
    return { position: isFirst ? 1 : queued.length + 1, activeRunId: this.active?.id ?? null };
  }

  /** Ends a run, and forgets the oldest of those that have ended. */
  end(run: MemoryRun, status: RunEndStatus, error: Problem | null = null): void {
    Object.assign(run, { status, error, finishedAt: new Date().toISOString() });
    const ended = [...this.runs.values()].filter(({ finishedAt }) => finishedAt !== null);
    for (const { id } of ended.slice(0, -MAX_ENDED)) {
      this.runs.delete(id);
      for (const [key, { runId }] of this.keys) if (runId === id) this.keys.delete(key);
    }
  }

  findKey(key: string): KeyedRun | undefined {
    return this.keys.get(key);
  }

  /** @throws KeyTakenError */
  mustBeFree(requestKey: RequestKey | null): void {
    if (requestKey && this.keys.has(requestKey.key)) throw new KeyTakenError();
  }

  keep(requestKey: RequestKey | null, runId: string): void {
    if (requestKey) this.keys.set(requestKey.key, { runId, requestHash: requestKey.requestHash });
  }

  list({ status, cursor, limit }: RunListOptions & { limit: number }): RunRecord[] {
    const newestFirst = [...this.runs.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
    return newestFirst
      .filter((run) => (status === undefined || run.status === status) && (cursor === undefined || run.id < cursor))
      .slice(0, limit)
      .map((run) => this.record(run));
  }

  record(run: MemoryRun): RunRecord {
    const { id, status, model, answerMessageId, error, usage, createdAt, startedAt, finishedAt } = run;
    const place = this.queued.indexOf(run);
    const position = place === -1 ? null : place + 1;
    const times = { createdAt, startedAt, finishedAt };
    return { id, chatId: this.chatId, status, model, answerMessageId, error, usage, position, ...times };
  }
}

function newRun(id: string): MemoryRun {
  return {
    id,
    status: 'queued',
    model: '',
    tools: null,
    options: null,
    rank: 0,
    steps: 0,
    userMessageId: null,
    answerMessageId: null,
    error: null,
    usage: noUsage,
    answerUsage: noUsage,
    lastEventIndex: null,
    createdAt: new Date().toISOString(),
    startedAt: null,
    finishedAt: null,
  };
}
