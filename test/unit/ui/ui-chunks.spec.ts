import { describe, expect, it } from '@jest/globals';
import { type MessageRecord, type FinishReason } from '../../../src/messages/message.interface.js';
import { noUsage } from '../../../src/messages/usage.js';
import { type RunEvent, type RunEndStatus } from '../../../src/runs/run-event.interface.js';
import { denial } from '../../../src/turn/planned-call.js';
import { UiChunks, type UiStreamed } from '../../../src/ui/ui-chunks.js';
import { type UiChunk } from '../../../src/ui/ui-chunk.interface.js';
import { UI_VERSIONS, type UiVersion } from '../../../src/ui/ui-version.js';
import { UI_SDKS } from '../../e2e/support/ui-client.js';

const RUN = 'run-1';
const start: RunEvent = { type: 'run-start', runId: RUN, chatId: 'chat-1', userMessageId: 'user-1' };
const begin = (messageId = 'answer-1'): RunEvent => ({ type: 'message-start', messageId, role: 'assistant' });
const text = (said: string): RunEvent => ({ type: 'text-delta', text: said });
const thought = (said: string): RunEvent => ({ type: 'reasoning-delta', text: said });
const call = (toolCallId: string, name = 'look'): RunEvent => ({
  type: 'tool-call',
  toolCallId,
  providerCallId: `p-${toolCallId}`,
  name,
  arguments: { at: 1 },
});
const result = (toolCallId: string, content: string | object, isError = false): RunEvent => ({
  type: 'tool-result',
  toolCallId,
  providerCallId: `p-${toolCallId}`,
  name: 'look',
  content: content as string,
  isError,
});
const approval = (...ids: string[]): RunEvent => ({
  type: 'approval-required',
  toolCalls: ids.map((id) => ({ id, providerCallId: id, name: 'look', arguments: {} })),
});
const finished = (finishReason: FinishReason | null = 'stop', id = 'answer-1'): RunEvent => {
  const message = { id, model: 'duo-chat-haiku-4-5', finishReason, usage: noUsage } as MessageRecord & {
    usage: typeof noUsage;
  };
  return { type: 'message-end', message, usage: noUsage, finishReason };
};
const end = (status: RunEndStatus = 'completed'): RunEvent => ({ type: 'run-end', status, usage: noUsage });
const failure: RunEvent = {
  type: 'error',
  problem: { type: 'x', title: 'x', status: 502, detail: 'GitLab broke off.', code: 'upstream_error', requestId: 'r' },
};
const reset = (messageId = 'answer-1'): RunEvent => ({ type: 'reset', messageId, reason: 'upstream_error' });

/** What a reader gets who receives each batch on its own. */
function chunksOf(version: UiVersion, batches: RunEvent[][], more: Partial<UiStreamed> = {}): UiChunk[] {
  const chunks = new UiChunks({ version, runId: RUN, ...more });
  return [...batches.flatMap((batch) => chunks.add(batch)), ...chunks.last()];
}
const typesOf = (chunks: UiChunk[]): string[] => chunks.map(({ type }) => type);
/** All that a run can emit. */
const everything: RunEvent[] = [
  { type: 'run-queued', runId: RUN, chatId: 'chat-1', position: 1 },
  start,
  begin(),
  thought('Well'),
  text('Hel'),
  reset(),
  text('Hello'),
  call('call-1'),
  call('call-2'),
  call('call-3'),
  finished('tool-calls'),
  { type: 'tool-progress', toolCallId: 'call-1', providerCallId: 'p', data: 1 },
  result('call-1', 'Seen'),
  result('call-2', 'Broken', true),
  approval('call-3'),
  end('awaiting_approval'),
  result('call-3', denial('No'), true),
  begin('answer-2'),
  text('Done'),
  finished('stop', 'answer-2'),
];

describe('The chunks of a run', () => {
  it.each(UI_VERSIONS)('put each step and each part into its frame (%s)', (version) => {
    const events = [start, begin(), thought('We'), thought('ll'), text('Hi'), call('call-1'), finished('tool-calls')];
    const after = [result('call-1', 'Seen'), begin('answer-2'), text('So'), finished(), end()];
    const chunks = chunksOf(version, [[...events, ...after]]);
    expect(chunks.slice(0, -1)).toEqual([
      { type: 'start', messageId: 'answer-1', messageMetadata: { runId: RUN } },
      { type: 'start-step' },
      { type: 'reasoning-start', id: 'reasoning-1' },
      { type: 'reasoning-delta', id: 'reasoning-1', delta: 'Well' },
      { type: 'reasoning-end', id: 'reasoning-1' },
      { type: 'text-start', id: 'text-2' },
      { type: 'text-delta', id: 'text-2', delta: 'Hi' },
      { type: 'text-end', id: 'text-2' },
      { type: 'tool-input-available', toolCallId: 'call-1', toolName: 'look', input: { at: 1 } },
      { type: 'tool-output-available', toolCallId: 'call-1', output: 'Seen' },
      { type: 'finish-step' },
      { type: 'start-step' },
      { type: 'text-start', id: 'text-3' },
      { type: 'text-delta', id: 'text-3', delta: 'So' },
      { type: 'text-end', id: 'text-3' },
      { type: 'finish-step' },
    ]);
    expect(chunks.at(-1)).toEqual({
      type: 'finish',
      ...(version === 7 && { finishReason: 'stop' }),
      messageMetadata: { runId: RUN, model: 'duo-chat-haiku-4-5', finishReason: 'stop', usage: noUsage },
    });
  });

  it.each<[UiVersion, string[]]>([
    [5, ['text-end', 'tool-output-error', 'text-start', 'text-delta']],
    [6, ['text-end', 'tool-output-error', 'text-start', 'text-delta']],
    [7, ['reset-step', 'text-start', 'text-delta']],
  ])('take back what the client has, as %s can', (version, types) => {
    const before = [start, begin(), call('call-1'), text('Hel')];
    const chunks = new UiChunks({ version, runId: RUN });
    chunks.add(before);
    expect(typesOf(chunks.add([reset(), text('Hello')]))).toEqual(types);
  });

  it.each(UI_VERSIONS)('leave out what was taken back before it was sent (%s)', (version) => {
    const events = [start, begin(), text('Hel'), call('call-1'), reset(), text('Hello'), finished(), end()];
    expect(chunksOf(version, [events])).toEqual(
      chunksOf(version, [[start, begin(), text('Hello'), finished(), end()]]).map((chunk) =>
        'id' in chunk ? { ...chunk, id: 'text-2' } : chunk,
      ),
    );
  });

  it('let the message that follows a taken-back one go on in its step, under the first id', () => {
    const events = [start, begin('half'), text('Hel'), reset('half'), begin('whole'), text('Hello'), finished(), end()];
    const chunks = chunksOf(7, [events]);
    expect(typesOf(chunks).filter((type) => type === 'start-step')).toHaveLength(1);
    expect(chunks[0]).toMatchObject({ type: 'start', messageId: 'half' });
  });

  it.each<[UiVersion, string[]]>([
    [5, []],
    [6, ['tool-approval-request']],
    [7, ['tool-approval-request']],
  ])('ask for a decision, as %s can', (version, types) => {
    const chunks = chunksOf(version, [[start, begin(), call('call-1'), approval('call-1'), end('awaiting_approval')]]);
    expect(typesOf(chunks).slice(3)).toEqual([...types, 'finish-step', 'finish']);
    expect(chunks.at(-1)).toMatchObject(version === 5 ? {} : { finishReason: 'tool-calls' });
  });

  it.each<[UiVersion, approved: boolean, string[]]>([
    [5, true, ['tool-output-available']],
    [6, true, ['tool-output-available']],
    [7, true, ['tool-approval-request', 'tool-approval-response', 'tool-output-available']],
    [5, false, []],
    [6, false, ['tool-approval-request', 'tool-output-denied']],
    [7, false, ['tool-approval-request', 'tool-approval-response', 'tool-output-denied']],
  ])('replay a decision as %s can (approved: %s)', (version, approved, types) => {
    const decisions = new Map([['call-1', { approved, reason: null }]]);
    const outcome = approved ? result('call-1', 'Done') : result('call-1', denial(null), true);
    const events = [start, begin(), call('call-1'), approval('call-1'), end('awaiting_approval'), outcome, end()];
    expect(typesOf(chunksOf(version, [events], { decisions })).slice(3, -2)).toEqual(types);
  });

  it('ask, and answer, for a call that was denied before the run came to wait for it', () => {
    const events = [start, begin(), call('call-1'), finished('tool-calls'), result('call-1', denial('No'), true)];
    expect(chunksOf(7, [events, [end()]]).slice(3, 6)).toEqual([
      { type: 'tool-approval-request', approvalId: 'call-1', toolCallId: 'call-1' },
      { type: 'tool-approval-response', approvalId: 'call-1', approved: false, reason: 'No' },
      { type: 'tool-output-denied', toolCallId: 'call-1' },
    ]);
  });

  it('show a client that has decided what comes after, under the id that it has', () => {
    const before = [start, begin(), call('call-1'), approval('call-1'), end('awaiting_approval')];
    const after = [result('call-1', 'Done'), begin('answer-2'), text('So'), finished(), end()];
    const continued = { messageId: 'answer-1', toolCallIds: ['call-1'] };
    const replayed = chunksOf(6, [before, after], { continued });
    expect(replayed.slice(0, 4)).toEqual([
      { type: 'start', messageId: 'answer-1', messageMetadata: { runId: RUN } },
      { type: 'tool-output-available', toolCallId: 'call-1', output: 'Done' },
      { type: 'start-step' },
      { type: 'text-start', id: 'text-1' },
    ]);
    const live = new UiChunks({ version: 6, runId: RUN, continued }).continueHere();
    expect([...live.add(after), ...live.last()]).toEqual(replayed);
    expect(typesOf(chunksOf(6, [before], { continued }))).toEqual(['start', 'finish']);
  });

  it.each<[RunEndStatus, UiVersion, object[]]>([
    ['failed', 6, [{ type: 'error', errorText: 'GitLab broke off.' }, { type: 'finish' }]],
    ['failed', 7, [{ type: 'error' }, { type: 'finish', finishReason: 'error' }]],
    ['interrupted', 6, [{ type: 'error' }, { type: 'finish' }]],
    ['interrupted', 7, [{ type: 'finish-step' }, { type: 'finish', finishReason: 'interrupted' }]],
  ])('say that a run has %s (%s)', (status, version, last) => {
    const chunks = chunksOf(version, [[start, begin(), text('Hel'), failure, end(status)]]);
    expect(chunks.slice(-2)).toMatchObject(last);
  });

  it.each<[UiVersion, object]>([
    [5, { type: 'abort' }],
    [6, { type: 'abort' }],
    [7, { type: 'abort', reason: 'cancelled' }],
  ])('say that a run was cancelled (%s)', (version, last) => {
    expect(chunksOf(version, [[start, begin(), text('Hel'), end('cancelled')]]).at(-1)).toEqual(last);
  });

  it.each<[FinishReason, string]>([
    ['length', 'length'],
    ['refusal', 'content-filter'],
    ['context-window', 'length'],
    ['pause', 'other'],
  ])('name the reason %s as 7 knows it', (reason, finishReason) => {
    expect(chunksOf(7, [[start, begin(), text('x'), finished(reason), end()]]).at(-1)).toMatchObject({ finishReason });
  });

  it.each(UI_SDKS.flatMap((how) => [everything, everything.slice(0, 16)].map((events) => ({ ...how, events }))))(
    'are what AI SDK $name takes, alone and in batches',
    async ({ sdk, version = 6, events }) => {
      for (const status of ['completed', 'cancelled', 'failed', 'interrupted'] as const) {
        const last = events.length === 16 ? [] : [...(status === 'failed' ? [failure] : []), end(status)];
        const batches = [...events, ...last].map((event) => [event]);
        for (const chunks of [chunksOf(version, batches), chunksOf(version, [batches.flat()])]) {
          expect(await received(sdk, chunks)).toEqual(chunks);
        }
      }
    },
  );

  it('that only 5.0.0 refuses belong to calls that await approval', async () => {
    const [oldest] = UI_SDKS;
    const events = [
      ...everything.filter(({ type }) => type !== 'approval-required' && type !== 'run-end').slice(0, -4),
    ];
    const chunks = chunksOf(6, [...events.map((event) => [event]), [end()]]);
    if (!oldest) throw new Error('There is no SDK.');
    expect(await received(oldest.sdk, chunks)).toEqual(chunks);
  });
});

/** What a client's transport makes of the chunks, by the schemas of its version. */
async function received(sdk: (typeof UI_SDKS)[number]['sdk'], chunks: UiChunk[]): Promise<unknown[]> {
  const body = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + 'data: [DONE]\n\n';
  const transport = new sdk.DefaultChatTransport({ fetch: () => Promise.resolve(new Response(body)) });
  const stream = await transport.reconnectToStream({ chatId: 'chat-1' });
  const all: unknown[] = [];
  for await (const chunk of stream ?? []) all.push(chunk);
  return all;
}
