import { describe, expect, it, jest } from '@jest/globals';
import { lockChat } from './support/row-lock.js';
import { type AnswerView } from './support/http-client.js';
import { type ReceivedEvent } from './support/event-reader.js';
import { until } from './support/until.js';
import { owner, pieces, useKilledServer } from './support/use-killed-server.js';

jest.setTimeout(120_000);

const ANSWER = expect.stringContaining('Turn 2. You said: "Second"');

describe('A server that is killed, next to one that lives', () => {
  const killed = useKilledServer();

  describe('before it sends the begin of a run', () => {
    it('has stored nothing', async () => {
      const { chatId, first } = await killed.answeredChat();
      const held = killed.proxy.holdRequest(chatId);
      const asking = killed.doomedAsk(chatId);
      await held;
      await killed.server.kill();
      await asking;
      const items = await killed.expectSound(chatId, first);
      expect(items.map(({ text }) => text)).not.toContain('Second');
      expect((await killed.rows.runs(chatId)).map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'succeeded']);
    });
  });

  describe('after the begin of a run', () => {
    /** The question has its answer, and the next one too. */
    async function expectAnswered(chatId: string, first: AnswerView): Promise<void> {
      await killed.untilLastRun(chatId, 'completed');
      const items = await killed.expectSound(chatId, first);
      expect(items.map(({ role, text }) => [role, text]).slice(2, 5)).toEqual([
        ['user', 'Second'],
        ['assistant', ANSWER],
        ['user', 'And now?'],
      ]);
      expect((await killed.rows.runs(chatId))[1]).toMatchObject({ status: 'completed', fence: 1, code: null });
      expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded', 'succeeded']);
    }

    it('leaves a run that is answered, if it waited for the row of the chat', async () => {
      const { chatId, first } = await killed.answeredChat();
      const unlock = await lockChat(killed.shared.url, chatId);
      const asking = killed.doomedAsk(chatId);
      await until(() => killed.rows.isSomebodyWaiting());
      await killed.server.kill();
      await asking;
      await unlock();
      await until(async () => (await killed.rows.runs(chatId)).length === 2);
      await expectAnswered(chatId, first);
    });

    it('leaves a run that is answered, if the reply never came', async () => {
      const { chatId, first } = await killed.answeredChat();
      const held = killed.proxy.holdReply(chatId);
      const asking = killed.doomedAsk(chatId);
      await held;
      await killed.untilLastRun(chatId, 'running');
      await killed.server.kill();
      await asking;
      await expectAnswered(chatId, first);
    });

    it('leaves a run that is answered, before the first event', async () => {
      const { chatId, first } = await killed.answeredChat();
      killed.sandbox.reset();
      killed.sandbox.fault({ fault: 'gateway-hang' });
      const asking = killed.doomedAsk(chatId);
      await until(() => killed.sandbox.calls.requests['anthropic-messages'] === 1);
      await killed.server.kill();
      await asking;
      await expectAnswered(chatId, first);
    });
  });

  describe('while it answers', () => {
    it('leaves a run that is answered again, while the next ask finds the chat busy', async () => {
      const { chatId, first } = await killed.answeredChat();
      const said = await killed.killMidStream(chatId);
      await expect(killed.chats.ref(chatId, owner).ask('Third')).rejects.toMatchObject({ code: 'chat_busy' });
      await killed.untilLastRun(chatId, 'completed');
      const items = await killed.expectSound(chatId, first);
      const { id } = (await killed.rows.runs(chatId))[1] as { id: string };
      expect(items[3]).toMatchObject({ status: 'interrupted', text: said, runId: id, supersededBy: id });
      expect(items[4]).toMatchObject({ status: 'complete', text: ANSWER, runId: id, supersededBy: null });
      expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded', 'succeeded']);
    });

    it('leaves only the text after the last reset, and a row for each attempt', async () => {
      const { chatId, first } = await killed.answeredChat();
      killed.sandbox.fault({ fault: 'stream-error', afterChunks: 4 });
      killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 2 });
      const { events } = await killed.followedAsk(chatId);
      const { id } = await killed.lastRun(chatId);
      const isReset = ({ type }: ReceivedEvent): boolean => type === 'reset';
      await until(() => events.some(isReset) && pieces(events.slice(events.findIndex(isReset))).length === 2);
      const said = pieces(events.slice(events.findIndex(isReset))).join('');
      await until(async () => (await killed.rows.loggedText(id)) === pieces(events).join(''));
      await killed.server.kill();
      await killed.untilLastRun(chatId, 'completed');
      expect((await killed.expectSound(chatId, first))[3]).toMatchObject({ status: 'interrupted', text: said });
      expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'unknown', 'succeeded', 'succeeded']);
    });

    it('leaves a run that ends as cancelled if it was cancelled meanwhile, with its text', async () => {
      const { chatId, first } = await killed.answeredChat();
      killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
      const { pieces } = await killed.followedAsk(chatId);
      const { id } = await killed.lastRun(chatId);
      await until(async () => pieces().length === 5 && (await killed.rows.loggedText(id)) === pieces().join(''));
      killed.server.freeze();
      const cancelling = killed.chats.ref(chatId, owner).cancel();
      await until(() => killed.rows.isCancelRequested(id));
      await killed.server.kill();
      await cancelling;
      await killed.untilLastRun(chatId, 'cancelled');
      const items = await killed.expectSound(chatId, first);
      expect(items[3]).toMatchObject({ status: 'cancelled', text: pieces().join(''), supersededBy: null });
      expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded']);
      expect((await killed.rows.log(id)).slice(-4)).toMatchObject([
        [1_000_000, { type: 'reset', messageId: items[3]?.id }],
        [1_000_001, { type: 'text-delta', text: pieces().join('') }],
        [1_000_002, { type: 'message-end', message: { id: items[3]?.id, status: 'cancelled' } }],
        [1_000_003, { type: 'run-end', status: 'cancelled' }],
      ]);
    });
  });

  describe('with the complete answer', () => {
    it('leaves a run that is answered again if its finish was not sent', async () => {
      const { chatId, first } = await killed.answeredChat();
      killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 3, delayMs: 4_000 });
      const held = killed.proxy.holdRequest('"run-end"');
      const { events } = await killed.followedAsk(chatId);
      await held;
      await killed.server.kill();
      const text = pieces(events).join('');
      expect(text).toEqual(ANSWER);
      const logged = await killed.rows.loggedText((await killed.lastRun(chatId)).id);
      expect(logged).not.toBe('');
      expect(text.startsWith(logged)).toBe(true);
      await killed.untilLastRun(chatId, 'completed');
      const items = await killed.expectSound(chatId, first);
      expect(items.slice(3, 5)).toMatchObject([
        { status: 'interrupted', text: logged },
        { status: 'complete', text: ANSWER },
      ]);
      expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded', 'succeeded']);
    });

    async function expectComplete(chatId: string, first: AnswerView): Promise<void> {
      const items = await killed.expectSound(chatId, first);
      expect(items[3]).toMatchObject({ status: 'complete', text: ANSWER });
      const runs = (await killed.rows.runs(chatId)) as { id: string; status: string; fence: number }[];
      expect(runs).toMatchObject(Array.from({ length: 3 }, () => ({ status: 'completed', fence: 0 })));
      expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      expect((await killed.rows.log(runs[1]?.id ?? '')).slice(-2)).toMatchObject([
        [expect.any(Number), { type: 'message-end', message: { id: items[3]?.id, seq: 3 } }],
        [expect.any(Number), { type: 'run-end', status: 'completed' }],
      ]);
    }

    it('keeps the answer if its finish waited for the row of the chat', async () => {
      const { chatId, first } = await killed.answeredChat();
      killed.sandbox.reset();
      killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 3, delayMs: 5_000 });
      const asking = killed.doomedAsk(chatId);
      await until(() => killed.sandbox.calls.requests['anthropic-messages'] === 1);
      const unlock = await lockChat(killed.shared.url, chatId);
      await until(() => killed.rows.isSomebodyWaiting());
      await killed.server.kill();
      await asking;
      await unlock();
      await killed.untilLastRun(chatId, 'completed');
      await expectComplete(chatId, first);
    });

    it('keeps the answer and frees the chat at once if the reply to its finish never came', async () => {
      const { chatId, first } = await killed.answeredChat();
      const held = killed.proxy.holdReply('"run-end"');
      const asking = killed.doomedAsk(chatId);
      await held;
      await killed.untilLastRun(chatId, 'completed');
      await killed.server.kill();
      await asking;
      await expectComplete(chatId, first);
    });
  });

  it('keeps its run if it only slept with its session open, for longer than the others wait', async () => {
    const { chatId, first } = await killed.answeredChat();
    killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 5, delayMs: 3_000 });
    const { events } = await killed.followedAsk(chatId);
    await until(() => pieces(events).length === 5);
    killed.server.freeze();
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(await killed.lastRun(chatId)).toMatchObject({ status: 'running', fence: 0 });
    killed.server.wake();
    await until(() => events.at(-1)?.type === 'run-end');
    expect(events.at(-1)?.data).toMatchObject({ status: 'completed' });
    expect((await killed.expectSound(chatId, first))[3]).toMatchObject({ status: 'complete', text: ANSWER });
    expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('cannot store its answer if it slept until its lease was over', async () => {
    const { chatId, first } = await killed.answeredChat();
    killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 5, delayMs: 8_000 });
    const { events } = await killed.followedAsk(chatId);
    const { id } = await killed.lastRun(chatId);
    await until(
      async () => pieces(events).length === 5 && (await killed.rows.loggedText(id)) === pieces(events).join(''),
    );
    killed.server.freeze();
    const said = pieces(events).join('');
    await killed.rows.expireLease(chatId);
    await killed.untilLastRun(chatId, 'completed');
    await killed.expectSound(chatId, first);
    const log = await killed.rows.log(id);
    killed.server.wake();
    // Its upstream request is closed, and the reader is sent away.
    await until(() => killed.sandbox.calls.openStreams === 0);
    await until(async () => !(await killed.rows.attempts(chatId)).includes('pending'));
    expect(events.map(({ type }) => type)).not.toContain('run-end');
    expect((await killed.expectSound(chatId, first))[3]).toMatchObject({ status: 'interrupted', text: said });
    expect(await killed.rows.log(id)).toEqual(log);
  });
});
