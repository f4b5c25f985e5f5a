import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { childEnvironment } from '../child-environment.js';
import { compiledProgram } from '../compiled-program.js';
import { type Recovery } from '../../src/config/gitlab-duo-options.interface.js';
import { Chat, DuoChatService } from '../../src/index.js';
import { type ToolResultPart } from '../../src/messages/part.interface.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { testTool } from './support/test-tool.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

const UNSURE = expect.stringContaining('may or may not have taken effect');

/** The same many times. */
const times = <T>(length: number, item: T): T[] => Array.from({ length }, () => item);

/** A host that survives processes which a test kills while their tools run. */
class ToolSurvivor {
  shared!: TestDatabase;
  host!: TestHost;
  rows!: RunRows;
  child: ChildProcess | undefined;
  /** What the survivor has run: the tool and the id of the call. */
  readonly ran: [name: string, callId: string][] = [];

  constructor(private readonly recovery: Recovery) {}

  get chats(): DuoChatService<Chat> {
    return this.host.app.get(DuoChatService);
  }

  async start(): Promise<void> {
    const { recovery } = this;
    this.shared = await createTestDatabase();
    const tools = ['quick', 'slow', 'again', 'pay'].map((name) =>
      testTool(name, (_input, { toolCallId: callId }) => {
        this.ran.push([name, callId]);
        return `Survived ${name}`;
      }),
    );
    this.host = await startTestHost([Chat], { database: this.shared, tools, gitlab: { recovery } });
    this.rows = new RunRows(this.host.database);
  }

  callsOf(chatId: string): Promise<{ id: string; name: string; status: string }[]> {
    return this.host.database.query(
      `SELECT c.id, c.name, c.status FROM duo_tool_calls c JOIN duo_runs r ON r.id = c.run_id
        WHERE r.chat_id = $1 ORDER BY c.ordinal`,
      [chatId],
    );
  }

  async statusesOf(chatId: string): Promise<string[]> {
    return (await this.callsOf(chatId)).map(({ status }) => status);
  }

  /**
   * Lets a process of its own ask for these calls, or continue those of a chat, kills it once they stand as they should, and
   * waits until its run is settled.
   */
  async killedWhile(content: string, statuses: string[], end: string, ...known: string[]): Promise<string> {
    const program = await compiledProgram('test/e2e/support/tool-process.ts');
    const { shared, host, recovery } = this;
    this.child = fork(program, [shared.url, host.sandbox.url, recovery, content, ...known], {
      execArgv: [],
      env: childEnvironment(),
    });
    const [chatId] = (await once(this.child, 'message')) as [string];
    const exited = once(this.child, 'exit');
    await until(async () => (await this.statusesOf(chatId)).join() === statuses.join());
    this.child.kill('SIGKILL');
    await exited;
    await until(async () => (await this.rows.runs(chatId)).at(-1)?.status === end);
    return chatId;
  }

  async resultsOf(chatId: string): Promise<ToolResultPart[]> {
    const { items } = await this.chats.messages(chatId);
    return items.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-result'));
  }

  async lastText(chatId: string): Promise<string | undefined> {
    return (await this.chats.messages(chatId)).items.at(-1)?.text;
  }
}

function useToolSurvivor(recovery: Recovery): ToolSurvivor {
  const survivor = new ToolSurvivor(recovery);
  beforeAll(() => survivor.start());
  afterAll(async () => {
    await survivor.host.close();
    await survivor.shared.drop();
  });
  beforeEach(() => {
    survivor.ran.length = 0;
  });
  afterEach(() => void survivor.child?.kill('SIGKILL'));
  return survivor;
}

describe('A run whose server is killed while tools run', () => {
  const survivor = useToolSurvivor('takeover');

  it('continues with the results that are stored, repeats the call that may run again, and reports the other one', async () => {
    const content = 'call quick {}\ncall slow {}\ncall again {}';
    const chatId = await survivor.killedWhile(content, ['succeeded', 'running', 'running'], 'completed');
    const [, , again] = await survivor.callsOf(chatId);
    expect(survivor.ran).toEqual([['again', again?.id]]);
    expect(await survivor.lastText(chatId)).toMatch(
      /The tools said: "Quick", ".*may or may not have taken effect.*", "Survived again"/,
    );
    expect(await survivor.resultsOf(chatId)).toMatchObject([
      { name: 'quick', content: 'Quick', isError: false },
      { name: 'slow', content: UNSURE, isError: true },
      { name: 'again', content: 'Survived again', isError: false },
    ]);
    expect(await survivor.statusesOf(chatId)).toEqual(['succeeded', 'failed', 'succeeded']);
    const [run, ...others] = (await survivor.rows.runs(chatId)) as { id: string }[];
    expect([run, others]).toMatchObject([{ status: 'completed', fence: 1 }, []]);
    expect(await survivor.rows.attempts(chatId)).toEqual(['succeeded', 'succeeded']);
    const log = (await survivor.rows.log(run?.id ?? '')).map(([, { type }]) => type);
    expect(log.filter((type) => type === 'tool-result')).toHaveLength(3);
    expect(log.filter((type) => type === 'message-end')).toHaveLength(2);
    expect(log).not.toContain('reset');
    expect((await survivor.chats.ref(chatId).ask('And now?')).text).toContain('Turn 2');
  });

  it('runs exactly the calls that had not started', async () => {
    const content = ['call quick {}', ...times(11, 'call slow {}')].join('\n');
    const statuses = ['succeeded', ...times(8, 'running'), ...times(3, 'pending')];
    const chatId = await survivor.killedWhile(content, statuses, 'completed');
    const waiting = (await survivor.callsOf(chatId)).slice(-3);
    expect(survivor.ran.toSorted()).toEqual(waiting.map(({ id }) => ['slow', id]).toSorted());
    const results = await survivor.resultsOf(chatId);
    expect(results.filter(({ content }) => content === 'Survived slow')).toHaveLength(3);
    expect(results.filter(({ isError }) => isError)).toMatchObject(times(8, { content: UNSURE }));
    expect(results).toHaveLength(12);
    const { items } = await survivor.chats.messages(chatId);
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_message, seq) => seq));
  });

  it('waits for the approval of a call, and runs no other once that is approved', async () => {
    const content = 'call quick {}\ncall slow {}\ncall pay {}';
    const chatId = await survivor.killedWhile(content, ['succeeded', 'running', 'pending'], 'awaiting_approval');
    await expect(survivor.chats.ref(chatId).complete()).rejects.toMatchObject({ code: 'pending_tool_calls' });
    const [pending, ...others] = await survivor.chats.ref(chatId).pendingApprovals();
    expect([pending?.name, others]).toEqual(['pay', []]);
    await survivor.chats.ref(chatId).approve(pending?.id ?? '');
    const answer = await survivor.chats.ref(chatId).complete();
    expect(survivor.ran).toEqual([['pay', pending?.id]]);
    expect(answer.text).toMatch(/The tools said: "Quick", ".*may or may not have taken effect.*", "Survived pay"/);
    expect(await survivor.statusesOf(chatId)).toEqual(['succeeded', 'failed', 'succeeded']);
    expect((await survivor.rows.runs(chatId)).map(({ status }) => status)).toEqual(['completed']);
  });
});

describe("A run whose server is killed while tools run, with recovery: 'interrupt'", () => {
  const survivor = useToolSurvivor('interrupt');

  it('leaves the calls that may run to the next completion', async () => {
    const content = 'call quick {}\ncall slow {}\ncall again {}';
    const chatId = await survivor.killedWhile(content, ['succeeded', 'running', 'running'], 'interrupted');
    const [, , again] = await survivor.callsOf(chatId);
    expect(survivor.ran).toEqual([]);
    const answer = await survivor.chats.ref(chatId).complete();
    expect(survivor.ran).toEqual([['again', again?.id]]);
    expect(answer.text).toMatch(/The tools said: "Quick", ".*may or may not have taken effect.*", "Survived again"/);
    expect((await survivor.rows.runs(chatId)).map(({ status }) => status)).toEqual(['interrupted', 'completed']);
    expect(await survivor.rows.attempts(chatId)).toEqual(['succeeded', 'succeeded']);
  });

  it('reports that a call may have taken effect also if another run had stored it', async () => {
    const content = ['call quick {}', ...times(9, 'call slow {}')].join('\n');
    const before = ['succeeded', ...times(8, 'running'), 'pending'];
    const chatId = await survivor.killedWhile(content, before, 'interrupted');
    const after = ['succeeded', ...times(8, 'failed'), 'running'];
    await survivor.killedWhile('', after, 'interrupted', chatId);
    await survivor.chats.ref(chatId).complete();
    expect(survivor.ran).toEqual([]);
    const [, ...slow] = await survivor.resultsOf(chatId);
    expect(slow).toMatchObject(times(9, { content: UNSURE }));
  });

  it('accepts the next ask, which abandons the calls', async () => {
    const chatId = await survivor.killedWhile('call slow {}\ncall again {}', ['running', 'running'], 'interrupted');
    expect((await survivor.chats.ref(chatId).ask('Never mind')).text).toContain('Turn 2');
    expect(survivor.ran).toEqual([]);
  });
});
