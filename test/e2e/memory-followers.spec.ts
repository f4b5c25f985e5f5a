import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventsOf } from './support/events-of.js';
import { useTestHost } from './support/use-test-host.js';

describe('A run of a chat in memory, by its id', () => {
  const host = useTestHost([]);

  beforeEach(() => {
    host.sandbox.reset();
  });

  it('has the events that its object has, while it works, and after its end what the messages say', async () => {
    const chat = host.duo.chat();
    host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3, delayMs: 300 });
    const run = await chat.start('Hello');
    const [events, followed] = await Promise.all([eventsOf(run.events()), eventsOf(chat.run(run.id).events())]);
    expect(followed).toEqual(events);
    expect(await chat.run(run.id).status()).toBe('completed');
    expect(await chat.run(run.id).result()).toEqual(await run.result());
    const last = events.length - 1;
    expect(await eventsOf(run.events({ after: 2 }))).toEqual(events.slice(3));
    const rebuilt = await eventsOf(chat.run(run.id).events());
    expect(rebuilt.map(({ type }) => type)).toEqual([
      'run-start',
      'message-start',
      'text-delta',
      'message-end',
      'run-end',
    ]);
    for (const after of [last, 4]) expect(await eventsOf(chat.run(run.id).events({ after }))).toEqual([]);
    expect(await eventsOf(chat.run(run.id).events({ after: last - 1 }))).toEqual(events.slice(-1));
    expect(await eventsOf(chat.run(run.id).events({ after: 2 }))).toEqual([
      { type: 'reset', messageId: (await run.result()).id, reason: 'server_busy', eventIndex: 2 },
      ...rebuilt,
    ]);
  });

  it('waits in the queue, and then works', async () => {
    const chat = host.duo.chat();
    host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3, delayMs: 300 });
    const first = await chat.start('Hello');
    const [second, third] = [
      await chat.start('And then?', { whenBusy: 'enqueue' }),
      await chat.start('At last?', { whenBusy: 'enqueue' }),
    ];
    const cancelled = eventsOf(chat.run(third.id).events());
    const events = eventsOf(chat.run(second.id).events());
    expect(await chat.run(second.id).status()).toBe('queued');
    await third.cancel();
    await first.result();
    const answer = await second.result();
    const types = (await events).map(({ type, eventIndex }) => `${eventIndex} ${type}`);
    expect(types.slice(0, 3)).toEqual(['0 run-queued', '1 run-start', '2 message-start']);
    expect((await events).at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
    expect(answer.text).toContain('And then?');
    expect(await cancelled).toEqual([
      { type: 'run-queued', runId: third.id, chatId: chat.id, position: 2, eventIndex: 0 },
      expect.objectContaining({ type: 'run-end', status: 'cancelled', eventIndex: 1 }),
    ]);
    await expect(third.result()).rejects.toMatchObject({ code: 'run_cancelled' });
  });
});
