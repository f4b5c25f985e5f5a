import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import { type ErrorCode } from '../../errors/gitlab-duo.error.js';
import { type AttemptStatus } from '../../messages/usage-report.js';

/** The usage ledger: a row for each physical request to the upstream. It outlives its chat. */
@Entity('duo_attempts')
@Index(['runId'])
@Index(['chatKind', 'chatId'])
@Index(['ownerId', 'createdAt'])
export class DuoAttempt {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** `null`, like the kind and the id of the chat, for a request that belongs to no chat. */
  @Column({ type: 'uuid', name: 'run_id', nullable: true })
  runId!: string | null;

  /** The id of the ask's request, such as the caller's `X-Request-Id`. */
  @Column({ type: 'text', name: 'request_id', nullable: true })
  requestId!: string | null;

  /** Counts from 1 within the run; `number` counts from 1 within the step. */
  @Column({ type: 'integer' })
  step!: number;

  @Column({ type: 'integer' })
  number!: number;

  @Column({ type: 'text', name: 'chat_kind', nullable: true })
  chatKind!: string | null;

  @Column({ type: 'uuid', name: 'chat_id', nullable: true })
  chatId!: string | null;

  @Column({ type: 'text', name: 'owner_id', nullable: true })
  ownerId!: string | null;

  @Column({ type: 'uuid', name: 'message_id', nullable: true })
  messageId!: string | null;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  model!: string;

  @Column({ type: 'text' })
  status!: AttemptStatus;

  @Column({ type: 'integer', name: 'input_tokens', nullable: true })
  inputTokens!: number | null;

  @Column({ type: 'integer', name: 'output_tokens', nullable: true })
  outputTokens!: number | null;

  @Column({ type: 'integer', name: 'reasoning_tokens', nullable: true })
  reasoningTokens!: number | null;

  @Column({ type: 'integer', name: 'cache_read_tokens', nullable: true })
  cacheReadTokens!: number | null;

  @Column({ type: 'integer', name: 'cache_write_tokens', nullable: true })
  cacheWriteTokens!: number | null;

  @Column({ type: 'integer', name: 'first_token_ms', nullable: true })
  firstTokenMs!: number | null;

  @Column({ type: 'integer', name: 'duration_ms', nullable: true })
  durationMs!: number | null;

  @Column({ type: 'text', name: 'error_code', nullable: true })
  errorCode!: ErrorCode | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
