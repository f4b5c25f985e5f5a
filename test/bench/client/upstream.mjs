// A process of its own, so that the client's CPU time is the client's alone: exchanges any token, and answers any
// other POST with an Anthropic text stream. Its body or its headers are not looked at, but for the pace.
import { createServer } from 'node:http';

const [deltas, everyMs] = process.argv.slice(2).map(Number);

const frame = (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null };
const head =
  frame({ type: 'message_start', message: { ...message, usage: { input_tokens: 25, output_tokens: 1 } } }) +
  frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
const delta = frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' and so it goes' } });
const tail =
  frame({ type: 'content_block_stop', index: 0 }) +
  frame({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: deltas } }) +
  frame({ type: 'message_stop' });

const server = createServer((request, response) => {
  request.resume();
  if (request.url.endsWith('/direct_access')) {
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end('{"token":"gateway-token","headers":{"x-gitlab-realm":"saas"}}');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(head);
  if (everyMs > 0) drip(response, deltas);
  else pour(response, deltas);
});

function drip(response, left) {
  if (left === 0) response.end(tail);
  else {
    response.write(delta);
    setTimeout(drip, everyMs, response, left - 1);
  }
}

function pour(response, left) {
  for (; left > 0; left -= 1) {
    if (!response.write(delta)) {
      response.once('drain', () => pour(response, left - 1));
      return;
    }
  }
  response.end(tail);
}

server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
