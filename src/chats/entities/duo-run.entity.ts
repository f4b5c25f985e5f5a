import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import { type Problem } from '../../errors/problem.js';
import { type RunStatus } from '../../runs/run-event.interface.js';
import { type RunOptions } from '../../runs/run-options.js';

/** One ask, from the user's message to the final answer. */
@Entity('duo_runs')
// One active run per chat.
@Index(['chatKind', 'chatId'], { unique: true, where: "status IN ('running', 'awaiting_approval')" })
@Index(['chatKind', 'chatId', 'queueRank', 'id'], { where: "status = 'queued'" })
// Runs that may have lost their instance.
@Index(['instanceId'], { where: "status = 'running'" })
// What an owner has under way.
@Index(['ownerId'], { where: "status IN ('queued', 'running')" })
export class DuoRun {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text', name: 'chat_kind' })
  chatKind!: string;

  @Column({ type: 'uuid', name: 'chat_id' })
  chatId!: string;

  @Column({ type: 'text', name: 'owner_id', nullable: true })
  ownerId!: string | null;

  @Column({ type: 'text' })
  status!: RunStatus;

  @Column({ type: 'text' })
  model!: string;

  /** The names of the tools that only this run offers. */
  @Column({ type: 'json', nullable: true })
  tools!: string[] | null;

  /** What else the run needs to begin, or to continue in another process, where its ask gave any of that. */
  @Column({ type: 'json', nullable: true })
  input!: RunOptions | null;

  @Column({ type: 'uuid', name: 'answer_message_id', nullable: true })
  answerMessageId!: string | null;

  /** The server instance that runs it; its row in `duo_instances` is the lease. */
  @Column({ type: 'uuid', name: 'instance_id', nullable: true })
  instanceId!: string | null;

  /** Grows with each takeover, so that a late writer is refused. */
  @Column({ type: 'integer', default: 0 })
  fence!: number;

  /** How often an instance has continued it after the death of another. */
  @Column({ type: 'integer', default: 0 })
  takeovers!: number;

  /** The place among the queued runs of the chat, before the order of ids: an interrupting ask goes first. */
  @Column({ type: 'integer', name: 'queue_rank', default: 0 })
  queueRank!: number;

  /** Set for the instance that works the run, which cancels it. */
  @Column({ type: 'timestamptz', name: 'cancel_requested_at', nullable: true })
  cancelRequestedAt!: Date | null;

  /** Until when it counts as followed on each instance: its log is written more often while others follow it. */
  @Column({ type: 'jsonb', name: 'followed_by', nullable: true })
  followedBy!: Record<string, string> | null;

  @Column({ type: 'integer', name: 'last_event_index', nullable: true })
  lastEventIndex!: number | null;

  @Column({ type: 'json', nullable: true })
  error!: Problem | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
