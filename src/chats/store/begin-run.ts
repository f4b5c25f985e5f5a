import { ChatBusyError, ChatNotFoundError, PendingToolCallsError } from '../../errors/chat.errors.js';
import { RunNotFoundError } from '../../errors/run.errors.js';
import { type BeginRun, type BegunRun, type HistoryMessage } from '../../runs/begin-run.interface.js';
import { type ActiveRun, activeRunJson, readActiveRun } from './active-run.js';
import { beginQueued } from './begin-queued.js';
import { type BegunHeader, beginValues, type NewMessage, systemMessage } from './begin-sql.js';
import { historyAfter, historyUpTo, type WithHistory, withHistory } from './history.js';
import { insertRun } from './insert-run.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { recoverRun } from './recover-run.js';
import { resend } from './resend.js';
import { type ResumedRun, resumeRun } from './resume-run.js';

/** How often a begin is tried while others write to the chat. */
const MAX_TRIES = 5;

/** A begin, and the parked run that it resumed, if it did. */
interface Begun extends WithHistory<BegunHeader> {
  resumed?: ResumedRun;
}

/** Where a chat stands before a run that adds no message of the user. */
interface Standing {
  nextSeq: number;
  active: ActiveRun | null;
}

/** Where the chat `$1` of the owner `$2` stands, of the kind `$3`, and its history. */
function standingSql(t: KindTables): string {
  const { chat } = t;
  return `
WITH h AS (
  SELECT json_build_object('nextSeq', c.${chat('nextSeq')}, 'active', ${activeRunJson(t, '$3', `c.${chat('id')}`)}) AS done
    FROM ${t.chats} c WHERE ${t.isChatOf('c', '$1', '$2')}),
${historyAfter(t, '$4', '$5')}`;
}

/**
 * Begins a run, or resumes the parked one: one round trip for an ask, two for a completion, and more where writers meet.
 * @throws ValidationError by `run.check`, ChatNotFoundError, ChatBusyError, PendingToolCallsError, TooManyRunsError,
 *   KeyTakenError, MessageIdTakenError, RunNotFoundError for a queued run that is not queued any more, and for a revision
 *   MessageNotFoundError, WrongMessageRoleError, NoUserMessageError
 */
export async function beginRun(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  run: BeginRun,
): Promise<BegunRun> {
  const system = systemMessage(run.settings.instructions);
  const { done, history, resumed } = await insertOrResume(database, chatId, ownerId, run, system);
  if (done === null) throw run.isQueued ? new RunNotFoundError(chatId, run.runId) : new ChatNotFoundError(chatId);
  const { nextSeq, supersededFrom, ...header } = done;
  const added = resumed ? [] : addedMessages(run, system);
  const firstSeq = nextSeq - added.length;
  return {
    runId: run.runId,
    fence: 0,
    ...resumed,
    chatId,
    ownerId,
    ...header,
    history: [
      ...withoutSuperseded(await historyUpTo(database, chatId, firstSeq - 1, history), supersededFrom),
      ...added.map((message, index): HistoryMessage => ({ ...message, seq: firstSeq + index, status: 'complete' })),
    ],
  };
}

async function insertOrResume(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  run: BeginRun,
  system: NewMessage | null,
): Promise<Begun> {
  const values = [...beginValues(database, chatId, ownerId, run, system), database.clock.deadline()];
  const begin = run.isQueued ? beginQueued : insertRun;
  for (let tries = 1; ; tries++) {
    const standing = run.check && (await checkStanding(database, chatId, ownerId, run.check));
    let active = standing?.active ?? undefined;
    if (active === undefined) {
      const begun = await begin(database, chatId, run, [...values, standing?.nextSeq ?? null]);
      if (begun && (begun.done !== null || standing === null)) return begun;
      if (begun === undefined) active = await readActiveRun(database, chatId);
    }
    if (active?.status === 'awaiting_approval') {
      if (run.isQueued) throw new PendingToolCallsError(chatId);
      return resumeRun(database, chatId, active, run);
    }
    if (active && !(await recoverRun(database, chatId, ownerId, active))) throw new ChatBusyError(chatId, active.id);
    if (tries === MAX_TRIES) throw new ChatBusyError(chatId, undefined);
  }
}

/** Where the chat stands; its history has passed the check, unless it has an active run. */
async function checkStanding(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  check: NonNullable<BeginRun['check']>,
): Promise<Standing> {
  const values = [chatId, ownerId, database.kind];
  const { done, history } = await resend(() => withHistory<Standing>(database, standingSql, chatId, values));
  if (done === null) throw new ChatNotFoundError(chatId);
  if (done.active === null) await check(history.messages);
  return done;
}

/** The history after a begin has superseded what was said from a message on. */
function withoutSuperseded(history: readonly HistoryMessage[], from = Infinity): readonly HistoryMessage[] {
  return from === Infinity ? history : history.filter(({ seq, role }) => seq < from || role === 'system');
}

function addedMessages({ user }: BeginRun, system: NewMessage | null): Pick<HistoryMessage, 'id' | 'role' | 'parts'>[] {
  return [
    ...(system ? [{ ...system, role: 'system' as const }] : []),
    ...(user ? [{ ...user, role: 'user' as const }] : []),
  ];
}
