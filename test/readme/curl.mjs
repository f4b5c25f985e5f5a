// Replaces curl where a machine has none, for what the pages use: -s, -i, -N, -X, -H and -d.
import { request } from 'node:http';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    include: { type: 'boolean', short: 'i' },
    'no-buffer': { type: 'boolean', short: 'N' },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
  },
});
const headers = Object.fromEntries(values.header.map((line) => line.split(/:\s*(.*)/s, 2)));
const method = values.request ?? (values.data === undefined ? 'GET' : 'POST');
const asked = request(`http://${positionals[0].replace(/^http:\/\//, '')}`, { method, headers }, (response) => {
  if (values.include) {
    const { rawHeaders: raw } = response;
    const lines = raw.flatMap((name, place) => (place % 2 === 0 ? [`${name}: ${raw[place + 1]}`] : []));
    process.stdout.write(`HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`);
  }
  response.pipe(process.stdout);
});
asked.end(values.data);
