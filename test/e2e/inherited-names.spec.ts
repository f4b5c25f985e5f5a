import { beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { Agent, Chat, DuoAgent, DuoChatService, DuoService, type DuoTool, Tool } from '../../src/index.js';
import { useTestHost } from './support/use-test-host.js';

// Names that every object inherits, which a look-up in a plain object finds where nothing is.
const NAMES = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__'];
const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

const properties = Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }]));

/** A tool of each name, whose optional arguments have all of the names. */
const tools = NAMES.map((name) => {
  @Tool({ name, description: 'Says what it was given', parameters: { type: 'object', properties } })
  class Named implements DuoTool {
    execute(input: object): object {
      return { [`${name} was given`]: Object.keys(input) };
    }
  }
  return Named;
});

@Agent({ name: 'constructor', tools })
class Named extends DuoAgent {}

@Module({ providers: [...tools, Named] })
class NamedModule {}

describe('Names of inherited properties', () => {
  const host = useTestHost([Chat], { imports: [NamedModule] });
  let chats: DuoChatService<Chat>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  const places: [string, (model: string) => Promise<BaseChat<{ text: string }>>][] = [
    ['in memory', (model) => Promise.resolve(host.app.get(DuoService).chat({ model }))],
    ['in the database', (model) => chats.create({ model })],
  ];
  const cases = places.flatMap(([place, make]) => MODELS.map((model) => ({ place, model, make })));

  it.each(cases)('are valid for tools and their arguments $place, by $model', async ({ model, make }) => {
    const chat = (await make(model)).withTools(...tools);
    for (const name of NAMES) {
      expect((await chat.ask(`call ${name} {}`)).text).toContain(`{"${name} was given":[]}`);
      const { text } = await chat.ask(`call ${name} {"${name}":"x"}`);
      expect(text).toContain(`{"${name} was given":["${name}"]}`);
      expect((await chat.ask(`call ${name} {"${name}":1}`)).text).toContain('must be string');
    }
  });

  it('are valid for an agent', async () => {
    const agent = host.app.get(Named);
    expect((await agent.ask('call toString {}')).text).toContain('toString was given');
    const chat = await agent.createChat();
    expect((await chats.find(chat.id)).agent).toBe('constructor');
    expect((await chat.ask('call valueOf {}')).text).toContain('valueOf was given');
  });

  it.each(NAMES)('find no model: %s', async (model) => {
    expect(() => host.app.get(DuoService).chat({ model })).toThrow('Unknown model');
    await expect(chats.create({ model })).rejects.toMatchObject({ code: 'unknown_model' });
  });

  // TypeORM's merge kept `{}` of `{"toString":{"a":1}}`, and called a `hasOwnProperty` that was no function.
  it.each(Object.getOwnPropertyNames(Object.prototype))(
    'are refused as keys of params, metadata and inputs: %s',
    async (name) => {
      const values = [{ a: 1 }, 'text', [{ b: null }], {}];
      const chat = await chats.create({ metadata: { kept: 1 }, params: { service_tier: 'auto' } });
      const refused = {
        code: 'validation_failed',
        message: expect.stringMatching(`must not have a key named ${name}:`),
      };
      for (const value of values) {
        const named = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<string, string>;
        for (const held of [named, { deep: [{ deeper: named }] }]) {
          const calls: (() => Promise<unknown>)[] = [
            () => chats.create({ metadata: held }),
            () => chats.create({ params: held }),
            () => chats.create({ agent: 'constructor', inputs: held }),
            () => chats.update(chat.id, { metadata: held }),
            () => chats.update(chat.id, { params: held }),
            () => chats.update(chat.id, { params: () => held }),
            () => chat.ask('Hello', { params: held }),
            () => chats.ref(chat.id).ask('Hello', { params: held }),
            () => host.app.get(DuoService).chat().ask('Hello', { params: held }),
          ];
          for (const call of calls) await expect(call()).rejects.toMatchObject(refused);
          expect(() => chat.withParams(held)).toThrow(expect.objectContaining(refused));
          expect(() => host.app.get(DuoService).chat({ params: held })).toThrow(expect.objectContaining(refused));
        }
      }
      expect(await chats.find(chat.id)).toMatchObject({ metadata: { kept: 1 }, params: { service_tier: 'auto' } });
      expect((await chats.messages(chat.id)).items).toEqual([]);
    },
  );

  it('are not searched endlessly in an object that contains itself', async () => {
    const endless: Record<string, unknown> = {};
    Object.assign(endless, { one: endless, other: endless });
    await expect(chats.create({ metadata: endless as never })).rejects.toMatchObject({ code: 'validation_failed' });
    expect(() => host.app.get(DuoService).chat({ params: endless as never })).toThrow('nested deeper');
  });

  it.each(NAMES)('find no unknown tool: %s', async (name) => {
    const chat = await chats.create({});
    expect((await chat.ask(`call ${name} {}`)).text).not.toContain('was given');
  });
});
