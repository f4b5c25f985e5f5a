import assert from 'node:assert/strict';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DuoService } from 'nestjs-gitlab-duo';
import { createDuoTestingModule, DuoScript } from 'nestjs-gitlab-duo/testing';

@Injectable()
class Reporter {
  constructor(private readonly duo: DuoService) {}

  async report(city: string) {
    return (await this.duo.chat().ask(`The weather in ${city}?`)).text;
  }
}

const app = await Test.createTestingModule({
  imports: [createDuoTestingModule({ replies: ['It is sunny'] })], // instead of GitlabDuoModule.forRoot()
  providers: [Reporter],
}).compile();

assert.equal(await app.get(Reporter).report('Berlin'), 'It is sunny');
const [request] = app.get(DuoScript).requests;
assert.deepEqual(request?.messages, [{ role: 'user', parts: [{ type: 'text', text: 'The weather in Berlin?' }] }]);
await app.close();
