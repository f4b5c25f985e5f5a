import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type UIMessage } from 'ai';
import { Chat } from '../../src/index.js';
import { type UiMessage } from '../../src/ui/index.js';
import { comparableMessages } from './support/comparable-messages.js';
import { PLATFORMS } from './support/test-server.js';
import { testTool } from './support/test-tool.js';
import { textOf, UI_SDKS, uiClient } from './support/ui-client.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

const tools = [
  testTool('look', () => ({ seen: 'A cat' })),
  testTool('fail', () => {
    throw new Error('The camera is off');
  }),
  testTool('pay', () => 'Paid', { requiresApproval: true }),
];

describe.each(PLATFORMS)('The routes for useChat on %s', (platform) => {
  const server = useTestServer({ platform, tools, chunkDelayMs: 1 });

  beforeEach(() => {
    server.sandbox.reset();
  });

  describe.each(UI_SDKS)('with AI SDK $name', (how) => {
    const open = (id: string = randomUUID(), more: Partial<Parameters<typeof uiClient>[1]> = {}) =>
      uiClient(how, { api: `${server.url}/api/chat`, id, ...more });
    const stored = async (id: string): Promise<UiMessage[]> => {
      const headers = how.version ? { 'x-ui-version': String(how.version) } : undefined;
      const response = await fetch(`${server.url}/api/chat/${id}/messages`, { headers });
      return (await response.json()) as UiMessage[];
    };
    /** A chat that has tools, or that thinks, before its first message. */
    const prepared = async (settings: Partial<Chat>): Promise<string> => {
      const id = randomUUID();
      const chat = await server.chats.create({ externalId: id, ownerId: 'local' });
      await server.database.getRepository(Chat).save(Object.assign(chat, settings));
      return id;
    };
    const knowsApprovals = !how.name.startsWith('5');

    it('answers, under the id that the client gave the chat, and shows the same after a reload', async () => {
      const id = `chat-${randomUUID()}`;
      const chat = open(id);
      await chat.sendMessage({ text: 'Hello' });
      expect([chat.error, chat.status]).toEqual([undefined, 'ready']);
      expect(textOf(chat.messages[1])).toMatch(/^Turn 1\. You said: "Hello"/);
      await chat.sendMessage({ text: 'Again' });
      expect(textOf(chat.messages[3])).toMatch(/^Turn 2/);
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(chat.messages));
      expect(chat.messages[3]).toMatchObject({
        metadata: { runId: expect.any(String), model: 'duo-chat-sonnet-4-6', finishReason: 'stop' },
      });
    });

    it('shows reasoning, calls and what became of them', async () => {
      const id = await prepared({ tools: ['look', 'fail'], params: { thinking: { effort: 'high' } } });
      const chat = open(id);
      await chat.sendMessage({ text: 'Look\ncall look {"at":"it"}\ncall fail {}' });
      expect(chat.error).toBeUndefined();
      const parts = chat.messages[1]?.parts ?? [];
      expect(parts.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['step-start', 'reasoning', 'text', 'tool-look', 'tool-fail']),
      );
      expect(parts.find(({ type }) => type === 'tool-look')).toMatchObject({
        state: 'output-available',
        input: { at: 'it' },
        output: { seen: 'A cat' },
      });
      expect(parts.find(({ type }) => type === 'tool-fail')).toMatchObject({ state: 'output-error' });
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(chat.messages));
    });

    it.each([true, false])('lets a person decide on a call (%s)', async (approved) => {
      const id = await prepared({ tools: ['pay'] });
      const chat = open(id);
      await chat.sendMessage({ text: 'call pay {"amount":5}' });
      const call = () => chat.messages[1]?.parts.find(({ type }) => type === 'tool-pay') as Record<string, unknown>;
      expect(chat.messages[1]?.metadata).toMatchObject({ finishReason: 'tool-calls' });
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(chat.messages));
      if (!knowsApprovals) {
        expect(call()).toMatchObject({ state: 'input-available' });
        return;
      }
      expect(call()).toMatchObject({ state: 'approval-requested', approval: { id: expect.any(String) } });
      const { approval } = call() as { approval: { id: string } };
      await chat.addToolApprovalResponse({ id: approval.id, approved, ...(!approved && { reason: 'Too much' }) });
      await until(() => chat.status === 'ready' && textOf(chat.messages[1]).includes('The tools said'));
      expect(chat.messages).toHaveLength(2);
      expect(call()).toMatchObject(
        approved
          ? { state: 'output-available', output: 'Paid', approval: { approved } }
          : { state: 'output-denied', approval: { approved, reason: 'Too much' } },
      );
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(chat.messages));
    });

    it('continues an answer on another page, and after a lost connection', async () => {
      const id = randomUUID();
      const leaving = new AbortController();
      const cut = open(id, { fetch: (url, init) => fetch(url, { ...init, signal: leaving.signal }) });
      const sending = cut.sendMessage({ text: 'Tell me a story' });
      await until(() => textOf(cut.messages[1]).length > 100);
      leaving.abort();
      await sending;
      const before = await stored(id);
      expect(before).toMatchObject([{ role: 'user' }]);
      const other = open(id, { messages: before as UIMessage[] });
      await other.resumeStream();
      expect(other.error).toBeUndefined();
      expect(other.messages).toHaveLength(2);
      expect(other.messages[1]?.id).toBe(cut.messages[1]?.id);
      expect(textOf(other.messages[1]).startsWith(textOf(cut.messages[1]))).toBe(true);
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(other.messages));
    });

    it('resumes nothing where nothing runs, and in a chat that does not exist yet', async () => {
      const chat = open();
      await chat.resumeStream();
      expect([chat.error, chat.messages]).toEqual([undefined, []]);
      await chat.sendMessage({ text: 'Hello' });
      const { messages } = chat;
      await chat.resumeStream();
      expect([chat.error, chat.messages]).toEqual([undefined, messages]);
    });

    it('stops an answer by the route, and keeps its text', async () => {
      const id = randomUUID();
      const chat = open(id);
      const sending = chat.sendMessage({ text: 'Tell me a story' });
      await until(() => textOf(chat.messages[1]).length > 100);
      const stop = (body: object) =>
        fetch(`${server.url}/api/chat/${id}/stop`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      const stale = await stop({ activeStreamId: randomUUID() });
      expect([stale.status, await stale.json()]).toEqual([200, { success: true }]);
      await sleep(50);
      expect(chat.status).toBe('streaming');
      const { runId } = chat.messages[1]?.metadata as { runId: string };
      await stop({ activeStreamId: runId });
      await sending;
      expect([chat.error, chat.status]).toEqual([undefined, 'ready']);
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(chat.messages));
      expect((await stop({})).status).toBe(200);
      await chat.sendMessage({ text: 'Go on' });
      expect(textOf(chat.messages[3])).toMatch(/^Turn 2/);
    });

    it('says what is wrong in error.message, before the answer and within it', async () => {
      const early = open();
      server.sandbox.fault({ fault: 'gateway-overloaded' });
      await early.sendMessage({ text: 'Hello' });
      expect([early.status, early.error?.message]).toEqual(['error', expect.stringMatching(/^[A-Z][^{}]+\.$/)]);
      const late = open();
      server.sandbox.fault({ fault: 'stream-cut' });
      await late.sendMessage({ text: 'Hello there' });
      expect([late.status, late.error?.message]).toEqual(['error', expect.stringMatching(/^[A-Z][^{}]+\.$/)]);
    });

    it('edits a question and asks again for an answer, and keeps what is said now', async () => {
      const id = randomUUID();
      const chat = open(id);
      await chat.sendMessage({ text: 'One' });
      await chat.sendMessage({ text: 'Two' });
      const [question, first] = chat.messages;
      await chat.sendMessage({ text: 'Three', messageId: question?.id ?? '' });
      expect(chat.error).toBeUndefined();
      expect(chat.messages.map(textOf)).toEqual(['Three', expect.stringMatching(/^Turn 1\. You said: "Three"/)]);
      expect(chat.messages[1]?.id).not.toBe(first?.id);
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(chat.messages));
      const edited = chat.messages[1]?.id;
      await chat.regenerate();
      expect(chat.error).toBeUndefined();
      expect(chat.messages).toHaveLength(2);
      expect(chat.messages[1]?.id).not.toBe(edited);
      expect(comparableMessages(await stored(id))).toEqual(comparableMessages(chat.messages));
    });
  });
});
