import 'reflect-metadata';
import { runClientBench } from './client-bench.js';

console.table(await runClientBench());
