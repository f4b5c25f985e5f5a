import { ChatBusyError, PendingToolCallsError } from '../../errors/chat.errors.js';
import { type Usage } from '../../messages/message.interface.js';
import { type BeginRun, type ResumeState } from '../../runs/run-store.interface.js';
import { mergedOptions } from '../../runs/run-options.js';
import { type KindTables } from './kind-tables.js';
import { type ActiveRunRow, usageOfRun } from './recovery.statements.js';
import { resend } from './resend.js';
import { type SqlClient, type Statement, statement } from './sql-client.js';
import { isAbandoned } from './tool-call.statements.js';

/** A parked run that goes on. */
export interface ResumedRun {
  runId: string;
  fence: number;
  resumed: ResumeState;
}

interface ResumedRow {
  fence: number | null;
  last_event_index: number;
  steps: number;
  spent: Usage;
  is_undecided: boolean;
}

/** Lets parked runs go on, once somebody has decided on all of their calls. */
export class RunResuming {
  private readonly resumption;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
  ) {
    this.resumption = resumeStatement(tables);
  }

  /** @throws PendingToolCallsError while calls wait for a decision, ChatBusyError when another has let the run go on */
  async resume(chatId: string, parked: ActiveRunRow, run: BeginRun): Promise<ResumedRun> {
    if (run.user !== null) throw new PendingToolCallsError(chatId);
    if (!run.claim(parked.id)) throw new ChatBusyError(chatId, parked.id);
    const options = mergedOptions(parked.input, run.options);
    const values = [
      parked.id,
      parked.fence,
      run.instanceId,
      run.model,
      run.tools && JSON.stringify(run.tools),
      options && JSON.stringify(options),
    ];
    const [row] = await resend(() => this.client.rows<ResumedRow>(this.resumption, values));
    if (row?.is_undecided) throw new PendingToolCallsError(chatId);
    if (row?.fence == null) throw new ChatBusyError(chatId, parked.id);
    const { fence, steps, spent } = row;
    return { runId: parked.id, fence, resumed: { nextIndex: row.last_event_index + 1, steps, spent, options } };
  }
}

/** Safe to run twice: of this instance, one at a time lets the run go on. */
function resumeStatement(t: KindTables): Statement {
  return statement(`
WITH u AS MATERIALIZED (
  SELECT EXISTS (
    SELECT FROM ${t.runs} p JOIN ${t.runs} r ON r.chat_kind = p.chat_kind AND r.chat_id = p.chat_id
      JOIN ${t.toolCalls} k ON k.run_id = r.id JOIN ${t.messages} m ON m.${t.message('id')} = k.message_id
     WHERE p.id = $1 AND k.status = 'pending' AND k.needs_approval AND NOT ${isAbandoned(t, 'm')}) AS is_undecided),
r AS (
  UPDATE ${t.runs} t SET status = 'running', fence = $2 + 1, instance_id = $3, model = coalesce($4, t.model),
         tools = coalesce($5::json, t.tools), input = $6::json
    FROM u
   WHERE t.id = $1 AND NOT u.is_undecided
     AND (t.status = 'awaiting_approval' AND t.fence = $2 OR t.status = 'running' AND t.fence = $2 + 1 AND t.instance_id = $3)
  RETURNING t.fence)
SELECT (SELECT fence FROM r) AS fence, u.is_undecided, coalesce(t.last_event_index, -1) AS last_event_index,
       (SELECT coalesce(max(a.step), 0) FROM ${t.attempts} a WHERE a.run_id = t.id AND a.message_id IS NOT NULL) AS steps,
       ${usageOfRun(t, 't.id')} AS spent
  FROM ${t.runs} t, u WHERE t.id = $1`);
}
