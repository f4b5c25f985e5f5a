import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { type } from 'arktype';
import { z } from 'zod';
import { answerSchema } from '../../../src/conversation/answer-schema.js';
import {
  type Chat,
  type DuoChatService,
  DuoRouterService,
  DuoService,
  type MemoryChat,
  type Message,
  type ParkedAnswer,
  ValidationError,
} from '../../../src/index.js';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { type SchemaSource } from '../../../src/schemas/schema.interface.js';
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

class City {
  @IsString()
  name!: string;
}

const zod = z.object({ name: z.string(), days: z.string().transform(Number) });
const ark = type({ name: 'string', days: 'number' });
const plain = { type: 'object', properties: { name: { type: 'string' } } };
const constant = { type: 'object', properties: { name: { enum: ['Rome'] } }, required: ['name'] } as const;

type Is<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;

/** Only compiles where a value is exactly of a type. */
function expectType<Expected>() {
  return <Given>(_value: Given, ..._same: Is<Given, Expected> extends true ? [] : [never]): void => undefined;
}

interface Trip {
  name: string;
  days: number;
}

// Never called: what TypeScript says of it is checked with all the code.
async function typed(chat: MemoryChat, entity: Chat, chats: DuoChatService<Chat>): Promise<void> {
  expectType<Trip>()((await chat.withSchema(zod).ask('?')).parsed);
  expectType<Trip>()((await chat.withSchema(ark).ask('?', () => undefined)).parsed);
  expectType<City>()((await chat.withSchema(City).complete()).parsed);
  expectType<unknown>()((await chat.withSchema(plain).generate()).parsed);
  expectType<unknown>()((await chat.withSchema(constant).step())?.parsed);
  expectType<Trip>()((await entity.withSchema(zod).ask('?')).parsed);

  // The schema stays with what `with…` returns, and the chat stays what it was.
  const trips = entity.withSchema(zod).withTemperature(0.2).withModel('x');
  expectType<string | null>()(trips.ownerId);
  const trip = await trips.ask('?', { model: 'y' });
  expectType<Trip>()(trip.parsed);
  const message: Message = trip;
  expectType<number>()(message.seq);
  expectType<City>()((await trips.withSchema(City).ask('?')).parsed);
  expectType<undefined>()((await trips.withSchema(null).ask('?')).parsed);

  // A schema of one ask, by chat or by id.
  expectType<City>()((await trips.ask('?', { schema: City })).parsed);
  expectType<City>()((await entity.complete({ schema: City })).parsed);
  expectType<Trip>()((await chats.ref('id', { ownerId: 'ann' }).ask('?', { schema: zod })).parsed);
  expectType<City>()((await chats.ref('id').complete({ schema: City }, () => undefined)).parsed);
  expectType<Trip>()((await chats.ref('id').generate({ schema: ark })).parsed);

  // Without a schema nothing is known of it.
  expectType<unknown>()((await entity.ask('?')).parsed);
  expectType<unknown>()((await chats.ref('id').ask('?')).parsed);
  expectType<unknown>()((await entity.ask('?', { schema: null })).parsed);

  // @ts-expect-error there is no country
  expectType<unknown>()((await chat.withSchema(zod).ask('?')).parsed.country);
  // What is known of it needs no `?`, as long as the answer is whole.
  expectType<string>()((await chat.withSchema(zod).ask('?')).parsed.name);
  const answer = await entity.withSchema(zod).ask('?');
  if (answer.finishReason === 'tool-calls') expectType<never>()(answer.parsed);
  else if (answer.status === 'awaiting_approval') expectType<never>()(answer.parsed);
  else if (answer.status === 'cancelled') expectType<never>()(answer.parsed);
  else if (answer.finishReason === 'stop') expectType<Trip>()(answer.parsed);

  // The status alone tells a parked, a cancelled and a complete message apart.
  const next = await entity.withSchema(zod).step();
  if (next?.status === 'awaiting_approval') expectType<ParkedAnswer<Message>>()(next);
  else if (next && next.status !== 'cancelled') expectType<'complete'>()(next.status);

  // A schema that may be missing promises nothing.
  const maybe: { schema?: typeof zod } = {};
  expectType<unknown>()((await entity.ask('?', maybe)).parsed);
  expectType<unknown>()((await chats.ref('id').ask('?', maybe)).parsed);
  expectType<unknown>()((await trips.ask('?', maybe)).parsed);
  expectType<unknown>()((await trips.ask('?', { schema: null })).parsed);
  // @ts-expect-error text is no schema
  chat.withSchema('{ "type": "object" }');
}

describe('Answer schema', () => {
  it('infers the type of the answer', () => {
    expect(typed).toBeInstanceOf(Function);
  });

  it('is compiled once', () => {
    expect(answerSchema(zod)).toBe(answerSchema(zod));
  });

  it.each<[unknown, RegExp]>([
    [undefined, /There is no schema/],
    ['{}', /There is no schema/],
    [{ type: 'nothing' }, /no valid JSON Schema/],
    [Object, /no field with a decorator/],
    [z.date(), /has no JSON Schema for the model/],
    [z.array(z.string()), /has the type "array" at its top: put that into a property of an object/],
    [z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]), /has "anyOf" at its top/],
    [{}, /has the type null at its top/],
  ])('explains how to fix %p', (source, message) => {
    const make = () => answerSchema(source as SchemaSource);
    expect(make).toThrow(ValidationError);
    expect(make).toThrow(message);
  });
});
