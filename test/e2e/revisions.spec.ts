import { beforeEach, describe, expect, it } from '@jest/globals';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { Chat, type Run } from '../../src/index.js';
import { testTool } from './support/test-tool.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

type Said = { id: string; role: string; status: string; text: string; runId: string | null; supersededAt?: unknown };

const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
const look = testTool('look', () => 'Rain');

describe.each(['in the database', 'in memory'])('A chat %s', (place) => {
  const host = useTestHost([Chat], { tools: [pay, look] });
  let chat: BaseChat<Said>;
  /** The messages of the chat, superseded ones included. */
  let all: () => Promise<readonly Said[]>;
  let live: () => Promise<readonly Said[]>;

  beforeEach(async () => {
    host.sandbox.reset();
    if (place === 'in memory') {
      const talking = host.duo.chat();
      [chat, all, live] = [
        talking,
        () => Promise.resolve(talking.allMessages),
        () => Promise.resolve(talking.messages),
      ];
    } else {
      const stored = await host.chats.create();
      chat = stored;
      all = async () => (await host.chats.messages(stored.id, { include: 'superseded' })).items;
      live = async () => (await host.chats.messages(stored.id)).items;
    }
  });

  const told = async (): Promise<string[]> =>
    (await live()).map(({ role, text }) => (role === 'user' || role === 'system' ? `${role}: ${text}` : role));
  const at = async (place: number): Promise<Said> => (await live()).at(place) as Said;
  async function hangingRun(content: string): Promise<Run<Said>> {
    host.sandbox.fault({ fault: 'stream-stall' });
    const run = await chat.start(content);
    await until(() => host.sandbox.calls.openStreams === 1);
    for await (const event of run.events()) if (event.type === 'text-delta') break;
    return run;
  }

  it('answers the last message of the user again, and keeps the answer before out of its history', async () => {
    await chat.ask('One');
    const before = await chat.ask('Two');
    const after = await chat.regenerate();
    expect(after).toMatchObject({ status: 'complete', text: before.text });
    expect(await told()).toEqual(['user: One', 'assistant', 'user: Two', 'assistant']);
    expect((await live()).at(-1)?.id).toBe(after.id);
    const superseded = (await all()).filter(({ supersededAt }) => supersededAt);
    expect(superseded.map(({ id }) => id)).toEqual([before.id]);
    await chat.ask('Three');
    expect(await told()).toEqual(['user: One', 'assistant', 'user: Two', 'assistant', 'user: Three', 'assistant']);
  });

  it('answers an earlier message again, by its id or by that of any message of its answer', async () => {
    await chat.withTools(look).ask('call look {}');
    await chat.ask('Two');
    const [question, call, result] = await live();
    for (const { id } of [question, call, result] as Said[]) {
      const current = (await live()).find((message) => message.id === id) ?? (await at(1));
      await chat.regenerate(current.id);
      expect(await told()).toEqual(['user: call look {}', 'assistant', 'tool', 'assistant']);
    }
    expect((await live())[0]?.id).toBe(question?.id);
  });

  it('replaces a message of the user and all that came after it, but not instructions', async () => {
    await chat.ask('One');
    await chat.ask('Two');
    await chat.withInstructions('Be brief.').ask('Three');
    const first = await at(2);
    const answer = await chat.edit(first.id, 'Other');
    expect(answer.text).toContain('Other');
    expect(await told()).toEqual(['user: One', 'assistant', 'system: Be brief.', 'user: Other', 'assistant']);
    expect((await all()).filter(({ supersededAt }) => supersededAt)).toHaveLength(4);
  });

  it('refuses messages that are not there, superseded, or of another role', async () => {
    await expect(chat.regenerate()).rejects.toMatchObject({ code: 'validation_failed' });
    await chat.withInstructions('Be brief.').ask('One');
    const [system, question, answer] = (await live()) as [Said, Said, Said];
    await expect(chat.edit(answer.id, 'x')).rejects.toMatchObject({ code: 'wrong_message_role' });
    await expect(chat.regenerate(system.id)).rejects.toMatchObject({ code: 'wrong_message_role' });
    await expect(chat.regenerate('nothing')).rejects.toMatchObject({ code: 'message_not_found' });
    await expect(chat.edit('01a3b2c4-5d6e-7f80-8a9b-0c1d2e3f4a5b', 'x')).rejects.toMatchObject({
      code: 'message_not_found',
    });
    await chat.regenerate(answer.id);
    const refusals = [chat.regenerate(answer.id), chat.edit(answer.id, 'x'), chat.deleteMessage(answer.id)];
    for (const refusal of await Promise.allSettled(refusals)) {
      expect(refusal).toMatchObject({ reason: { code: 'message_not_found' } });
    }
    await expect(chat.edit(question.id, ' ')).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await told()).toEqual(['system: Be brief.', 'user: One', 'assistant']);
    expect((await chat.usage()).attempts).toBe(2);
  });

  it('keeps the question where the new answer fails, so that it can be asked for again', async () => {
    await chat.ask('One');
    host.sandbox.fault({ fault: 'gateway-internal-error' });
    await expect(chat.regenerate()).rejects.toMatchObject({ code: 'upstream_error' });
    expect((await told())[0]).toBe('user: One');
    expect((await live()).filter(({ status }) => status === 'complete')).toHaveLength(1);
    expect((await chat.regenerate()).status).toBe('complete');
    expect(await told()).toEqual(['user: One', 'assistant']);
  });

  it('deletes a message of the user alone, and a round of tools as a whole', async () => {
    await chat.withTools(look).ask('call look {}');
    await chat.ask('Two');
    await chat.deleteMessage((await at(2)).id);
    expect(await told()).toEqual(['user: call look {}', 'assistant', 'user: Two', 'assistant']);
    await chat.deleteMessage((await at(0)).id);
    expect(await told()).toEqual(['assistant', 'user: Two', 'assistant']);
    expect((await chat.ask('Three')).status).toBe('complete');
    for (const { id } of await live()) await chat.deleteMessage(id);
    expect(await live()).toEqual([]);
    expect((await chat.ask('Four')).text).toContain('Four');
    expect(await told()).toEqual(['user: Four', 'assistant']);
  });

  it('is busy for a revision while a run is active, or interrupts it, or lets the revision wait', async () => {
    await chat.ask('One');
    const run = await hangingRun('Two');
    await expect(chat.regenerate()).rejects.toMatchObject({ code: 'chat_busy', runId: run.id });
    await expect(chat.deleteMessage((await at(0)).id)).rejects.toMatchObject({ code: 'chat_busy', runId: run.id });
    const again = await chat.regenerate(null, { whenBusy: 'interrupt' });
    expect(again.text).toContain('Two');
    expect(await run.status()).toBe('cancelled');
    expect(await told()).toEqual(['user: One', 'assistant', 'user: Two', 'assistant']);
    const third = await hangingRun('Three');
    const editing = chat.edit((await at(0)).id, 'Zero', { whenBusy: 'enqueue', idempotencyKey: 'k' });
    await until(async () => (await chat.runs({ status: 'queued' })).items.length === 1);
    await third.cancel();
    expect((await editing).text).toContain('Zero');
    expect(await told()).toEqual(['user: Zero', 'assistant']);
  });

  it('fails a queued revision whose message was superseded meanwhile', async () => {
    await chat.ask('One');
    const first = await at(0);
    const run = await hangingRun('Two');
    const edits = ['A', 'B'].map((content) => chat.edit(first.id, content, { whenBusy: 'enqueue' }));
    const settled = Promise.allSettled(edits);
    await until(async () => (await chat.runs({ status: 'queued' })).items.length === 2);
    await run.cancel();
    const outcomes = (await settled).map((edit) =>
      edit.status === 'fulfilled' ? edit.status : (edit.reason as { code: string }).code,
    );
    expect(outcomes.sort()).toEqual(['fulfilled', 'message_not_found']);
    expect(await told()).toHaveLength(2);
  });

  it('refuses a revision while calls await approval, and denies them to interrupt', async () => {
    await chat.withTools(pay).ask('call pay {}');
    expect(await chat.pendingApprovals()).toHaveLength(1);
    await expect(chat.regenerate()).rejects.toMatchObject({ code: 'pending_tool_calls' });
    await expect(chat.deleteMessage((await at(0)).id)).rejects.toMatchObject({ code: 'pending_tool_calls' });
    await chat.edit((await at(0)).id, 'Hello', { whenBusy: 'interrupt' });
    expect(await chat.pendingApprovals()).toEqual([]);
    expect(await told()).toEqual(['user: Hello', 'assistant']);
  });

  it('leaves the calls of a superseded message', async () => {
    await chat.addMessage({ role: 'user', content: 'call pay {}' });
    await chat.withTools(pay).generate();
    const [pending] = await chat.pendingApprovals();
    await chat.deleteMessage((await at(-1)).id);
    expect(await chat.pendingApprovals()).toEqual([]);
    await expect(chat.approve(pending?.id ?? '')).rejects.toMatchObject({ code: expect.any(String) });
    expect(await told()).toEqual(['user: call pay {}']);
  });

  it('gives the same run to the same revision with one key, and refuses the key for another', async () => {
    await chat.ask('One');
    const question = await at(0);
    const answer = await chat.regenerate(question.id, { idempotencyKey: 'r' });
    expect((await chat.regenerate(question.id, { idempotencyKey: 'r' })).id).toBe(answer.id);
    await expect(chat.regenerate(null, { idempotencyKey: 'r' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    const edited = await chat.edit(question.id, 'Two', { idempotencyKey: 'e' });
    expect((await chat.edit(question.id, 'Two', { idempotencyKey: 'e' })).id).toBe(edited.id);
    await expect(chat.edit(question.id, 'Three', { idempotencyKey: 'e' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect((await chat.regenerate(question.id, { idempotencyKey: 'r' })).id).toBe(answer.id);
    expect(await told()).toEqual(['user: Two', 'assistant']);
  });

  it('lets one of many concurrent edits of a message win', async () => {
    await chat.ask('One');
    await chat.ask('Two');
    const { id } = await at(0);
    const edits = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => chat.edit(id, `Edit ${n}`)));
    const outcomes = edits.map((edit) => (edit.status === 'fulfilled' ? '' : (edit.reason as { code: string }).code));
    expect(outcomes.filter((code) => code === '')).toHaveLength(1);
    for (const code of outcomes) expect(['', 'chat_busy', 'message_not_found']).toContain(code);
    expect(await told()).toHaveLength(2);
  });

  it('makes one of many revisions, asks and deletions at once after the other, each on all before it', async () => {
    for (let round = 0; round < 6; round++) {
      await chat.ask(`Round ${round}`);
      const { id } = await at(-1);
      await Promise.allSettled([
        chat.regenerate(null, { whenBusy: 'enqueue' }),
        chat.ask('Next', { whenBusy: 'enqueue' }),
        chat.deleteMessage(id),
        chat.regenerate(null, { whenBusy: 'enqueue' }),
        chat.ask('Then', { whenBusy: 'enqueue' }),
      ]);
    }
    const roles = (await live()).map(({ role }) => role);
    const wrong = roles.findIndex((role, index) => role === 'assistant' && roles[index + 1] === 'assistant');
    expect(wrong).toBe(-1);
    expect((await live()).at(-1)).toMatchObject({ role: 'assistant', status: 'complete' });
  });
});
