import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type RunEvent } from '../../runs/run-event.interface.js';

/** A batch of a run's events; the index of an event is `firstIndex` plus its place in the batch. */
@Entity('duo_run_events')
export class DuoRunEvent {
  @PrimaryColumn({ type: 'uuid', name: 'run_id' })
  runId!: string;

  @PrimaryColumn({ type: 'integer', name: 'first_index' })
  firstIndex!: number;

  @Column({ type: 'json' })
  events!: RunEvent[];
}
