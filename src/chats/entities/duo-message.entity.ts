import { Column, CreateDateColumn, Index, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { type JsonObject } from '../../messages/json.interface.js';
import { type AnswerStatus, type FinishReason, type Role, type Usage } from '../../messages/message.interface.js';
import { type Part } from '../../messages/part.interface.js';

/** A message whose calls await approval is complete itself. */
export const storedStatus: ValueTransformer = {
  to: (status: unknown) => (status === 'awaiting_approval' ? 'complete' : status),
  from: (status: unknown) => status,
};

/**
 * The columns of a message; `ActsAsMessage` adds the relation to its chat. The order of a chat's messages is `seq`,
 * never a time.
 * @publicApi
 */
@Index(['chatId', 'seq'], { unique: true })
@Index(['chatId', 'externalId'], { unique: true, where: 'external_id IS NOT NULL AND superseded_at IS NULL' })
export abstract class DuoMessage {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'uuid', name: 'chat_id' })
  chatId!: string;

  @Column({ type: 'integer' })
  seq!: number;

  /** The run that the message belongs to; `null` for one that was added by hand. */
  @Column({ type: 'uuid', name: 'run_id', nullable: true })
  runId!: string | null;

  @Column({ type: 'text' })
  role!: Role;

  /**
   * How the message came to its end. The answer of a parked run has `awaiting_approval` as it is returned; the column
   * always has how its own text ended.
   */
  @Column({ type: 'text', default: 'complete', transformer: storedStatus })
  status!: AnswerStatus;

  @Column({ type: 'text' })
  text!: string;

  @Column({ type: 'json' })
  parts!: Part[];

  @Column({ type: 'text', nullable: true })
  model!: string | null;

  @Column({ type: 'text', name: 'finish_reason', nullable: true })
  finishReason!: FinishReason | null;

  /** The vendor's details of that, unchanged, such as the category of a refusal. */
  @Column({ type: 'json', name: 'finish_detail', nullable: true })
  finishDetail!: JsonObject | null;

  /** A client's own id of the message, unique among those of the chat that are not superseded; `null` for none. */
  @Column({ type: 'text', name: 'external_id', nullable: true })
  externalId!: string | null;

  /** When the message was replaced or deleted: it is kept, and no longer replayed. `null` while it is replayed. */
  @Column({ type: 'timestamptz', name: 'superseded_at', nullable: true })
  supersededAt!: Date | null;

  /** The run that replaced it; `null` where no run did. */
  @Column({ type: 'uuid', name: 'superseded_by', nullable: true })
  supersededBy!: string | null;

  /** See `ModelMessage`; only the store's own statements touch it. */
  @Column({ type: 'text', name: 'prefix_digest', nullable: true, select: false, insert: false, update: false })
  protected prefixDigest?: string | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  /** What the answer cost; set on the answer of an ask only, and not stored with the message. */
  usage?: Usage;

  /**
   * The value that the text stands for, on the answer to an ask with a schema. It is no column, and JSON leaves it out:
   * both have the text.
   */
  parsed?: unknown;
}
