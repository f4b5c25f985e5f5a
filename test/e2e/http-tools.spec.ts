import { beforeAll, describe, expect, it } from '@jest/globals';
import { type RunEvent } from '../../src/index.js';
import { testTool } from './support/test-tool.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { useTestServer } from './support/use-test-host.js';

type Json = Record<string, unknown>;

const pay = testTool('pay', ({ amount }) => `Paid ${JSON.stringify(amount)}`, { requiresApproval: true });
const server = useTestServer({ tools: [pay] });
let http: HttpClient;

beforeAll(() => {
  http = new HttpClient(server.url);
});

/** A chat that offers the tool. */
async function toolChat(): Promise<string> {
  const chatId = await http.createChat();
  await server.database.query(`UPDATE chats SET tools = '["pay"]' WHERE id = $1`, [chatId]);
  return chatId;
}

async function parkedChat(): Promise<{ chatId: string; run: Json; callId: string }> {
  const chatId = await toolChat();
  const response = await http.send('POST', `/chats/${chatId}/messages`, { content: 'call pay {"amount":5}' });
  expect(response.status).toBe(202);
  const { items } = await http.json<{ items: { id: string }[] }>('GET', `/chats/${chatId}/tool-calls?status=pending`);
  return { chatId, run: response.body as Json, callId: items[0]?.id ?? '' };
}

const problemOf = (response: HttpAnswer): unknown => {
  expect(response.get('content-type')).toContain('application/problem+json');
  return response.body;
};

describe('A run that waits for approval over HTTP', () => {
  it('is answered by 202 with the run, and continues by a completion once it is approved', async () => {
    const { chatId, run, callId } = await parkedChat();
    expect(run).toEqual({
      id: expect.any(String),
      chatId,
      status: 'awaiting_approval',
      model: 'duo-chat-sonnet-4-6',
      answerMessageId: null,
      error: null,
      usage: expect.objectContaining({ outputTokens: 4 }),
      position: null,
      createdAt: expect.stringMatching(/Z$/),
      startedAt: expect.stringMatching(/Z$/),
      finishedAt: null,
    });
    for (const path of ['messages', 'completions']) {
      const refused = await http.send('POST', `/chats/${chatId}/${path}`, path === 'messages' ? { content: 'Hi' } : {});
      expect(problemOf(refused)).toMatchObject({ status: 409, code: 'pending_tool_calls' });
    }
    const approved = await http.send('POST', `/chats/${chatId}/tool-calls/${callId}/approve`);
    expect([approved.status, approved.body]).toEqual([
      200,
      {
        id: callId,
        providerCallId: expect.any(String),
        name: 'pay',
        arguments: { amount: 5 },
        status: 'approved',
        decidedBy: 'local',
        decidedAt: expect.stringMatching(/Z$/),
        reason: null,
      },
    ]);
    const answer = await http.send('POST', `/chats/${chatId}/completions`);
    expect(answer.status).toBe(201);
    expect(answer.get('x-run-id')).toBe(run.id);
    expect(answer.body).toMatchObject({ role: 'assistant', text: expect.stringContaining('"Paid 5"') });
  });

  it('gives the model the reason of a denial, and refuses another decision and another call', async () => {
    const { chatId, callId } = await parkedChat();
    const path = `/chats/${chatId}/tool-calls`;
    const denied = await http.json<Json>('POST', `${path}/${callId}/deny`, { reason: 'Too much' });
    expect(denied).toMatchObject({ status: 'denied', reason: 'Too much' });
    const approval = await http.send('POST', `${path}/${callId}/approve`);
    expect(problemOf(approval)).toMatchObject({ status: 409, code: 'pending_tool_calls' });
    for (const id of ['mine', '0198c0de-0000-7000-8000-000000000000']) {
      const unknown = await http.send('POST', `${path}/${id}/approve`);
      expect(problemOf(unknown)).toMatchObject({ status: 404, code: 'not_found' });
    }
    const tooLong = await http.send('POST', `${path}/${callId}/deny`, { reason: 'x'.repeat(2_001) });
    expect(problemOf(tooLong)).toMatchObject({ status: 400, code: 'validation_failed' });
    const answer = await http.json<Json>('POST', `/chats/${chatId}/completions`);
    expect(answer.text).toContain('Too much');
  });

  it('ends its events with the pending calls, and continues with the next indexes', async () => {
    const chatId = await toolChat();
    const before = await http.events(chatId, 'call pay {"amount":5}');
    expect(before.slice(-2).map(({ type }) => type)).toEqual(['approval-required', 'run-end']);
    const [call] = before.at(-2)?.data.toolCalls as Extract<RunEvent, { type: 'approval-required' }>['toolCalls'];
    await http.json('POST', `/chats/${chatId}/tool-calls/${call?.id ?? ''}/approve`);
    const response = await http.send('POST', `/chats/${chatId}/completions`, {}, { accept: 'text/event-stream' });
    const { text } = response;
    const indexes = [...text.matchAll(/^id: .*:(\d+)$/gm)].map(([, index]) => Number(index));
    expect(indexes).toEqual(indexes.map((_index, place) => before.length + place));
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)).toEqual(
      expect.arrayContaining(['run-start', 'tool-result', 'message-start', 'message-end', 'run-end']),
    );
  });
});
