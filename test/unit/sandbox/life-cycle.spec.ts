import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

import { afterEach, describe, expect, it } from '@jest/globals';

import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, answered, exchange, SandboxClient, until } from './sandbox-client.js';

describe('Sandbox life cycle', () => {
  let sandbox: Sandbox;

  afterEach(() => sandbox.close());

  const control = (path: string, init?: RequestInit) => fetch(`${sandbox.url}/sandbox/${path}`, init);
  const plan = (body: unknown) => control('faults', { method: 'POST', body: JSON.stringify(body) });

  it('listens on the given host and port', async () => {
    sandbox = await startSandbox();
    const { port } = sandbox;
    await sandbox.close();
    sandbox = await startSandbox({ port });
    expect([sandbox.port, sandbox.url]).toEqual([port, `http://127.0.0.1:${port}`]);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('is controlled over HTTP', async () => {
    sandbox = await startSandbox();
    expect((await plan({ fault: 'exchange-forbidden', times: 0 })).status).toBe(201);
    expect((await exchange(sandbox)).status).toBe(403);
    expect((await control('faults', { method: 'DELETE' })).status).toBe(200);
    expect((await exchange(sandbox)).status).toBe(201);
    const calls: unknown = await (await control('calls')).json();
    expect(calls).toMatchObject({ exchanges: 2, requests: { 'openai-chat': 0 }, openStreams: 0 });
  });

  it('explains over HTTP what is wrong with a fault plan', async () => {
    sandbox = await startSandbox();
    const refused = await answered(await plan({ fault: 'nonsense' }));
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/Unknown fault .*nonsense.*Known faults: exchange-unauthorized, /);
    expect((await control('faults', { method: 'POST', body: '{' })).status).toBe(400);
  });

  it('counts requests, streams and sockets, and records the last bodies', async () => {
    sandbox = await startSandbox();
    const client = await SandboxClient.connect(sandbox);
    await client.stream('openai-chat', 'One');
    await client.post('openai-chat', { model: 'nonsense' });
    expect(sandbox.calls).toMatchObject({ requests: { 'openai-chat': 2, 'anthropic-messages': 0 }, endedStreams: 1 });
    expect(sandbox.calls.lastRequests['openai-chat']).toMatchObject({
      body: { model: 'nonsense' },
      headers: { 'x-gitlab-realm': 'self-managed' },
    });
    expect(sandbox.calls.openSockets).toBeGreaterThan(0);
    sandbox.reset();
    expect(sandbox.calls).toMatchObject({
      exchanges: 0,
      requests: { 'openai-chat': 0 },
      endedStreams: 0,
      lastExchange: null,
    });
    expect((await client.stream('openai-chat', 'Two')).status).toBe(200);
  });

  it('streams a long answer at a readable pace, with the history hash at its end', async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    const client = await SandboxClient.connect(sandbox);
    const { json } = await client.post('anthropic-messages', ask('anthropic-messages', 'Tell me a STORY'));
    const [{ text }] = (json as { content: [{ text: string }] }).content;
    expect(text.split('. ')).toHaveLength(63);
    expect(text).toMatch(/ Turn 1\. You said: "Tell me a STORY"\. History: [0-9a-f]{12}\.$/);
  });

  it.each([
    ['a story at its own pace', {}, 'Tell me a story', 25],
    ['anything at the pace it is told', { chunkDelayMs: 40 }, 'Hello', 40],
  ])('streams %s, one chunk at a time', async (_what, options, prompt, pace) => {
    sandbox = await startSandbox(options);
    const client = await SandboxClient.connect(sandbox);
    const start = performance.now();
    let text = '';
    void client.packets('openai-chat', ask('openai-chat', prompt, { stream: true }), (packet) => {
      text += packet.toString();
    });
    const deltas = () => text.match(/"content":"[^"]+"/g)?.length ?? 0;
    await until(() => deltas() >= 6);
    expect(performance.now() - start).toBeGreaterThanOrEqual((deltas() - 1) * pace - 2);
  });

  it('closes every socket and timer immediately', async () => {
    sandbox = await startSandbox({ chunkDelayMs: 60_000 });
    const client = await SandboxClient.connect(sandbox);
    sandbox.fault({ fault: 'stream-late-first-byte', api: 'openai-chat' });
    sandbox.fault({ fault: 'stream-stall', api: 'openai-responses', afterChunks: 0 });
    const open = (['anthropic-messages', 'openai-chat', 'openai-responses'] as const).map((api) =>
      client.packets(api, ask(api, 'Hello', { stream: true })),
    );
    await until(() => sandbox.calls.openStreams === 3);
    sandbox.fault({ fault: 'exchange-hang' });
    sandbox.fault({ fault: 'exchange-latency', delayMs: 60_000 });
    const exchanges = Promise.allSettled([exchange(sandbox), exchange(sandbox)]);
    await until(() => sandbox.calls.exchanges === 3);
    await sandbox.close();
    expect((await Promise.all(open)).map(({ end }) => end)).toEqual(Array(3).fill('ECONNRESET'));
    expect((await exchanges).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(exchange(sandbox)).rejects.toThrow();
    await sandbox.close();
  });

  it('lets its process end', async () => {
    const program = async (file: string): Promise<string> => pathToFileURL(await compiledProgram(file)).href;
    const script = `
      import { startSandbox } from '${await program('src/sandbox/index.ts')}';
      import { ask, exchange, SandboxClient } from '${await program('test/unit/sandbox/sandbox-client.ts')}';
      const sandbox = await startSandbox({ chunkDelayMs: 60_000 });
      const client = await SandboxClient.connect(sandbox);
      for (const api of ['openai-chat', 'openai-responses']) void client.packets(api, ask(api, 'Hello', { stream: true }));
      for (const fault of ['exchange-hang', 'exchange-latency']) {
        sandbox.fault({ fault, delayMs: 60_000 });
        exchange(sandbox).catch(() => undefined);
      }
      while (sandbox.calls.openStreams < 2 || sandbox.calls.exchanges < 3) await new Promise((go) => setTimeout(go, 5));
      if (process.argv[1] === 'close') await sandbox.close();
      console.log('done');
    `;
    const run = async (...how: string[]) => {
      const node = spawn(process.execPath, ['--input-type=module', '-e', script, ...how], {
        env: childEnvironment(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(node, 'exit');
      await once(node.stdout, 'data');
      return { node, exited };
    };
    sandbox = await startSandbox();
    const closed = await run('close');
    expect(await closed.exited).toEqual([0, null]);
    const open = await run();
    await new Promise((resolve) => setTimeout(resolve, 500));
    open.node.kill();
    expect(await open.exited).toEqual([null, 'SIGTERM']);
  }, 120_000);

  it('frees its port', async () => {
    sandbox = await startSandbox();
    await sandbox.close();
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(sandbox.port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  });
});
