import assert from 'node:assert/strict';

const ANSWER_MS = 30_000;

interface Message {
  seq: number;
  role: string;
  text: string;
}

/** Chats with a server: asks for JSON and for events, reads, changes and deletes, and makes a mistake. */
export async function visitChats(chats: string, headers: Record<string, string> = {}): Promise<void> {
  const call = caller(headers);
  const created = await call('POST', chats, {});
  assert.equal(created.status, 201);
  const chat = `${chats}/${((await created.json()) as { id: string }).id}`;
  const messages = `${chat}/messages`;

  const asked = await call('POST', messages, { content: 'Hello' });
  assert.equal(asked.status, 201);
  const answer = (await asked.json()) as Message;
  assert.match(answer.text, /^Turn 1\. You said: "Hello"\./);

  const streamed = await call('POST', messages, { content: 'Once more' }, 'text/event-stream');
  assert.equal(streamed.headers.get('content-type')?.split(';')[0], 'text/event-stream');
  const types = [...(await streamed.text()).matchAll(/^event: (.+)$/gm)].map(([, type]) => type);
  assert.ok(types.includes('text-delta'), types.join());
  assert.equal(types.at(-1), 'run-end');

  const listed = (await (await call('GET', messages)).json()) as { items: Message[] };
  assert.deepEqual(
    listed.items.map(({ seq, role }) => `${seq} ${role}`),
    ['0 user', '1 assistant', '2 user', '3 assistant'],
  );

  const titled = await call('PATCH', chat, { title: 'Greetings' });
  assert.equal(((await titled.json()) as { title: string }).title, 'Greetings');
  const page = (await (await call('GET', `${chats}?limit=1`)).json()) as { items: { title: string }[] };
  assert.deepEqual(
    page.items.map(({ title }) => title),
    ['Greetings'],
  );

  await expectProblem(await call('POST', messages, { words: 'Hello' }), 400, 'validation_failed');
  assert.equal((await call('DELETE', chat)).status, 204);
  await expectProblem(await call('GET', chat), 404, 'chat_not_found');
}

/** Calls a route of the application's own, which answers by `chat.ask()`. */
export async function visitExplain(explain: string): Promise<void> {
  const asked = await caller({})('POST', explain, { topic: 'transactions' });
  assert.equal(asked.status, 201);
  const { text, chunks } = (await asked.json()) as { text: string; chunks: string[] };
  assert.match(text, /You said: "Explain transactions"/);
  assert.equal(chunks.join(''), text);
}

function caller(headers: Record<string, string>) {
  return (method: string, url: string, body?: object, accept = 'application/json'): Promise<Response> =>
    fetch(url, {
      method,
      headers: { accept, ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
}

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  const problem = (await response.json()) as { code: string };
  assert.deepEqual([response.status, problem.code], [status, code]);
  assert.equal(response.headers.get('content-type')?.split(';')[0], 'application/problem+json');
}
