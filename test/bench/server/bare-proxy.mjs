// The least that a server between the gateway and a reader can be: parses each event of the upstream and emits its text
// as an event of its own, one write for each read. Argument: the upstream's URL.
import { createServer, request } from 'node:http';

const upstream = `${process.argv[2]}/v1/messages`;
const headers = { 'content-type': 'application/json' };

const server = createServer((incoming, outgoing) => {
  incoming.resume();
  outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const asked = request(upstream, { method: 'POST', headers }, (answer) => {
    let rest = '';
    answer.setEncoding('utf8');
    answer.on('data', (text) => {
      const frames = (rest + text).split('\n\n');
      rest = frames.pop();
      const events = frames.map(reEmitted).join('');
      if (events !== '' && !outgoing.write(events)) {
        answer.pause();
        outgoing.once('drain', () => answer.resume());
      }
    });
    answer.on('end', () => outgoing.end());
  });
  asked.end('{}');
});

function reEmitted(frame) {
  const event = JSON.parse(frame.slice(frame.indexOf('data: ') + 6));
  if (event.type !== 'content_block_delta') return '';
  return `event: text-delta\ndata: ${JSON.stringify({ text: event.delta.text })}\n\n`;
}

server.listen(0, '127.0.0.1', 1024, () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.on('disconnect', () => process.exit());
