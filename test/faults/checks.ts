import { nameOf } from './client.js';
import { type Ask, type History } from './history.js';
import { type StoredMessage, type StoredState } from './stored-state.js';
import { wronglyAnswered } from './replayed-history.js';
import { ToldRun } from './told-run.js';

/** Something that must never be, and the chat where it was. */
export interface Violation {
  chatId: string;
  what: string;
}

/** A property that the history and the database must have. */
export type Check = (history: History, state: StoredState) => Violation[];

const ENDS = new Set(['completed', 'failed', 'cancelled', 'interrupted']);
/** What a run may fail with, since the faults explain it. */
const EXPLAINED = new Set(['upstream_error', 'upstream_overloaded', 'upstream_timeout', 'database_unavailable']);
const MAX_TAKEOVERS = 2;

export const CHECKS: Record<string, Check> = {
  'Every acknowledged question is stored once, where its run began': (history, { messages, runs }) =>
    history.asks.flatMap((ask) => {
      const { chatId, content, runIds } = ask;
      if (content === null) return [];
      const stored = messages.filter(
        ({ role, text, ...message }) => message.chatId === chatId && role === 'user' && text === content,
      );
      const hasBegun = [...runIds].some((id) => runs.get(id)?.hasStarted);
      if (stored.length > 1) return [{ chatId, what: `${show(ask)} is stored ${stored.length} times` }];
      return hasBegun && stored.length === 0 ? [{ chatId, what: `${show(ask)} is not stored` }] : [];
    }),

  'The messages of a chat are numbered from 0 without a gap': (_history, { messages }) =>
    byChat(messages).flatMap(([chatId, own]) => {
      const seqs = own.map(({ seq }) => seq);
      return seqs.every((seq, place) => seq === place) ? [] : [{ chatId, what: `seq ${seqs.join()}` }];
    }),

  'The messages of one run stand together': (_history, { messages }) =>
    byChat(messages).flatMap(([chatId, own]) => {
      const order = own.map(({ runId }) => runId).filter((runId, place, all) => runId !== all[place - 1]);
      return new Set(order).size === order.length ? [] : [{ chatId, what: `runs take turns: ${order.join()}` }];
    }),

  'An answer is made of the history that is stored before it': (_history, { messages }) =>
    byChat(messages).flatMap(([chatId, own]) =>
      wronglyAnswered(own).map(({ id, text }) => ({
        chatId,
        what: `message ${id} answers another history: ${text.slice(-80)}`,
      })),
    ),

  'A key has one run, one answer and one first request': (history, { runs }) =>
    history.asks.flatMap((ask) => {
      const { chatId, key, runIds, responses } = ask;
      if (key === undefined) return [];
      const named = responses.filter(({ runId }) => runId !== undefined);
      const firsts = named.filter(({ isReplayed }) => !isReplayed).length;
      const answers = new Set(
        responses.flatMap(({ message }) => (message && message.status !== 'awaiting_approval' ? [message.id] : [])),
      );
      const [runId = ''] = runIds;
      return [
        ...(runIds.size > 1 ? [`runs ${[...runIds].join()}`] : []),
        ...(firsts > 1 ? [`${firsts} responses that are no replays`] : []),
        ...(answers.size > 1 ? [`answers ${[...answers].join()}`] : []),
        ...(runIds.size === 1 && !runs.has(runId) ? [`the run ${runId}, which is not stored`] : []),
      ].map((what) => ({ chatId, what: `${show(ask)} has ${what}` }));
    }),

  'No ask is answered 500': (history) =>
    history.asks
      .filter(({ responses }) => responses.some(({ status }) => status === 500))
      .map((ask) => ({ chatId: ask.chatId, what: `${show(ask)} was answered 500` })),

  'Every answer is the stored message': (history, { messages }) =>
    history.asks.flatMap((ask) =>
      ask.responses.flatMap(({ message }) => {
        if (message === undefined || message.status === 'awaiting_approval') return [];
        const stored = messages.find(({ id }) => id === message.id);
        return stored?.text === message.text && stored.status === message.status
          ? []
          : [
              {
                chatId: ask.chatId,
                what: `${show(ask)} was answered ${JSON.stringify(message)}, and stored is ${JSON.stringify(stored)}`,
              },
            ];
      }),
    ),

  'What a reader was told is what is stored': (history, { messages, runs }) =>
    history.readings.flatMap(({ chatId, runId, isResumed, events, faults, isEnded }) => {
      const told = new ToldRun(runId, isResumed);
      for (const event of events) told.take(event);
      const answers = messages.filter(
        (message) => message.runId === runId && message.role === 'assistant' && message.supersededBy !== runId,
      );
      const status = runs.get(runId)?.status;
      return [
        ...faults,
        ...(isEnded ? [] : ['it never saw the end']),
        ...(told.end === undefined || told.end === status
          ? []
          : [`it was told ${told.end}, and stored is ${status ?? 'no run'}`]),
        ...(told.end === undefined ? [] : differences(told, answers)),
      ].map((what) => ({ chatId, what: `a reader of run ${runId}: ${what}\n${showEvents(events)}` }));
    }),

  'No call that may not run twice has begun twice, and none that was denied': (history, { calls }) =>
    calls.flatMap(({ id, chatId, name, status }) => {
      const begun = history.effects.filter(({ toolCallId }) => toolCallId === id).length;
      return [
        ...(name === 'pay' && begun > 1 ? [`has begun ${begun} times`] : []),
        ...(status === 'denied' && begun > 0 ? ['was denied, and has begun'] : []),
        ...(status === 'succeeded' && begun === 0 ? ['has a result, and has never begun'] : []),
      ].map((what) => ({ chatId, what: `call ${id} of ${name} ${what}` }));
    }),

  'No run is active, and no call and no request of an ended run is under way': (
    _history,
    { runs, calls, pendingAttempts },
  ) => [
    ...[...runs.values()].flatMap(({ id, chatId, status }) =>
      ENDS.has(status) ? [] : [{ chatId, what: `run ${id} is ${status}` }],
    ),
    ...calls.flatMap(({ id, chatId, runId, status }) =>
      status === 'running' ? [{ chatId, what: `call ${id} of run ${runId} is running` }] : [],
    ),
    ...pendingAttempts.map(({ chatId, runId }) => ({ chatId, what: `run ${runId} has a pending attempt` })),
  ],

  'Every run that was acknowledged has an end that the faults explain': (history, { runs }) =>
    [...history.acknowledged()].flatMap(([id, chatId]) => {
      const run = runs.get(id);
      const reason = run === undefined ? 'is not stored' : unexplained(run, history);
      return reason === undefined ? [] : [{ chatId, what: `run ${id} ${reason}` }];
    }),

  'No run was taken over more than twice': (_history, { runs }) =>
    [...runs.values()].flatMap(({ id, chatId, takeovers }) =>
      takeovers > MAX_TAKEOVERS ? [{ chatId, what: `run ${id} has ${takeovers} takeovers` }] : [],
    ),

  'A run that was seen ended stays as it ended': (history, { runs }) =>
    [...history.ends].flatMap(([id, seen]) => {
      const run = runs.get(id);
      return run !== undefined && [...seen].every((status) => status === run.status)
        ? []
        : [{ chatId: run?.chatId ?? '', what: `run ${id} was ${[...seen].join()}, and is ${run?.status ?? 'gone'}` }];
    }),

  'Every server ended in time when it was asked to': ({ unstoppable }) =>
    unstoppable.map((number) => ({ chatId: '', what: `server ${number} had to be killed` })),
};

function unexplained(
  {
    id,
    chatId,
    status,
    code,
    takeovers,
  }: { id: string; chatId: string; status: string; code: string | null; takeovers: number },
  history: History,
): string | undefined {
  if (status === 'failed' && !EXPLAINED.has(code ?? '')) return `failed with ${code ?? 'no reason'}`;
  if (status === 'interrupted' && takeovers < MAX_TAKEOVERS) return `was interrupted after ${takeovers} takeovers`;
  if (status !== 'cancelled' || history.cancelled.has(id)) return undefined;
  const isInterrupted = history.asks.some((ask) => ask.chatId === chatId && ask.whenBusy === 'interrupt');
  const own = history.asks.filter(({ runIds }) => runIds.has(id));
  // An ask that the database answered too late cancels its run.
  const isLeft = own.some(
    ({ onDisconnect, responses }) => onDisconnect === 'cancel' || responses.some(({ status }) => status === 503),
  );
  return isInterrupted || isLeft ? undefined : 'was cancelled by no one';
}

function differences({ texts, isResumed }: ToldRun, stored: readonly StoredMessage[]): string[] {
  // What was said before the run was parked is not told again.
  const ids = new Set([...texts.keys(), ...(isResumed ? [] : stored.map(({ id }) => id))]);
  return [...ids].flatMap((id) => {
    const message = stored.find((message) => message.id === id);
    const text = texts.get(id);
    if (text === message?.text || (message === undefined && text === '')) return [];
    return [`message ${id} was told as ${JSON.stringify(text)}, and stored is ${JSON.stringify(message?.text)}`];
  });
}

function byChat(messages: readonly StoredMessage[]): [string, StoredMessage[]][] {
  const chatIds = new Set(messages.map(({ chatId }) => chatId));
  return [...chatIds].map((chatId) => [chatId, messages.filter((message) => message.chatId === chatId)]);
}

function show(ask: Ask): string {
  return `${nameOf(ask)} (${ask.key ?? 'no key'})`;
}

function showEvents(events: readonly { id: string | undefined; type: string | undefined }[]): string {
  return events
    .filter(
      ({ type }, place) =>
        type !== 'text-delta' || events[place - 1]?.type !== type || events[place + 1]?.type !== type,
    )
    .map(({ id, type }) => `    ${id?.split(':')[1] ?? ''} ${type ?? ''}`)
    .join('\n');
}
