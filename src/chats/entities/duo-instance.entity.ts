import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A server instance. Until the row expires, no other instance takes its runs over. */
@Entity('duo_instances')
export class DuoInstance {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date;

  /**
   * Whether the instance holds the advisory lock of its id on a session of its own: once that lock is free, the process is
   * gone. Not set where a pooler shares sessions, so that only the lease counts.
   */
  @Column({ type: 'boolean', name: 'has_session', default: false })
  hasSession!: boolean;
}
