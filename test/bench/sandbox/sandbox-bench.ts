import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ask, SandboxClient } from '../../unit/sandbox/sandbox-client.js';
import { type BenchRow } from '../bench-row.interface.js';
import { median } from '../figures.js';

const STREAMS = 2_000;
const PACE_MS = 25;

/** How long so many stories take that stream at once from a sandbox in a process of its own, against its pace. */
export async function runSandboxBench(): Promise<BenchRow[]> {
  const server = fork(fileURLToPath(new URL('./server.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  try {
    const [url] = (await once(server, 'message')) as [string];
    const client = await SandboxClient.connect({ url });
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => watch(client)));
    const value = median(streams.map(({ milliseconds }) => milliseconds));
    const floor = median(streams.map(({ deltas }) => (deltas - 1) * PACE_MS));
    const name = `${STREAMS} streams of the sandbox at ${PACE_MS} ms`;
    const ratio = value / floor;
    return [
      {
        name,
        value: seconds(value),
        against: seconds(floor),
        ratio,
        spread: [ratio, ratio],
        budget: { atMost: 1.1 },
      },
    ];
  } finally {
    server.disconnect();
  }
}

/** Streams one story; the time is from its first packet to its last. */
async function watch(client: SandboxClient): Promise<{ milliseconds: number; deltas: number }> {
  const times: number[] = [];
  const body = ask('openai-chat', 'Tell me a story', { stream: true });
  const { packets } = await client.packets('openai-chat', body, () => times.push(performance.now()));
  const deltas =
    Buffer.concat(packets)
      .toString()
      .match(/"content":"[^"]/g)?.length ?? 0;
  return { milliseconds: (times.at(-1) ?? 0) - (times[0] ?? 0), deltas };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
