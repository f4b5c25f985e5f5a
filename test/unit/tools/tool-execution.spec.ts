import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { KnownSecrets } from '../../../src/gateway/secret-redactor.js';
import { type FilePart } from '../../../src/messages/part.interface.js';
import { bindTool } from '../../../src/tools/bind-tool.js';
import { type BoundTool } from '../../../src/tools/bound-tool.interface.js';
import { type DuoTool, type ToolContext } from '../../../src/tools/duo-tool.interface.js';
import { toolFiles } from '../../../src/tools/tool-files.js';
import { type ToolOptions } from '../../../src/tools/tool.decorator.js';
import { imagePart } from '../../sample-files.js';

const secrets = new KnownSecrets();
const stray: unknown[] = [];
const keepStray = (reason: unknown) => void stray.push(reason);
const logged: unknown[][] = [];
let run: AbortController;
let progress: unknown[];
let context: ToolContext;

beforeAll(() => {
  secrets.keepAlways('the-secret-of-the-server');
});

beforeEach(() => {
  run = new AbortController();
  progress = [];
  context = {
    chat: { id: 'chat' },
    ownerId: 'ada',
    runId: 'run',
    toolCallId: 'call',
    signal: run.signal,
    emit: (data) => void progress.push(data),
  };
  logged.length = 0;
  Logger.overrideLogger({ log: () => undefined, warn: () => undefined, error: (...line) => void logged.push(line) });
  process.on('unhandledRejection', keepStray);
});

afterEach(async () => {
  await sleep(0);
  process.off('unhandledRejection', keepStray);
  Logger.overrideLogger(false);
  expect(stray).toEqual([]);
  expect(getEventListeners(run.signal, 'abort')).toEqual([]);
});

function bind(execute: DuoTool['execute'], options: Partial<ToolOptions> = {}): BoundTool {
  const defaults = { description: 'x', parameters: z.object({ city: z.string() }) };
  return bindTool('Weather', { ...defaults, ...options }, { execute }, secrets.redact);
}

const throwing = (thrown: unknown) => () => {
  throw thrown as Error;
};

const never = () => new Promise<never>(() => undefined);

describe('A tool call', () => {
  it('receives its context, and answers now or later', async () => {
    const execute = jest.fn((input: unknown, { chat, ownerId, runId, toolCallId }: ToolContext) => [
      input,
      { chat, ownerId, runId, toolCallId },
    ]);
    const { chat, ownerId, runId, toolCallId } = context;
    expect(await bind(execute).execute({ city: 'Rome' }, context)).toEqual({
      content: [{ city: 'Rome' }, { chat, ownerId, runId, toolCallId }],
      isError: false,
    });
    const later = async () => {
      await sleep(5);
      return 'Sunny';
    };
    expect(await bind(later).execute({}, context)).toEqual({ content: 'Sunny', isError: false });
  });

  it('keeps the tool as this', async () => {
    class Counter implements DuoTool {
      private calls = 0;
      execute(): number {
        return ++this.calls;
      }
    }
    const bound = bindTool(
      'Counter',
      { description: 'x', parameters: { type: 'object' } },
      new Counter(),
      secrets.redact,
    );
    await bound.execute({}, context);
    expect(await bound.execute({}, context)).toEqual({ content: 2, isError: false });
  });

  it.each<[string, () => unknown, string]>([
    ['an error', () => Promise.reject(new Error('No such city')), 'No such city'],
    ['an error at once', throwing(new TypeError('Oops')), 'Oops'],
    ['an error that is returned', () => new Error('No such city'), 'No such city'],
    ['text', throwing('No'), 'No'],
    ['nothing', throwing(undefined), 'The tool failed.'],
    ['an object', throwing({ config: { key: 'k' } }), 'The tool failed.'],
    ['a credential', throwing(new Error('401 for glpat-abcdefghijklmnop1234')), '401 for [redacted]'],
    ['a secret of ours', throwing(new Error('got the-secret-of-the-server')), 'got [redacted]'],
    ['what cannot be stored', throwing(new Error('a\0b\ud800')), 'ab\ufffd'],
    [
      'what cannot be read',
      () => Object.defineProperty({}, 'a', { enumerable: true, get: throwing(new Error('No')) }),
      'No',
    ],
  ])('fails and is logged if the tool throws %s', async (_, execute, content) => {
    expect(await bind(execute).execute({}, context)).toEqual({ content, isError: true });
    expect(logged).toEqual([[expect.stringMatching(/^The tool weather failed: /), expect.any(String), 'DuoTools']]);
    expect(JSON.stringify(logged)).not.toMatch(/abcdefghijklmnop|the-secret/);
  });

  it('quotes no stack and no long message', async () => {
    const { content } = await bind(throwing(new Error('x'.repeat(100_000)))).execute({}, context);
    expect((content as string).length).toBeLessThan(600);
    const { content: short } = await bind(throwing(new Error('No'))).execute({}, context);
    expect(short).toBe('No');
    expect(logged[1]?.[1]).toContain('tool-execution.spec');
  });

  it('times out if the tool hangs, and its signal aborts', async () => {
    let signal: AbortSignal | undefined;
    const bound = bind(
      (_, told) => {
        signal = told.signal;
        return never();
      },
      { timeout: 30 },
    );
    expect(await bound.execute({}, context)).toEqual({
      content: 'It did not answer within 0.03 seconds. It may or may not have taken effect.',
      isError: true,
    });
    expect(signal?.aborted).toBe(true);
    expect(run.signal.aborted).toBe(false);
    expect(logged).toHaveLength(1);
  });

  it('ignores a failure or an answer after its time-out', async () => {
    let fail = (_error: Error) => {};
    const late = () => new Promise<never>((_resolve, reject) => (fail = reject));
    expect(await bind(late, { timeout: 10 }).execute({}, context)).toMatchObject({ isError: true });
    fail(new Error('late'));
    await sleep(0);
    expect(logged).toHaveLength(1);
  });

  it('ends immediately with the run', async () => {
    let signal: AbortSignal | undefined;
    const call = bind((_, told) => {
      signal = told.signal;
      return never();
    }).execute({}, context);
    await sleep(5);
    run.abort(new Error('stop'));
    expect(await call).toEqual({
      content: 'The call was cancelled; it may or may not have taken effect.',
      isError: true,
    });
    expect(signal?.reason).toBe(run.signal.reason);
    expect(logged).toEqual([]);
  });

  it('does not start after the run has ended', async () => {
    run.abort();
    const execute = jest.fn();
    expect(await bind(execute).execute({}, context)).toMatchObject({ isError: true });
    expect(execute).not.toHaveBeenCalled();
  });

  it('reports its progress until it ends', async () => {
    let emit: ToolContext['emit'] | undefined;
    const cyclic: Record<string, unknown> = { percent: 50n };
    cyclic.self = cyclic;
    await bind((_, told) => {
      emit = told.emit;
      told.emit({ percent: 10 });
      told.emit(cyclic);
      told.emit(undefined);
    }).execute({}, context);
    emit?.('too late');
    expect(progress).toEqual([{ percent: 10 }, { percent: '50', self: '[the same object again]' }, 'done']);
  });
});

describe('Files in a tool result', () => {
  const png = imagePart([1, 1], 'a.png');

  it('are separated from its content, with only their own fields', async () => {
    const answer = toolFiles({ rows: 3 }, [{ ...png, secret: 'x' } as FilePart]);
    expect(await bind(() => answer).execute({}, context)).toEqual({
      content: { rows: 3 },
      files: [png],
      isError: false,
    });
    expect(await bind(() => toolFiles('none', [])).execute({}, context)).toEqual({ content: 'none', isError: false });
  });

  it.each<[string, Partial<FilePart>, string]>([
    ['of a type that no model reads', { mediaType: 'text/csv' }, 'cannot read'],
    ['that are a data URL', { data: `data:image/png;base64,${png.data}` }, 'not base64'],
    ['that are bytes', { data: '\u0089PNG' }, 'not base64'],
    ['of nothing', { data: '' }, 'has no content'],
    ['of more than 10 MB', { data: `${png.data.slice(0, 64)}${'A'.repeat(14_000_000)}` }, 'larger than 10 MB'],
  ])('are refused before they block the chat: %s', async (_, change, reason) => {
    const outcome = await bind(() => toolFiles('x', [{ ...png, ...change }])).execute({}, context);
    expect(outcome).toEqual({ content: expect.stringContaining(reason), isError: true });
  });
});

describe('Tool input', () => {
  it('is validated first', async () => {
    const bound = bind(() => 'x');
    expect(await bound.validate({ city: 'Rome' })).toEqual({ value: { city: 'Rome' } });
    expect(await bound.validate({})).toEqual({ problem: expect.stringMatching(/^city: /) });
  });

  it.each<[string, () => never | Promise<boolean>]>([
    ['throws', throwing(new Error('database down'))],
    ['hangs', never],
  ])('is refused if its own check %s', async (_, check) => {
    const bound = bind(() => 'x', { parameters: z.object({ city: z.string().refine(check) }), timeout: 30 });
    expect(await bound.validate({ city: 'Rome' })).toEqual({ problem: 'The input could not be checked.' });
    expect(logged).toHaveLength(1);
  });
});

describe('Tool approval', () => {
  it('can depend on the input', async () => {
    const bound = bind(() => 'x', {
      requiresApproval: (input, { ownerId }) => (input as { city: string }).city === 'Rome' && ownerId === 'ada',
    });
    expect(await bound.needsApproval({ city: 'Rome' }, context)).toBe(true);
    expect(await bound.needsApproval({ city: 'Bonn' }, context)).toBe(false);
  });

  it.each<[string, () => never | Promise<boolean>]>([
    ['fails', throwing(new Error('database down'))],
    ['hangs', never],
  ])('is required if requiresApproval %s', async (_, requiresApproval) => {
    const bound = bind(() => 'x', { requiresApproval, timeout: 30 });
    expect(await bound.needsApproval({ city: 'Rome' }, context)).toBe(true);
    expect(logged).toHaveLength(1);
  });
});
