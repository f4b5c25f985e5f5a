import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { type ToolCallStatus } from '../../messages/tool-call.interface.js';

/** A tool call of a message, and its status; its arguments are in the message's parts. */
@Entity('duo_tool_calls')
@Index(['messageId', 'ordinal'], { unique: true })
@Index(['runId'])
export class DuoToolCall {
  /** The id in approvals and routes. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** The run that works the call. Not always the one that stored it, which may have been interrupted or stopped there. */
  @Column({ type: 'uuid', name: 'run_id' })
  runId!: string;

  @Column({ type: 'uuid', name: 'message_id' })
  messageId!: string;

  /** The vendor's id, which is not unique. */
  @Column({ type: 'text', name: 'provider_call_id' })
  providerCallId!: string;

  /** The call's place in its message, from 0. */
  @Column({ type: 'integer' })
  ordinal!: number;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  status!: ToolCallStatus;

  /** Whether a person has to approve it before it runs. */
  @Column({ type: 'boolean', name: 'needs_approval', default: false })
  needsApproval!: boolean;

  /** Whether it may run again after a crash. */
  @Column({ type: 'boolean', default: false })
  idempotent!: boolean;

  @Column({ type: 'text', name: 'decided_by', nullable: true })
  decidedBy!: string | null;

  @Column({ type: 'timestamptz', name: 'decided_at', nullable: true })
  decidedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'uuid', name: 'result_message_id', nullable: true })
  resultMessageId!: string | null;
}
