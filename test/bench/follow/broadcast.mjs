// The least that telling many readers the same can be: one buffer with a chunk, written to the socket of each.
// Arguments: how often, in milliseconds, and how many times; it begins with the first reader's request for `/go`.
import { createServer } from 'node:http';

const [everyMs, times] = process.argv.slice(2).map(Number);
const text = `id: 0190a000-0000-7000-8000-000000000000:100\nevent: text-delta\ndata: {"text":" and so it goes"}\n\n`;
const frame = Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);
let readers = [];

const server = createServer((incoming, outgoing) => {
  incoming.resume();
  outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  outgoing.write('retry: 1000\n\n');
  readers.push(outgoing);
  if (incoming.url === '/go') setTimeout(write, 500, times);
});

function write(left) {
  if (left === 0) {
    for (const reader of readers) reader.end();
    readers = [];
    return;
  }
  for (const { socket } of readers) socket.write(frame);
  setTimeout(write, everyMs, left - 1);
}

server.listen(0, '127.0.0.1', 1024, () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.on('disconnect', () => process.exit());
