import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { runInShell } from './shell.js';

it('The commands of the README run by substitutes on a machine without curl and sed', async () => {
  const server = createServer((request, response) => {
    response.end(`{"title":null,"id":"${request.method ?? ''}-${request.headers.authorization ?? ''}"}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chats`;
    const block = `CHAT=$(curl -s -X POST ${url} -H "authorization: Bearer $KEY" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')\nprintf '%s' "$CHAT"`;
    expect(await runInShell([block], { KEY: 'a-key', PATH: process.env.PATH ?? '' })).toEqual(['POST-Bearer a-key']);
  } finally {
    server.close();
  }
});
