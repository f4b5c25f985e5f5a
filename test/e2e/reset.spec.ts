import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DuoAttempt } from '../../src/chats/entities/duo-attempt.entity.js';
import { type Chat } from '../../src/chats/chat.entity.js';
import { DuoChatService } from '../../src/chats/duo-chat.service.js';
import { type AnswerChunk } from '../../src/conversation/ask-options.interface.js';
import { HttpClient } from './support/http-client.js';
import { useTestServer } from './support/use-test-host.js';

const server = useTestServer({ tries: 3 });
let http: HttpClient;

beforeAll(() => {
  http = new HttpClient(server.url);
});
beforeEach(() => {
  server.sandbox.reset();
});

const attempts = (chatId: string) =>
  server.database.getRepository(DuoAttempt).find({ where: { chatId }, order: { number: 'ASC' } });

describe('An answer that breaks off', () => {
  it('starts over for its followers, and the ledger has a row for each attempt', async () => {
    const chatId = await http.createChat();
    server.sandbox.fault({ fault: 'stream-error' });
    const events = await http.events(chatId, 'Hello');
    const reset = events.findIndex(({ type }) => type === 'reset');
    const begun = events.find(({ type }) => type === 'message-start');
    expect(events[reset]?.data).toEqual({ messageId: begun?.data.messageId, reason: 'upstream_overloaded' });
    expect(events.slice(0, reset).some(({ type }) => type === 'text-delta')).toBe(true);
    const text = events
      .slice(reset)
      .map(({ type, data }) => (type === 'text-delta' ? data.text : ''))
      .join('');
    expect(text).toContain('Hello');
    const end = events.find(({ type }) => type === 'message-end');
    expect(end?.data.message).toMatchObject({ status: 'complete', text });
    expect(events.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'completed' } });
    expect((await http.messages(chatId)).map((message) => message.role)).toEqual(['user', 'assistant']);
    expect(await attempts(chatId)).toMatchObject([
      { number: 1, status: 'unknown', errorCode: 'upstream_overloaded' },
      { number: 2, status: 'succeeded', errorCode: null },
    ]);
  });

  it('is complete for callers that wait', async () => {
    const chatId = await http.createChat();
    const plain = await http.ask(await http.createChat(), 'Hello');
    server.sandbox.fault({ fault: 'stream-cut', times: 2 });
    expect(await http.ask(chatId, 'Hello')).toMatchObject({ status: 'complete', text: plain.text });
    expect(await attempts(chatId)).toHaveLength(3);
    expect(await http.ask(chatId, 'Again')).toMatchObject({ status: 'complete', seq: 3 });
  });

  it('keeps the text of the last try if all break off', async () => {
    const chatId = await http.createChat();
    server.sandbox.fault({ fault: 'stream-cut', times: 3 });
    const events = await http.events(chatId, 'Hello');
    const last = events.findLastIndex(({ type }) => type === 'reset');
    const text = events
      .slice(last)
      .map(({ type, data }) => (type === 'text-delta' ? data.text : ''))
      .join('');
    expect(events.filter(({ type }) => type === 'reset')).toHaveLength(2);
    expect((await http.messages(chatId)).at(-1)).toMatchObject({ status: 'failed', text });
    expect(text).not.toBe('');
  });

  it('resets the pieces of onChunk', async () => {
    const chats = server.app.get<DuoChatService<Chat>>(DuoChatService);
    const chat = await chats.create();
    server.sandbox.fault({ fault: 'stream-cut' });
    let pieces: AnswerChunk[] = [];
    let resets = 0;
    const answer = await chat.ask('Hello', (chunk) => {
      if (chunk.reset !== undefined) {
        const { messageId } = chunk;
        expect(chunk).toEqual({ messageId, text: '', reasoning: '', reset: 'upstream_error' });
        expect(pieces.map((piece) => piece.messageId)).toEqual(pieces.map(() => messageId));
        pieces = [];
        resets += 1;
      } else pieces.push(chunk);
    });
    expect(resets).toBe(1);
    expect(pieces.map(({ text }) => text).join('')).toBe(answer.text);
  });
});
