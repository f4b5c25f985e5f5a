import { type DataSource } from 'typeorm';

interface RunState {
  id: string;
  status: string;
  fence: number;
  takeovers: number;
  rank: number;
  messages: number;
  /** How many batches of its log follow a gap; each takeover begins at a multiple of 1,000,000. */
  gaps: number;
  /** Whether its log has its last event. */
  isLogged: boolean;
}

interface CallState {
  id: string;
  status: string;
  hasResult: boolean;
}

/** The rows of one chat at one moment. */
export interface ChatSnapshot {
  seqs: number[];
  runs: RunState[];
  calls: CallState[];
}

const ACTIVE = new Set(['running', 'awaiting_approval']);
const MAX_TAKEOVERS = 2;

export async function readSnapshot(database: DataSource, chatId: string): Promise<ChatSnapshot> {
  const [row] = await database.query<{ snapshot: ChatSnapshot }[]>(
    `SELECT json_build_object(
       'seqs', ARRAY(SELECT seq FROM messages WHERE chat_id = $1 ORDER BY seq),
       'runs', (SELECT coalesce(json_agg(json_build_object('id', r.id, 'status', r.status, 'fence', r.fence, 'takeovers', r.takeovers, 'rank', r.queue_rank,
                 'gaps', (SELECT count(*) FROM duo_run_events e WHERE e.run_id = r.id AND e.first_index % 1000000 <> 0 AND NOT EXISTS (
                    SELECT FROM duo_run_events p WHERE p.run_id = r.id AND p.first_index + json_array_length(p.events) = e.first_index)),
                 'isLogged', EXISTS (SELECT FROM duo_run_events e WHERE e.run_id = r.id
                    AND e.first_index + json_array_length(e.events) - 1 = r.last_event_index),
                 'messages', (SELECT count(*) FROM messages m WHERE m.run_id = r.id)) ORDER BY r.queue_rank, r.id), '[]') FROM duo_runs r WHERE r.chat_id = $1),
       'calls', (SELECT coalesce(json_agg(json_build_object('id', k.id, 'status', k.status, 'hasResult', k.result_message_id IS NOT NULL)), '[]')
                   FROM duo_tool_calls k JOIN messages m ON m.id = k.message_id WHERE m.chat_id = $1)) AS snapshot`,
    [chatId],
  );
  if (row === undefined) throw new Error('PostgreSQL returned no row for a SELECT without FROM.');
  return row.snapshot;
}

/** What must never be, in a chat or between two moments of it. */
export function violations(before: ChatSnapshot, after: ChatSnapshot): string[] {
  return [
    ...(after.seqs.every((seq, place) => seq === place) ? [] : [`seq ${after.seqs.join()}`]),
    ...(after.runs.filter(({ status }) => ACTIVE.has(status)).length > 1 ? ['two active runs'] : []),
    ...after.runs.flatMap((run) =>
      runViolations(
        before.runs.find(({ id }) => id === run.id),
        run,
        before,
      ),
    ),
    ...after.calls.flatMap((call) =>
      callViolations(
        before.calls.find(({ id }) => id === call.id),
        call,
      ),
    ),
  ];
}

function runViolations(before: RunState | undefined, { id, ...run }: RunState, { runs }: ChatSnapshot): string[] {
  const found = run.takeovers > MAX_TAKEOVERS ? [`run ${id} has ${run.takeovers} takeovers`] : [];
  const isWorking = run.status === 'running' || run.status === 'queued';
  if (run.gaps > 0) found.push(`the log of run ${id} has a gap`);
  if (!isWorking && !run.isLogged) found.push(`the log of run ${id} lacks its end`);
  if (before === undefined) return found;
  const isActive = ACTIVE.has(before.status) || before.status === 'queued';
  if (!isActive && (run.status !== before.status || run.messages !== before.messages)) {
    found.push(`run ${id} was ${before.status} and changed`);
  }
  if (run.fence < before.fence) found.push(`the fence of run ${id} went back`);
  if (before.status === 'queued' && run.status === 'running') {
    // In the order of the queue.
    const [first] = runs.filter(({ status }) => status === 'queued');
    if (first?.id !== id) found.push(`run ${id} began before ${first?.id ?? 'no run'}`);
  }
  return found;
}

function callViolations(before: CallState | undefined, call: CallState): string[] {
  if (before?.hasResult && (!call.hasResult || call.status !== before.status)) {
    return [`call ${call.id} was ${before.status}, and is ${call.status}`];
  }
  return [];
}
