import { type BenchRow, type Budget } from '../bench-row.interface.js';
import { micros } from '../figures.js';
import { type Load } from '../load.interface.js';
import { compared, type Costs, costsByRound } from '../rounds.js';
import { startUpstream } from '../upstream/start-upstream.js';
import { aiSdk, aiSdkLowMemory, gitlabAiProvider } from './ai-sdk.js';
import { type Contestant } from './contestant.interface.js';
import { CpuMeter } from './cpu-meter.js';
import { floor } from './floor.js';
import { ours } from './ours.js';
import { anthropicSdk, openaiChat, openaiResponses } from './vendor-sdks.js';

/** A load of the client, and how many times our cost the clients on top of AI SDK must have at least. */
interface ClientLoad extends Load {
  aiSdkTimes: number;
}

const loads: ClientLoad[] = [
  { name: 'unpaced', deltas: 5_000, everyMs: 0, streams: 4, lead: 0, tail: 0, rounds: 7, aiSdkTimes: 12 },
  {
    name: '500 streams of 40 chunks, 10/s',
    deltas: 40,
    everyMs: 100,
    streams: 500,
    lead: 0,
    tail: 0,
    rounds: 5,
    aiSdkTimes: 4,
  },
];

type Name = keyof Awaited<ReturnType<typeof contestants>>;

/**
 * CPU time of this process for each chunk that a client reads: ours over that of a bare loop on the same stream, and the
 * other clients' over ours; medians of all rounds.
 */
export async function runClientBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const load of loads) rows.push(...(await measure(load)));
  return rows;
}

async function measure(load: ClientLoad): Promise<BenchRow[]> {
  const upstream = await startUpstream(load);
  const sides = await contestants(upstream.url);
  try {
    const entries = Object.entries(sides).map(([name, side]) => [name, () => costOf(side, load)] as const);
    return rowsOf(
      load,
      await costsByRound(Object.fromEntries(entries) as Record<Name, () => Promise<number>>, load.rounds),
    );
  } finally {
    for (const side of Object.values(sides)) await side.close?.();
    upstream.stop();
  }
}

async function contestants(url: string) {
  return {
    claudeFloor: floor(url, '/v1/messages'),
    claude: await ours(url, 'duo-chat-sonnet-4-6'),
    anthropicSdk: anthropicSdk(url),
    chatFloor: floor(url, '/v1/chat/completions'),
    chat: await ours(url, 'duo-chat-gpt-5-2'),
    openaiChat: openaiChat(url),
    responsesFloor: floor(url, '/v1/responses'),
    responses: await ours(url, 'duo-chat-gpt-5-6-sol'),
    openaiResponses: openaiResponses(url),
    aiSdk: aiSdk(url),
    aiSdkLowMemory: aiSdkLowMemory(url),
    gitlabAiProvider: gitlabAiProvider(url),
  };
}

async function costOf(contestant: Contestant, { streams, deltas, lead, tail }: Load): Promise<number> {
  globalThis.gc?.();
  const meter = new CpuMeter(streams * lead, streams * (deltas - tail));
  await Promise.all(Array.from({ length: streams }, () => contestant.read(meter.add)));
  return meter.cost;
}

function rowsOf({ name, aiSdkTimes }: ClientLoad, costs: Costs<Name>[]): BenchRow[] {
  const row = (what: string, ours: Name, theirs: Name, budget: Budget | null): BenchRow => {
    const { value, against, ratio, spread } = compared(costs, ours, theirs);
    return {
      name: `CPU a chunk, ${name}: ${what}`,
      value: micros(value),
      against: micros(against),
      ratio,
      spread,
      budget,
    };
  };
  return [
    row('ours / floor, Messages', 'claude', 'claudeFloor', { atMost: 1.2 }),
    row('ours / floor, Chat Completions', 'chat', 'chatFloor', { atMost: 1.2 }),
    row('ours / floor, Responses', 'responses', 'responsesFloor', { atMost: 1.2 }),
    row('@anthropic-ai/sdk / ours', 'anthropicSdk', 'claude', null),
    row('openai, Chat Completions / ours', 'openaiChat', 'chat', null),
    row('openai, Responses / ours', 'openaiResponses', 'responses', null),
    row('ai streamText / ours', 'aiSdk', 'claude', { atLeast: aiSdkTimes }),
    row('ai streamTextLowMemory / ours', 'aiSdkLowMemory', 'claude', null),
    row('gitlab-ai-provider / ours', 'gitlabAiProvider', 'claude', { atLeast: aiSdkTimes }),
  ];
}
