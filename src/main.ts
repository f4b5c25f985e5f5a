import 'reflect-metadata';
import { logForNode, openOutput } from './app/output.js';

// First of all: what the server is made of may warn while it is loaded.
if (openOutput().isJson) logForNode();
const { startServer } = await import('./app/start-server.js');
await startServer();
