import { Column, CreateDateColumn, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { BaseChat } from '../../conversation/base-chat.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelParams } from '../../messages/model-request.interface.js';

/**
 * The columns and the verbs of a persisted chat; `ActsAsChat` adds the relation to its messages.
 * @publicApi
 */
@Index(['ownerId', 'id'])
// One per owner, and one among the chats without an owner.
@Index(['ownerId', 'externalId'], { unique: true })
@Index(['externalId'], { unique: true, where: 'owner_id IS NULL' })
export abstract class DuoChat<M = unknown> extends BaseChat<M> {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** The owner, who alone can reach the chat; `null` for a chat without an owner. */
  @Column({ type: 'text', name: 'owner_id', nullable: true })
  ownerId!: string | null;

  /** The host's or a client's own id of the chat, unique for its owner; `null` for none. */
  @Column({ type: 'text', name: 'external_id', nullable: true })
  externalId!: string | null;

  @Column({ type: 'text', nullable: true })
  title!: string | null;

  /** A Duo model id. */
  @Column({ type: 'text' })
  model!: string;

  @Column({ type: 'json', default: {} })
  params!: ModelParams;

  /** The names of the tools that the chat offers; `null` for those of its kind. */
  @Column({ type: 'json', nullable: true })
  tools!: string[] | null;

  @Column({ type: 'json', default: {} })
  metadata!: JsonObject;

  /** The name of the chat's agent; `null` for none. */
  @Column({ type: 'text', nullable: true })
  agent!: string | null;

  /** The inputs that the agent received when the chat was created. */
  @Column({ type: 'json', name: 'agent_inputs', nullable: true })
  agentInputs!: JsonObject | null;

  /** The next message's `seq`; only the store's own statements touch it, so that saving a stale chat cannot set it back. */
  @Column({ type: 'integer', name: 'next_seq', default: 0, select: false, insert: false, update: false })
  protected nextSeq?: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
