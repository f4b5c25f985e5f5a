import { headerJson } from './begin-sql.js';
import { instanceLock } from './instance-session.js';
import { isFollowedElsewhere } from './sql-run-log.js';

/** How many orphans, and how many queued chats, one sweep returns at most. */
const MAX_FOUND = 20;

/**
 * Finds the work that waits for an instance: a `Sweep`. The instance is `$1`, the kinds are `$2`, the dead instances `$3`,
 * `$4` the runs of this instance that it works no more, and `$5` those that it works. The instances that have running runs are found by steps through
 * an index, however many runs there are.
 */
export function sweepSql({ instances, runs }: { instances: string; runs: string }): string {
  const orphan = headerJson({
    id: 'o.id',
    chatKind: 'o.chat_kind',
    chatId: 'o.chat_id',
    ownerId: 'o.owner_id',
    fence: 'o.fence',
    isOwn: 'o.instance_id IS NOT DISTINCT FROM $1::uuid',
  });
  const queued = headerJson({ chatKind: 'q.chat_kind', chatId: 'q.chat_id', ownerId: 'q.owner_id' });
  const list = (value: string, source: string): string => `(SELECT coalesce(json_agg(${value}), '[]') FROM ${source})`;
  const orphansWhere = (condition: string): string =>
    `(SELECT r.* FROM ${runs} r WHERE r.status = 'running' AND r.chat_kind = ANY($2::text[]) AND ${condition} LIMIT ${MAX_FOUND})`;
  const next = (after: string): string =>
    `SELECT r.instance_id FROM ${runs} r WHERE r.status = 'running' AND ${after} ORDER BY r.instance_id LIMIT 1`;
  return `
WITH RECURSIVE n (id) AS (
  (${next('r.instance_id IS NOT NULL')})
  UNION ALL SELECT (${next('r.instance_id > n.id')}) FROM n WHERE n.id IS NOT NULL),
k AS MATERIALIZED (
  SELECT (l.classid::bigint << 32) | l.objid::bigint AS key FROM pg_locks l
   WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
     AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())),
i AS MATERIALIZED (SELECT * FROM ${instances}),
m AS MATERIALIZED (
  SELECT n.id FROM n LEFT JOIN i ON i.id = n.id
   WHERE n.id <> $1::uuid
     AND (i.id IS NULL OR i.expires_at < clock_timestamp() OR i.has_session AND ${instanceLock('i.id')} NOT IN (SELECT key FROM k))),
o AS (
  ${orphansWhere('r.instance_id IS NULL')}
  UNION ALL ${orphansWhere('r.instance_id IN (SELECT m.id FROM m WHERE m.id = ANY($3::uuid[]))')}
  UNION ALL ${orphansWhere('r.instance_id = $1 AND r.id = ANY($4::uuid[])')}),
q AS (
  SELECT DISTINCT r.chat_kind, r.chat_id, r.owner_id FROM ${runs} r
   WHERE r.status = 'queued' AND r.chat_kind = ANY($2::text[])
     AND NOT EXISTS (SELECT FROM ${runs} a WHERE a.chat_kind = r.chat_kind AND a.chat_id = r.chat_id
                                             AND a.status IN ('running', 'awaiting_approval'))
   LIMIT ${MAX_FOUND}),
w AS MATERIALIZED (
  SELECT r.id, r.cancel_requested_at, ${isFollowedElsewhere('r', '($1::uuid)::text')} AS is_followed FROM ${runs} r
   WHERE r.status = 'running' AND r.instance_id = $1 AND (r.cancel_requested_at IS NOT NULL OR r.followed_by IS NOT NULL))
SELECT ${list('m.id', 'm')} AS missing, ${list(orphan, `(SELECT * FROM o LIMIT ${MAX_FOUND}) o`)} AS orphans,
       ${list(queued, 'q')} AS queued, ${list('w.id', 'w WHERE w.cancel_requested_at IS NOT NULL')} AS cancelled,
       ${list('w.id', 'w WHERE w.is_followed')} AS followed,
       ${list(
         'u.id',
         `unnest($5::uuid[]) AS u (id)
        WHERE NOT EXISTS (SELECT FROM ${runs} r WHERE r.id = u.id AND r.status = 'running' AND r.instance_id = $1)`,
       )} AS lost`;
}
