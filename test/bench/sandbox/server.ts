import { startSandbox } from '../../../src/sandbox/index.js';

const sandbox = await startSandbox();
process.send?.(sandbox.url);
process.once('disconnect', () => void sandbox.close());
