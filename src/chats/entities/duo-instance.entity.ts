import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A server instance: while the row has not expired, its runs are its own. */
@Entity('duo_instances')
export class DuoInstance {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date;
}
