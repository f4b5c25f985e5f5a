import { expect, it } from '@jest/globals';
import { MemoryRunStore } from '../../../src/conversation/memory-run-store.js';
import { LiveRun, type RunEventBatch } from '../../../src/runs/live-run.js';
import { RunFollower } from '../../../src/runs/run-follower.js';
import { RunPoller } from '../../../src/runs/run-poller.js';
import { eventsOf } from '../../e2e/support/events-of.js';

const store = new MemoryRunStore('chat', 'model');

function follow(run: LiveRun, after: number, takeLive?: () => Promise<number>): Promise<RunEventBatch[]> {
  const sources = { liveRun: () => run, poller: new RunPoller(run.id, store, () => Promise.resolve()) };
  const ask = { store, runId: run.id, after, isWaiting: true, live: run, takeLive };
  return eventsOf(new RunFollower(ask, sources).batches());
}

it('RunFollower ends when a reader that takes the events itself has left before the end of the run', async () => {
  const run = new LiveRun('run', 'chat');
  run.append([{ type: 'text-delta', text: 'a' }]);
  expect(await follow(run, -1, () => Promise.resolve(0))).toEqual([]);
});

it('RunFollower corrects a position that a run of this process has not reached', async () => {
  const run = new LiveRun('run', 'chat', 10);
  run.append([
    { type: 'message-start', messageId: 'm', role: 'assistant' },
    { type: 'text-delta', text: 'a' },
  ]);
  const following = follow(run, 40);
  const usage = { inputTokens: 0, outputTokens: 0, reasoningTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  run.append([{ type: 'run-end', status: 'cancelled', usage }]);
  run.end({ status: 'cancelled', message: null, usage });
  const [reset, ...rest] = await following;
  expect(reset).toEqual({
    firstIndex: 40,
    events: [{ type: 'reset', messageId: 'm', reason: 'server_busy' }],
    isCorrection: true,
  });
  expect([rest[0]?.firstIndex, rest.flatMap(({ events }) => events.map(({ type }) => type))]).toEqual([
    10,
    ['message-start', 'text-delta', 'run-end'],
  ]);
});
