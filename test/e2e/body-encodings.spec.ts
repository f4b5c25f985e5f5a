import { deflateSync, gzipSync, brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient } from './support/http-client.js';
import { startPlainHost } from './support/plain-host.js';
import { PLATFORMS, startTestServer } from './support/test-server.js';

const body = JSON.stringify({ title: 'Müller' });
const JSON_TYPE = 'application/json';

const places = [
  { name: 'The server', start: () => startTestServer() },
  ...PLATFORMS.map((platform) => ({ name: `A host on ${platform}`, start: () => startPlainHost(platform) })),
];

// RFC 8259, section 8.1: JSON that systems exchange is in UTF-8. RFC 9110, section 15.5.16: what is in another media type,
// charset or content coding than a resource takes is a 415.
describe.each(places)('Body encodings on $name', ({ start }) => {
  let url: string;
  let client: HttpClient;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const started = await start();
    url = started.url;
    close = () => started.close();
    client = new HttpClient(url);
  });
  afterAll(() => close());

  function post(bytes: Uint8Array, headers: Record<string, string>): Promise<Response> {
    return fetch(`${url}/chats`, { method: 'POST', headers: { 'content-type': JSON_TYPE, ...headers }, body: bytes });
  }

  async function expectUnsupported(response: Response, detail: RegExp): Promise<void> {
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect([response.status, await response.json()]).toEqual([
      415,
      {
        type: 'urn:gitlab-duo:problem:validation_failed',
        title: 'Validation failed',
        status: 415,
        detail: expect.stringMatching(detail),
        code: 'validation_failed',
        requestId: expect.any(String),
      },
    ]);
  }

  it.each<[charset: string, encoding: BufferEncoding]>([
    ['latin1', 'latin1'],
    ['ISO-8859-1', 'latin1'],
    ['"windows-1252"', 'latin1'],
    ['us-ascii', 'ascii'],
    ['utf-16', 'utf16le'],
    ['utf-16le', 'utf16le'],
    ['utf-7', 'utf8'],
    ['', 'utf8'],
    ['utf-8; charset=latin1', 'latin1'],
  ])('refuse the charset %s', async (charset, encoding) => {
    const before = await client.json<{ items: unknown[] }>('GET', '/chats');
    const response = await post(Buffer.from(body, encoding), { 'content-type': `${JSON_TYPE}; charset=${charset}` });
    await expectUnsupported(response, /^The body must be in UTF-8, not in "/);
    expect(await client.json('GET', '/chats')).toEqual(before);
  });

  it.each<[encoding: string, bytes: Buffer]>([
    ['gzip', gzipSync(body)],
    ['GZIP', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['br', brotliCompressSync(body)],
    ['zstd', Buffer.from(body)],
    ['gzip', Buffer.from(body)],
    ['identity, gzip', gzipSync(body)],
  ])('refuse the content encoding %s', async (encoding, bytes) => {
    const before = await client.json<{ items: unknown[] }>('GET', '/chats');
    const response = await post(bytes, { 'content-encoding': encoding });
    await expectUnsupported(response, /^The body must come without a content encoding, not in "/);
    expect(await client.json('GET', '/chats')).toEqual(before);
  });

  it.each<Record<string, string>>([
    {},
    { 'content-type': `${JSON_TYPE}; charset=utf-8` },
    { 'content-type': `${JSON_TYPE};charset="UTF-8"` },
    { 'content-encoding': 'identity' },
  ])('accept UTF-8 with the headers %j', async (headers) => {
    const response = await post(Buffer.from(body), headers);
    expect([response.status, await response.json()]).toMatchObject([201, { title: 'Müller' }]);
  });

  it('do not matter without a body', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': `${JSON_TYPE}; charset=latin1` };
    expect((await fetch(`${url}/chats`, { headers })).status).toBe(200);
  });
});
