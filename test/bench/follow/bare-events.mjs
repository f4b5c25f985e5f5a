// The least that an event stream without events can be: a head, and a comment every five seconds.
import { createServer } from 'node:http';

const server = createServer((incoming, outgoing) => {
  incoming.resume();
  outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  outgoing.write('retry: 1000\n\n');
  const heartbeat = setInterval(() => outgoing.write(': heartbeat\n\n'), 5_000);
  outgoing.once('close', () => clearInterval(heartbeat));
});

server.listen(0, '127.0.0.1', 1024, () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.on('disconnect', () => process.exit());
