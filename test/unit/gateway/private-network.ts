// Run by its spec as a process of its own, since Node reads NODE_EXTRA_CA_CERTS once, at its start.
import 'reflect-metadata';
import { clientOf, Collector } from './client.js';

const [url = ''] = process.argv.slice(2);
const client = clientOf(url);
const sink = new Collector();
await client.gateway.stream({ path: '/x', headers: {}, body: '{}', sink });
await client.close();
console.log(sink.events.join());
