import { validate as isUuid } from 'uuid';
import { ChatBusyError } from '../../errors/chat.errors.js';
import { MessageNotFoundError, NoUserMessageError, WrongMessageRoleError } from '../../errors/message.errors.js';
import { type Revision } from '../../runs/revision.interface.js';
import { type WithHistory } from './history.js';
import { type KindTables } from './kind-tables.js';

/** How often a statement is sent while others write to the chat. */
const MAX_TRIES = 10;

/** Why a begin with a revision stored nothing, although its chat exists. */
export interface RevisionRefusal {
  /** Whether others have written to the chat since the statement's snapshot: the same statement finds what they wrote. */
  isStale: boolean;
  /** What is wrong with its message. */
  target: 'missing' | 'unfit' | null;
}

/** The pieces of a statement that begins a run with a revision. */
export interface RevisionSql {
  /** The CTEs that lock the chat (`l`), and find where what is superseded begins (`first` of `z`). */
  found: string;
  /** The condition on them: the message fits, and the statement's snapshot has all that the last writer wrote. */
  isDue: string;
  /** The CTE that supersedes, with the run in `r`: everything from there on, except instructions. */
  superseded: string;
  /** The properties of a `RevisionRefusal`. */
  refusal: Record<keyof RevisionRefusal, string>;
}

/**
 * Each writer of messages changes the chat's row. So the messages that a statement sees are those of the locked chat if the
 * row has the version that its snapshot has.
 * @param firstParameter the number of the first of `revisionValues`
 */
export function revisionSql(t: KindTables, firstParameter: number): RevisionSql {
  const { chat, message } = t;
  const [id, anyId, isEdit] = [0, 1, 2].map((index) => `$${firstParameter + index}`);
  const ofChat = `FROM ${t.messages} m WHERE m.${message('chatId')} = $1 AND ${t.isLive('m')}`;
  return {
    found: `
e AS (SELECT t.xmin AS version FROM ${t.chats} t WHERE ${t.isChatOf('t', '$1', '$2')}),
l AS MATERIALIZED (
  SELECT t.${chat('id')} AS id, t.${chat('model')} AS model, t.xmin AS version FROM ${t.chats} t, s
   WHERE ${t.isChatOf('t', '$1', '$2')} AND ($22::int IS NULL OR t.${chat('nextSeq')} = $22) FOR NO KEY UPDATE OF t),
x AS MATERIALIZED (
  SELECT m.${message('seq')} AS seq, m.${message('role')} AS role ${ofChat}
     AND CASE WHEN ${anyId}::text IS NULL THEN m.${message('role')} = 'user'
              ELSE m.${message('id')} = ${id}::uuid OR m.${message('externalId')} = ${anyId} END
   ORDER BY m.${message('seq')} DESC LIMIT 1),
z AS MATERIALIZED (
  SELECT CASE WHEN x.role = 'system' OR ${isEdit}::boolean AND x.role <> 'user' THEN NULL WHEN ${isEdit} THEN x.seq
              ELSE (SELECT max(m.${message('seq')}) + 1 ${ofChat} AND m.${message('role')} = 'user' AND m.${message('seq')} <= x.seq)
         END AS first FROM x),`,
    isDue: 'l.version = (SELECT version FROM e) AND (SELECT first FROM z) IS NOT NULL',
    superseded: `
o AS (
  UPDATE ${t.messages} m SET ${message('supersededBy')} = r.id, ${message('supersededAt')} = now() FROM z, r
   WHERE m.${message('chatId')} = $1 AND m.${message('seq')} >= z.first AND m.${message('role')} <> 'system' AND ${t.isLive('m')}
  RETURNING m.${message('id')}),`,
    refusal: {
      isStale: 'l.version IS DISTINCT FROM (SELECT version FROM e)',
      target: `CASE WHEN NOT EXISTS (SELECT FROM x) THEN 'missing' WHEN (SELECT first FROM z) IS NULL THEN 'unfit' END`,
    },
  };
}

/** The three parameters of `revisionSql`. */
export function revisionValues({ type, messageId }: Revision): unknown[] {
  return [isUuid(messageId) ? messageId : null, messageId, type === 'edit'];
}

/** Sends a statement again while others write to the chat just before it. */
export async function whileStale<Done extends object>(
  send: () => Promise<WithHistory<Done>>,
): Promise<WithHistory<Done>> {
  for (let tries = 1; ; tries++) {
    const sent = await send();
    const isStale = sent.done !== null && 'isStale' in sent.done && sent.done.isStale === true;
    if (!isStale || tries === MAX_TRIES) return sent;
  }
}

/**
 * @throws MessageNotFoundError, WrongMessageRoleError, NoUserMessageError where its message is not fit for it; ChatBusyError
 *   where others write to the chat all the time
 */
export function refuseRevision({ target }: Partial<RevisionRefusal>, revision: Revision, chatId: string): never {
  const { type, messageId } = revision;
  if (target == null) throw new ChatBusyError(chatId, undefined);
  if (messageId === null) throw new NoUserMessageError(chatId);
  if (target === 'missing') throw new MessageNotFoundError(chatId, messageId);
  throw new WrongMessageRoleError(messageId, type);
}
