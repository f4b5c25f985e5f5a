import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DatabaseUnavailableError } from '../../../src/errors/chat.errors.js';
import { LiveRun } from '../../../src/runs/live-run.js';
import { LogCleaner } from '../../../src/runs/log-cleaner.js';
import { LogWriter } from '../../../src/runs/log-writer.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';
import { type LoggedBatch, type RunLog } from '../../../src/runs/run-log.interface.js';

/** A log in memory, which can be slow, away, or refuse a run. */
class MemoryLog implements RunLog {
  readonly rows: LoggedBatch[] = [];
  readonly calls: LoggedBatch[][] = [];
  readonly foreign = new Set<string>();
  refused: string | undefined;
  fail: ((batches: readonly LoggedBatch[]) => Promise<void>) | undefined;
  leftToClear = 0;
  cleared = 0;

  async append(batches: readonly LoggedBatch[]): Promise<ReadonlySet<string>> {
    this.calls.push([...batches]);
    await this.fail?.(batches);
    if (batches.some(({ runId }) => runId === this.refused)) throw new Error('refused');
    const owned = batches.filter(({ runId }) => !this.foreign.has(runId));
    for (const batch of owned) {
      const known = this.rows.find(({ runId, firstIndex }) => runId === batch.runId && firstIndex === batch.firstIndex);
      if (known === undefined) this.rows.push(batch);
      else expect(batch).toEqual(known);
    }
    return new Set(owned.map(({ runId }) => runId));
  }

  read(runId: string): Promise<LoggedBatch[]> {
    return Promise.resolve(this.rows.filter((row) => row.runId === runId));
  }

  follow(): Promise<void> {
    return Promise.resolve();
  }

  isFollowedElsewhere(): Promise<boolean> {
    return Promise.resolve(false);
  }

  clear(): Promise<boolean> {
    this.cleared += 1;
    this.leftToClear -= 1;
    return Promise.resolve(this.leftToClear > 0);
  }

  texts(runId: string): string[] {
    return this.rows
      .filter((row) => row.runId === runId)
      .map(({ firstIndex, events }) => `${firstIndex}:${events.map(textOf).join('')}`);
  }
}

const delta = (text: string): RunEvent => ({ type: 'text-delta', text });
const textOf = (event: RunEvent): string => (event.type === 'text-delta' ? event.text : '');
const away = (): Promise<void> => Promise.reject(new DatabaseUnavailableError('away'));
const tick = (ms = 1_000): Promise<void> => jest.advanceTimersByTimeAsync(ms);

let log: MemoryLog;
let writer: LogWriter;
let warnings: string[];

beforeEach(() => {
  jest.useFakeTimers();
  log = new MemoryLog();
  warnings = [];
  const logger = Object.assign(new Logger('test'), { warn: (message: string) => warnings.push(message) });
  writer = new LogWriter(log, logger);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('LogWriter', () => {
  it('writes the new events of all live runs together, every second', async () => {
    const [one, two] = [new LiveRun('one', 'chat'), new LiveRun('two', 'chat')];
    writer.open(one, 0);
    writer.open(two, 3);
    one.append([delta('a'), delta('b')]);
    two.append([delta('x')]);
    await tick();
    one.append([delta('c')]);
    await tick();
    await tick();
    expect(log.calls.map((batches) => batches.map(({ runId, fence }) => [runId, fence]))).toEqual([
      [
        ['one', 0],
        ['two', 3],
      ],
      [['one', 0]],
    ]);
    expect([log.texts('one'), log.texts('two')]).toEqual([['0:ab', '2:c'], ['0:x']]);
  });

  it('writes the events of runs that are followed elsewhere ten times as often, and no others', async () => {
    const [followed, other] = [new LiveRun('one', 'chat'), new LiveRun('two', 'chat')];
    writer.open(followed, 0);
    writer.open(other, 0);
    writer.setFollowed(new Set(['one', 'elsewhere']));
    for (const text of ['a', 'b', 'c']) {
      followed.append([delta(text)]);
      other.append([delta(text)]);
      await tick(100);
    }
    expect([log.texts('one'), log.texts('two')]).toEqual([['0:a', '1:b', '2:c'], []]);
    await tick(700);
    expect(log.texts('two')).toEqual(['0:abc']);
    writer.setFollowed(new Set());
    await tick(100);
    followed.append([delta('d')]);
    await tick(400);
    expect(log.texts('one')).toEqual(['0:a', '1:b', '2:c']);
    await tick(600);
    expect(log.texts('one')).toEqual(['0:a', '1:b', '2:c', '3:d']);
  });

  it('has a timer only while a run is live, and returns the events that were not logged', async () => {
    expect(jest.getTimerCount()).toBe(0);
    const run = new LiveRun('one', 'chat');
    const open = writer.open(run, 0);
    run.append([delta('a')]);
    await tick();
    run.append([delta('b')]);
    expect(jest.getTimerCount()).toBe(1);
    expect(await open.close()).toEqual({ sent: undefined, fresh: { firstIndex: 1, events: [delta('b')] } });
    expect(jest.getTimerCount()).toBe(0);
    await tick(5_000);
    expect(log.calls).toHaveLength(1);
  });

  it('never starts a tick before the previous one has ended', async () => {
    let release: (() => void) | undefined;
    log.fail = () => new Promise((resolve) => (release = resolve));
    const [one, two] = [new LiveRun('one', 'chat'), new LiveRun('two', 'chat')];
    writer.open(one, 0);
    one.append([delta('a')]);
    await tick();
    writer.open(two, 0);
    one.append([delta('b')]);
    await tick(10_000);
    expect(log.calls).toHaveLength(1);
    log.fail = undefined;
    release?.();
    await tick();
    expect(log.texts('one')).toEqual(['0:a', '1:b']);
  });

  it('sends the same batch again while it is unknown whether it was stored', async () => {
    const run = new LiveRun('one', 'chat');
    const open = writer.open(run, 0);
    run.append([delta('a')]);
    log.fail = away;
    await tick();
    run.append([delta('b')]);
    await tick();
    await tick();
    expect(log.calls.map(([batch]) => batch?.events.map(textOf).join(''))).toEqual(['a', 'a', 'a']);
    expect(warnings).toEqual(['Events of runs were not logged: away']);
    expect(await open.close()).toEqual({
      sent: { firstIndex: 0, events: [delta('a')] },
      fresh: { firstIndex: 1, events: [delta('b')] },
    });
  });

  it('continues when the database is back, and warns of the next failure', async () => {
    const run = new LiveRun('one', 'chat');
    writer.open(run, 0);
    run.append([delta('a')]);
    log.fail = away;
    await tick(3_000);
    log.fail = undefined;
    run.append([delta('b')]);
    await tick(2_000);
    expect(log.texts('one')).toEqual(['0:a', '1:b']);
    log.fail = away;
    run.append([delta('c')]);
    await tick(2_000);
    expect(warnings).toHaveLength(2);
  });

  it('waits for the tick in progress before it returns the events that were not logged', async () => {
    let release: (() => void) | undefined;
    log.fail = () => new Promise((resolve) => (release = resolve));
    const run = new LiveRun('one', 'chat');
    const open = writer.open(run, 0);
    run.append([delta('a')]);
    await tick();
    const closing = open.close();
    release?.();
    expect(await closing).toEqual({ sent: undefined, fresh: { firstIndex: 1, events: [] } });
  });

  it('waits for that tick only up to a limit', async () => {
    log.fail = () => new Promise(() => undefined);
    const run = new LiveRun('one', 'chat');
    const open = writer.open(run, 0);
    run.append([delta('a')]);
    await tick();
    const closing = open.close();
    await tick(2_000);
    expect(await closing).toMatchObject({ sent: { firstIndex: 0, events: [delta('a')] } });
  });

  it('keeps a failing batch of one run from failing other runs', async () => {
    const runs = ['a', 'b', 'c', 'd', 'e'].map((id) => new LiveRun(id, 'chat'));
    for (const run of runs) {
      writer.open(run, 0);
      run.append([delta(run.id)]);
    }
    log.refused = 'd';
    await tick(2_000);
    expect(log.rows.map(({ runId }) => runId).sort()).toEqual(['a', 'b', 'c', 'e']);
    expect(runs.some((run) => run.signal.aborted)).toBe(false);
    log.refused = undefined;
    await tick();
    expect(log.texts('d')).toEqual(['0:d']);
  });

  it('stops a run that another instance has taken over', async () => {
    const [one, two] = [new LiveRun('one', 'chat'), new LiveRun('two', 'chat')];
    for (const run of [one, two]) {
      writer.open(run, 0);
      run.append([delta('a')]);
    }
    log.foreign.add('one');
    await tick();
    expect([one.stopReason, two.stopReason]).toEqual(['released', undefined]);
    one.append([delta('b')]);
    two.append([delta('b')]);
    await tick();
    expect(log.calls[1]?.map(({ runId }) => runId)).toEqual(['two']);
  });
});

describe('LogCleaner', () => {
  it('deletes in batches until nothing is left, periodically, until it stops', async () => {
    const cleaner = new LogCleaner(log, new Logger('test'));
    log.leftToClear = 3;
    await tick(9 * 60_000);
    expect(log.cleared).toBe(0);
    await tick(2 * 60_000);
    expect(log.cleared).toBe(3);
    await tick(10 * 60_000);
    expect(log.cleared).toBe(4);
    cleaner.stop();
    await tick(60 * 60_000);
    expect([log.cleared, jest.getTimerCount()]).toEqual([4, 0]);
  });
});
