// The least that a server can be which stores a question, streams the answer and stores that: node:http, two statements
// and undici, by hand. It checks nothing, and survives nothing. Arguments: the URLs of the upstream and of the database.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import pg from 'pg';
import { Agent, request } from 'undici';
import { v7 as uuidv7 } from 'uuid';
import { floorBegin, floorFinish } from '../run/floor-statements.js';

const [upstream, databaseUrl] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const dispatcher = new Agent();
const instanceId = randomUUID();
const headers = { 'content-type': 'application/json', authorization: 'Bearer token', accept: 'text/event-stream' };

const server = createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch((error: unknown) => {
    console.error(error);
    outgoing.destroy();
  });
});

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  let body = '';
  incoming.setEncoding('utf8');
  for await (const text of incoming) body += text as string;
  const { content } = JSON.parse(body) as { content: string };
  const chatId = incoming.url?.split('/')[2];
  const [runId, attemptId] = [uuidv7(), uuidv7()];
  const question = [{ type: 'text', text: content }];
  const begun = await pool.query<{ role: string | null; parts: { text: string }[]; model: string }>({
    ...floorBegin,
    values: [chatId, runId, instanceId, uuidv7(), content, JSON.stringify(question), attemptId],
  });
  const model = begun.rows[0]?.model;
  const messages = begun.rows.slice(1).map(({ role, parts }) => ({ role, content: parts }));
  messages.push({ role: 'user', content: question });
  const asked = await request(`${upstream}/ai/v1/proxy/anthropic/v1/messages`, {
    dispatcher,
    method: 'POST',
    headers,
    body: JSON.stringify({ model, max_tokens: 8_192, stream: true, messages }),
  });
  outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  let text = '';
  await new Promise((resolve, reject) => {
    let rest = '';
    let index = 0;
    asked.body.setEncoding('utf8');
    asked.body.on('data', (read: string) => {
      const frames = (rest + read).split('\n\n');
      rest = frames.pop() ?? '';
      let events = '';
      for (const frame of frames) {
        const event = JSON.parse(frame.slice(frame.indexOf('data: ') + 6)) as WireEvent;
        if (event.type !== 'content_block_delta') continue;
        text += event.delta.text;
        events += `id: ${runId}:${index}\nevent: text-delta\ndata: ${JSON.stringify({ text: event.delta.text })}\n\n`;
        index += 1;
      }
      if (events !== '' && !outgoing.write(events)) {
        asked.body.pause();
        outgoing.once('drain', () => asked.body.resume());
      }
    });
    asked.body.on('end', resolve);
    asked.body.on('error', reject);
  });
  const parts = JSON.stringify([{ type: 'text', text }]);
  await pool.query({
    ...floorFinish,
    values: [attemptId, runId, uuidv7(), text, parts, model, 25, 100, 1_000, '[', ']'],
  });
  outgoing.end('event: run-end\ndata: {}\n\n');
}

interface WireEvent {
  type: string;
  delta: { text: string };
}

server.listen(0, '127.0.0.1', 1024, () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('disconnect', () => process.exit());
