import { createTestDatabase } from '../../database/test-database.js';
import { type BenchServer, startOurs } from '../server/start-server.js';
import { type Pace, startUpstream } from '../upstream/start-upstream.js';
import { compileContestants, startFloor, startPeer } from './start-contestants.js';

export type Name = 'floor' | 'ours' | 'peer6' | 'peer7';

/** A server and the database that its chats are in. */
export interface Contestant {
  server: BenchServer;
  databaseUrl: string;
}

/** Starts the four servers on an upstream of this pace. */
export async function withContestants<T>(pace: Pace, work: (all: Record<Name, Contestant>) => Promise<T>): Promise<T> {
  compileContestants();
  const databases = await Promise.all([createTestDatabase(), createTestDatabase(), createTestDatabase()]);
  const [own, of6, of7] = databases.map(({ url }) => url) as [string, string, string];
  const upstream = await startUpstream(pace);
  const servers: BenchServer[] = [];
  const contestant = async (starting: Promise<BenchServer>, databaseUrl: string): Promise<Contestant> => {
    const server = await starting;
    servers.push(server);
    return { server, databaseUrl };
  };
  try {
    const ours = await contestant(startOurs(upstream.url, own), own);
    return await work({
      floor: await contestant(startFloor(upstream.url, own), own),
      ours,
      peer6: await contestant(startPeer(upstream.url, of6, 'ai-6'), of6),
      peer7: await contestant(startPeer(upstream.url, of7, 'ai'), of7),
    });
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    upstream.stop();
    await Promise.all(databases.map((database) => database.drop()));
  }
}
