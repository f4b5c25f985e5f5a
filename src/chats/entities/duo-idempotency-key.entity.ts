import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key by which a request was made once: sent again, it gets the same run. */
@Entity('duo_idempotency_keys')
@Index(['runId'])
export class DuoIdempotencyKey {
  @PrimaryColumn({ type: 'text', name: 'chat_kind' })
  chatKind!: string;

  @PrimaryColumn({ type: 'uuid', name: 'chat_id' })
  chatId!: string;

  /** As the caller sent it, without quotes. */
  @PrimaryColumn({ type: 'text' })
  key!: string;

  /** The SHA-256 of the request in hex: another request with the key is refused. */
  @Column({ type: 'text', name: 'request_hash' })
  requestHash!: string;

  /** The run that the request began, or continued. */
  @Column({ type: 'uuid', name: 'run_id' })
  runId!: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
