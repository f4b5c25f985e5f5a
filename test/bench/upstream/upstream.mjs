// A process of its own, so that what is measured elsewhere is not the upstream's: exchanges any token, and answers any
// other POST with the text stream of its API. Bodies and headers are not looked at.
import { createServer } from 'node:http';
import { wireOf } from './wires.mjs';

const [deltas, everyMs] = process.argv.slice(2).map(Number);
let streams = 0;

const server = createServer((request, response) => {
  request.resume();
  if (request.url.endsWith('/direct_access')) {
    const token = { token: 'gateway-token', headers: { 'x-gitlab-realm': 'saas' } };
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify(token));
    return;
  }
  const wire = wireOf(request.url);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(wire.head);
  if (everyMs > 0) {
    // Spread over the interval, so that no two streams speak at once.
    streams += 1;
    setTimeout(drip, (streams * 37) % everyMs, response, wire, deltas);
  } else pour(response, wire, deltas);
});

function drip(response, wire, left) {
  if (response.destroyed) return;
  if (left === 0) response.end(wire.tail);
  else {
    response.write(wire.delta);
    setTimeout(drip, everyMs, response, wire, left - 1);
  }
}

function pour(response, wire, left) {
  for (; left > 0; left -= 1) {
    if (!response.write(wire.delta)) {
      response.once('drain', () => pour(response, wire, left - 1));
      return;
    }
  }
  response.end(wire.tail);
}

// A connection that waits for its next turn must not be cut.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', 1024, () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
