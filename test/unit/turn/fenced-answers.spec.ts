import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { z } from 'zod';
import { DuoService } from '../../../src/index.js';
import { createDuoTestingModule, DuoScript } from '../../../src/testing/index.js';

const Trip = z.strictObject({ city: z.string(), days: z.number() });
const trip = { city: 'Rome', days: 3 };
const json = JSON.stringify(trip);
const pretty = JSON.stringify(trip, null, 2);

describe('A structured answer in Markdown fences', () => {
  let module: TestingModule;
  let script: DuoScript;

  beforeAll(async () => {
    module = await Test.createTestingModule({ imports: [createDuoTestingModule()] }).compile();
    script = module.get(DuoScript);
  });
  afterAll(() => module.close());
  beforeEach(() => {
    script.reset();
  });

  const ask = () => module.get(DuoService).chat().withSchema(Trip).ask('Where?');

  it.each([
    ['a block of JSON', `\`\`\`json\n${json}\n\`\`\``, json],
    ['a block that names no language', `\`\`\`\n${pretty}\n\`\`\`\n`, pretty],
    ['a block between other words', `Here you are:\n\n\`\`\`json\r\n${json}\r\n\`\`\`\nHave fun!`, json],
    ['the last of two blocks', `\`\`\`json\n{"city":"Oslo"}\n\`\`\`\nNo:\n  \`\`\`JSON \n  ${json}\n  \`\`\``, json],
  ])('is extracted from %s', async (_what, reply, text) => {
    script.add({ reasoning: 'Hm', text: reply });
    const answer = await ask();
    expect(answer.parsed).toEqual(trip);
    expect(answer.parts.filter(({ type }) => type !== 'reasoning')).toEqual([{ type: 'text', text }]);
    expect(answer.text).toBe(text);
    expect(script.requests).toHaveLength(1);
  });

  it('keeps the fences in its values', async () => {
    const city = '```json\n{}\n```';
    script.add(JSON.stringify({ city, days: 1 }));
    expect((await ask()).parsed).toEqual({ city, days: 1 });
  });

  it.each(['```json\n{"city":\n```', `\`\`\`json\n${json}`, '``` ```'])(
    'is requested again if it is %j',
    async (reply) => {
      script.add(reply, json);
      expect((await ask()).parsed).toEqual(trip);
      expect(script.requests).toHaveLength(2);
    },
  );
});
