import assert from 'node:assert/strict';
import { Test } from '@nestjs/testing';
import { DuoService, GitlabDuoModule } from 'nestjs-gitlab-duo';
import { startSandbox } from 'nestjs-gitlab-duo/sandbox';

const sandbox = await startSandbox(); // { port?, host?, token?, chunkDelayMs?, chunkSize? }
const app = await Test.createTestingModule({
  imports: [GitlabDuoModule.forRoot({ apiKey: 'any', instanceUrl: sandbox.url, gatewayUrl: sandbox.url })],
}).compile();

sandbox.fault({ fault: 'gateway-overloaded', times: 2 });
const answer = await app.get(DuoService).chat().ask('Hello');
assert.equal(answer.text, 'Turn 1. You said: "Hello". History: b0ae8b0f316e.');
assert.equal(sandbox.calls.requests['anthropic-messages'], 3); // the two that failed, and the one that answered

sandbox.reset(); // drops faults, sets counters to zero
await app.close();
await sandbox.close();
