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
  const rows = listed.items.map(({ seq, role }) => `${seq} ${role}`);
  assert.equal(rows.join(), '0 user,1 assistant,2 user,3 assistant');

  const titled = await call('PATCH', chat, { title: 'Greetings' });
  assert.equal(((await titled.json()) as { title: string }).title, 'Greetings');
  const page = (await (await call('GET', `${chats}?limit=1`)).json()) as { items: { title: string }[] };
  assert.equal(page.items.map(({ title }) => title).join(), 'Greetings');

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

/** Lets the model find an order and refund it, which a person of the shop approves, in a ticket that no other sees. */
export async function visitSupport(host: string): Promise<void> {
  const [anna, bert, unknown] = [caller({ 'x-user': 'anna' }), caller({ 'x-user': 'bert' }), caller({})];
  const question = 'call find_order {"id":"A-2"}';
  const opened = await anna('POST', `${host}/support`, { customer: 'Carla', question });
  assert.equal(opened.status, 201);
  const { id, text } = (await opened.json()) as { id: string; text: string };
  assert.match(text, /"total":900,"refunded":false/);

  const ticket = `${host}/tickets/${id}`;
  assert.equal((await unknown('GET', ticket)).status, 401);
  await expectProblem(await bert('GET', ticket), 404, 'chat_not_found');
  const listed = (await (await anna('GET', `${ticket}/messages`)).json()) as { items: Message[] };
  assert.equal(listed.items[0]?.text, 'You help the customer Carla. Write English.');

  const parked = await anna('POST', `${ticket}/messages`, { content: 'call refund_order {"id":"A-2"}' });
  assert.equal(parked.status, 202);
  await expectProblem(await anna('POST', `${ticket}/completions`), 409, 'pending_tool_calls');
  const pending = (await (await anna('GET', `${ticket}/tool-calls?status=pending`)).json()) as {
    items: { id: string; name: string; arguments: object }[];
  };
  const calls = pending.items.map(({ name, arguments: input }) => `${name} ${JSON.stringify(input)}`);
  assert.equal(calls.join(), 'refund_order {"id":"A-2"}');
  const approved = await anna('POST', `${ticket}/tool-calls/${pending.items[0]?.id ?? ''}/approve`);
  assert.equal(((await approved.json()) as { decidedBy: string }).decidedBy, 'anna');
  const completed = await anna('POST', `${ticket}/completions`);
  assert.match(((await completed.json()) as Message).text, /Refunded 900/);
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
  assert.equal(`${response.status} ${problem.code}`, `${status} ${code}`);
  assert.equal(response.headers.get('content-type')?.split(';')[0], 'application/problem+json');
}
