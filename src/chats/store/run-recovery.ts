import { toProblem } from '../../errors/problem.js';
import { RunInterruptedError } from '../../errors/run.errors.js';
import { type KindTables } from './kind-tables.js';
import { type ActiveRunRow, activeRunStatement, claimStatement, interruptStatement } from './recovery.statements.js';
import { type SqlClient } from './sql-client.js';

/** Tells what this process is, to the recovery of runs. */
export interface RunOwner {
  readonly instanceId: string;
  /** Whether this process still holds the run: from before its begin is sent until its end is stored or given up. */
  isHeld(runId: string): boolean;
}

/** Ends the runs that died with their process, so that they do not block their chats. */
export class RunRecovery {
  private readonly activeRun;
  private readonly claim;
  private readonly interrupt;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
    private readonly kind: string,
    private readonly owner: RunOwner,
  ) {
    this.activeRun = activeRunStatement(tables);
    this.claim = claimStatement(tables);
    this.interrupt = interruptStatement(tables);
  }

  /**
   * Ends the chat's active run as interrupted, if its process is gone.
   * @returns the active run that is alive and so stays, or `undefined` when the chat is free
   */
  async recover(chatId: string): Promise<ActiveRunRow | undefined> {
    const [run] = await this.client.rows<ActiveRunRow>(this.activeRun, [this.kind, chatId]);
    if (run === undefined || !this.isDead(run)) return run;
    const [claimed] = await this.client.rows<{ fence: number }>(this.claim, [run.id, run.fence, this.owner.instanceId]);
    if (claimed === undefined) return run;
    const problem = JSON.stringify(toProblem(new RunInterruptedError(run.id)));
    await this.client.rows(this.interrupt, [chatId, run.id, claimed.fence, problem]);
    return undefined;
  }

  /** A run of this very instance that is no longer held is one whose end could not be stored. */
  private isDead(run: ActiveRunRow): boolean {
    if (run.status !== 'running') return false;
    return run.instance_id === this.owner.instanceId ? !this.owner.isHeld(run.id) : run.is_dead;
  }
}
