// A process of its own, so that reading takes nothing from what is measured. For each message {url, paths, deltas, asks,
// spreadMs} it asks each path so often, one ask after the other, and answers with the number of chunks that came, the
// largest gap between two chunks of one stream, and the gap that 99% of them keep within; in milliseconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

const MARK = Buffer.from('event: text-delta');
const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };

process.on('message', (trial) => {
  run(trial).then(
    (result) => process.send(result),
    (error) => process.send({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function run({ url, paths, asks, spreadMs }) {
  const dispatcher = new Agent({ headersTimeout: 60_000, bodyTimeout: 60_000 });
  const gaps = new Float64Array(10_000);
  const seen = { chunks: 0, maxGapMs: 0 };
  const note = (gapMs) => {
    seen.maxGapMs = Math.max(seen.maxGapMs, gapMs);
    gaps[Math.min(gaps.length - 1, Math.floor(gapMs * 10))] += 1;
  };
  await Promise.all(
    paths.map(async (path, place) => {
      await sleep((place / paths.length) * spreadMs);
      for (let ask = 0; ask < asks; ask += 1) await read(url + path, dispatcher, seen, note);
    }),
  );
  await dispatcher.destroy();
  return { ...seen, p99GapMs: percentile(gaps, 0.99) };
}

async function read(url, dispatcher, seen, note) {
  const { statusCode, body } = await request(url, {
    dispatcher,
    method: 'POST',
    headers,
    body: '{"content":"Tell me a story"}',
  });
  if (statusCode !== 200) throw new Error(`Status ${statusCode}: ${await body.text()}`);
  let last;
  let rest = Buffer.alloc(0);
  for await (const bytes of body) {
    const text = Buffer.concat([rest, bytes]);
    let end = 0;
    for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, end)) {
      end = at + MARK.length;
      seen.chunks += 1;
      const now = performance.now();
      if (last !== undefined) note(now - last);
      last = now;
    }
    rest = text.subarray(Math.max(end, text.length - MARK.length + 1));
  }
}

/** Of gaps counted by tenths of a millisecond. */
function percentile(counts, share) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  const place = counts.findIndex((count) => (sum += count) >= all * share);
  return place / 10;
}
