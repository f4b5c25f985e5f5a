import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { childEnvironment } from '../child-environment.js';
import { compiledProgram } from '../compiled-program.js';
import { Chat, DuoChatService } from '../../src/index.js';
import { type ToolResultPart } from '../../src/messages/part.interface.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { testTool } from './support/test-tool.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

describe('A server that is killed while tools run', () => {
  let shared: TestDatabase;
  let survivor: TestHost;
  let chats: DuoChatService<Chat>;
  let rows: RunRows;
  let child: ChildProcess | undefined;
  /** What the survivor has run: the tool and the id of the call. */
  const ran: [name: string, callId: string][] = [];

  beforeAll(async () => {
    shared = await createTestDatabase();
    const tools = ['quick', 'slow', 'again', 'pay'].map((name) =>
      testTool(name, (_input, { toolCallId: callId }) => {
        ran.push([name, callId]);
        return `Survived ${name}`;
      }),
    );
    survivor = await startTestHost([Chat], { database: shared, tools });
    chats = survivor.app.get(DuoChatService);
    rows = new RunRows(survivor.database);
  });
  afterAll(async () => {
    await survivor.close();
    await shared.drop();
  });
  beforeEach(() => {
    ran.length = 0;
  });
  afterEach(() => void child?.kill('SIGKILL'));

  const callsOf = (chatId: string): Promise<{ id: string; name: string; status: string }[]> =>
    survivor.database.query(
      `SELECT c.id, c.name, c.status FROM duo_tool_calls c JOIN duo_runs r ON r.id = c.run_id
        WHERE r.chat_id = $1 ORDER BY c.ordinal`,
      [chatId],
    );

  /** Lets a process of its own ask for these calls, or go on with those of a chat, and kills it once they stand as they should. */
  async function killedWhile(content: string, statuses: string[], ...known: string[]): Promise<string> {
    child = fork(
      await compiledProgram('test/e2e/support/tool-process.ts'),
      [shared.url, survivor.sandbox.url, content, ...known],
      {
        execArgv: [],
        env: childEnvironment(),
      },
    );
    const [chatId] = (await once(child, 'message')) as [string];
    const exited = once(child, 'exit');
    await until(async () => (await callsOf(chatId)).map(({ status }) => status).join() === statuses.join());
    child.kill('SIGKILL');
    await exited;
    await rows.expireLease(chatId);
    return chatId;
  }

  const resultsOf = async (chatId: string): Promise<ToolResultPart[]> =>
    (await chats.messages(chatId)).items.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-result'));

  it('reports that the started call may have taken effect, and runs the one that may run again', async () => {
    const chatId = await killedWhile('call quick {}\ncall slow {}\ncall again {}', ['succeeded', 'running', 'running']);
    const [, , again] = await callsOf(chatId);
    const answer = await chats.ref(chatId).complete();
    expect(ran).toEqual([['again', again?.id]]);
    expect(answer.text).toMatch(/The tools said: "Quick", ".*may or may not have taken effect.*", "Survived again"/);
    expect(await resultsOf(chatId)).toMatchObject([
      { name: 'quick', content: 'Quick', isError: false },
      { name: 'slow', content: expect.stringContaining('may or may not have taken effect'), isError: true },
      { name: 'again', content: 'Survived again', isError: false },
    ]);
    expect((await callsOf(chatId)).map(({ status }) => status)).toEqual(['succeeded', 'failed', 'succeeded']);
    expect((await rows.runs(chatId)).map(({ status }) => status)).toEqual(['interrupted', 'completed']);
    expect(await rows.attempts(chatId)).toEqual(['succeeded', 'succeeded']);
    expect((await chats.ref(chatId).ask('And now?')).text).toContain('Turn 2');
  });

  it('runs exactly the calls that had not started with the next completion', async () => {
    const lines = ['call quick {}', ...Array.from({ length: 11 }, () => 'call slow {}')];
    const started = Array.from({ length: 8 }, () => 'running');
    const left = Array.from({ length: 3 }, () => 'pending');
    const chatId = await killedWhile(lines.join('\n'), ['succeeded', ...started, ...left]);
    const waiting = (await callsOf(chatId)).slice(-3);
    await chats.ref(chatId).complete();
    expect(ran.toSorted()).toEqual(waiting.map(({ id }) => ['slow', id]).toSorted());
    const results = await resultsOf(chatId);
    expect(results.filter(({ content }) => content === 'Survived slow')).toHaveLength(3);
    const cut = results.filter(({ isError }) => isError);
    const unsure = { content: expect.stringContaining('may or may not have taken effect') };
    expect(cut).toMatchObject(Array.from({ length: 8 }, () => unsure));
    expect(results).toHaveLength(12);
    const { items } = await chats.messages(chatId);
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_message, seq) => seq));
  });

  it('reports it also if another run had stored the call', async () => {
    const lines = ['call quick {}', ...Array.from({ length: 9 }, () => 'call slow {}')];
    const eight = (status: string) => Array.from({ length: 8 }, () => status);
    const chatId = await killedWhile(lines.join('\n'), ['succeeded', ...eight('running'), 'pending']);
    await killedWhile('', ['succeeded', ...eight('failed'), 'running'], chatId);
    await chats.ref(chatId).complete();
    expect(ran).toEqual([]);
    const [, ...slow] = await resultsOf(chatId);
    const unsure = { content: expect.stringContaining('may or may not have taken effect') };
    expect(slow).toMatchObject(Array.from({ length: 9 }, () => unsure));
  });

  it('runs the one of three that waited for approval once it is approved, and no other', async () => {
    const chatId = await killedWhile('call quick {}\ncall slow {}\ncall pay {}', ['succeeded', 'running', 'pending']);
    await expect(chats.ref(chatId).complete()).rejects.toMatchObject({ code: 'pending_tool_calls' });
    const [pending, ...others] = await chats.ref(chatId).pendingApprovals();
    expect([pending?.name, others]).toEqual(['pay', []]);
    await chats.ref(chatId).approve(pending?.id ?? '');
    const answer = await chats.ref(chatId).complete();
    expect(ran).toEqual([['pay', pending?.id]]);
    expect(answer.text).toMatch(/The tools said: "Quick", ".*may or may not have taken effect.*", "Survived pay"/);
    expect((await callsOf(chatId)).map(({ status }) => status)).toEqual(['succeeded', 'failed', 'succeeded']);
    expect((await chats.ref(chatId).ask('And now?')).text).toContain('Turn 2');
  });

  it('accepts the next ask, which abandons the calls', async () => {
    const chatId = await killedWhile('call slow {}\ncall again {}', ['running', 'running']);
    expect((await chats.ref(chatId).ask('Never mind')).text).toContain('Turn 2');
    expect(ran).toEqual([]);
  });
});
