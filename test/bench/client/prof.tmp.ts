import 'reflect-metadata';
import { floor, ours } from './contestants.js';
import { startUpstream } from './upstream.js';
const which = process.argv[2];
const up = await startUpstream({ deltas: Number(process.argv[3] ?? 400), everyMs: Number(process.argv[4] ?? 20) });
const c = which === 'ours' ? ours(up.url) : floor(up.url);
const n = Number(process.argv[5] ?? 100);
await Promise.all(Array.from({ length: n }, () => c.read()));
const { Session } = await import('node:inspector/promises');
const { writeFileSync } = await import('node:fs');
const session = new Session(); session.connect();
if (process.argv[6]) { await session.post('Profiler.enable'); await session.post('Profiler.setSamplingInterval', {interval: 200}); await session.post('Profiler.start'); }
const b = process.cpuUsage();
let t = 0; for (const x of await Promise.all(Array.from({ length: n }, () => c.read()))) t += x;
const u = process.cpuUsage(b);
console.log(which, ((u.user + u.system) / t).toFixed(2), 'us', (u.user/t).toFixed(2), (u.system/t).toFixed(2));
if (process.argv[6]) writeFileSync(process.argv[6], JSON.stringify((await session.post('Profiler.stop')).profile));
await c.close(); up.stop();
