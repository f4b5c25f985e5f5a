import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { DuoRouterService, DuoService, ValidationError } from '../../../src/index.js';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { createDuoTestingModule, DuoScript } from '../../../src/testing/index.js';

const wrong: ModelParams = { temperature: NaN };
const lone = 'a\uD800b\0';
const whole = 'a\uFFFDb';

describe('MemoryChat', () => {
  let module: TestingModule;
  let script: DuoScript;
  const chat = () => module.get(DuoService).chat();

  beforeAll(async () => {
    module = await Test.createTestingModule({ imports: [createDuoTestingModule()] }).compile();
    script = module.get(DuoScript);
  });
  afterAll(() => module.close());
  beforeEach(() => {
    script.reset();
  });

  it('refuses invalid params when they are set', () => {
    for (const give of [
      () => chat().withParams(wrong),
      () => chat().withTemperature(NaN),
      () => chat().withThinking({ effort: 'ultra' as 'high' }),
      () => chat().withThinking(true as unknown as false),
      () => module.get(DuoService).chat({ params: wrong }),
    ]) {
      expect(give).toThrow(ValidationError);
    }
  });

  it('refuses invalid params of an ask before it stores anything', async () => {
    const asked = chat();
    await expect(asked.ask('Hi', { params: wrong })).rejects.toThrow('params.temperature must be a number from 0 to 2');
    await expect(asked.complete({ params: wrong })).rejects.toThrow(ValidationError);
    expect(asked.messages).toEqual([]);
    expect(script.requests).toEqual([]);
  });

  it('removes params by null, and keeps vendor parameters', async () => {
    script.add('One', 'Two');
    const asked = chat().withParams({ temperature: 1, service_tier: 'flex' });
    await asked.ask('Hi');
    await asked.withParams({ temperature: null }).ask('Hi');
    expect(script.requests.map(({ params }) => params)).toEqual([
      { temperature: 1, service_tier: 'flex' },
      { service_tier: 'flex' },
    ]);
  });

  it('sanitizes all text that it receives', async () => {
    script.add('One', 'Two');
    const params = { stopSequences: [lone] };
    await module.get(DuoService).chat({ params }).withInstructions(lone).ask(lone);
    await chat().ask(lone, { params, instructions: lone });
    const text = [{ type: 'text', text: whole }];
    for (const request of script.requests) {
      expect(request.params).toEqual({ stopSequences: [whole] });
      expect(request.messages).toContainEqual({ role: 'system', parts: text });
      expect(request.messages).toContainEqual({ role: 'user', parts: text });
    }
  });
});

describe('DuoRouterService step', () => {
  it('refuses invalid params, and sanitizes its text', async () => {
    const module = await Test.createTestingModule({ imports: [createDuoTestingModule({ replies: ['Hi'] })] }).compile();
    const step = (params: ModelParams, text: string) =>
      module
        .get(DuoRouterService)
        .stream({ model: 'duo-chat-haiku-4-5', messages: [{ role: 'user', parts: [{ type: 'text', text }] }], params });
    await expect(step(wrong, 'Hi').next()).rejects.toMatchObject({ code: 'validation_failed' });
    expect(module.get(DuoScript).requests).toEqual([]);

    const { value } = await step({ stopSequences: [lone] }, lone).next();
    expect(value).toEqual({ type: 'text-delta', text: 'Hi' });
    const [request] = module.get(DuoScript).requests;
    expect(request).toMatchObject({
      params: { stopSequences: [whole] },
      messages: [{ role: 'user', parts: [{ type: 'text', text: whole }] }],
    });
    await module.close();
  });
});
