import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A server instance. Until the row expires, no other instance takes its runs over. */
@Entity('duo_instances')
export class DuoInstance {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date;
}
